"""What did it say before, what changed, and what must an answer say about editions?

`changes_between` tells two editions of one document apart sentence by sentence and row by row, for people: what only
looks different, or moved with its words unchanged, is no change. `notes_on_editions` are the sentences under an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answering.units import sentence_spans
from bot.wording import spoken_date
from ingestion.compare import compare_editions
from ingestion.model import Block, Locator, Passage, PendingEdition, Version


@dataclass(frozen=True)
class EditionWords:
    """One sentence, list item or table row of an edition, verbatim, and where it stands there: in `passage`, at
    `locator`. `header` and `cells` are a row's; () for prose."""

    text: str
    passage: Passage
    locator: Locator
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()

    @property
    def heading(self) -> tuple[str, ...]:
        return self.passage.heading


@dataclass(frozen=True)
class EditionChange:
    """What one edition says and the other does not: `before` is None for what was added, `now` for what is gone; of
    what was changed both are there."""

    change: Literal["changed", "added", "gone"]
    before: EditionWords | None
    now: EditionWords | None


def changes_between(before: Sequence[Passage], now: Sequence[Passage]) -> list[EditionChange]:
    """What changed, in the order of the later edition; what is gone stands where it stood. Empty where both say the
    same, however it is laid out."""
    words = [list(_words_of(edition)) for edition in (before, now)]
    compared = compare_editions(*map(_comparable, words))
    changes = []
    for one in compared:
        old = None if one.before is None else words[0][one.before.ordinal]
        new = None if one.after is None else words[1][one.after.ordinal]
        if old is None or new is None:
            changes.append(EditionChange("added" if old is None else "gone", old, new))
        elif _plain(old.text) != _plain(new.text):
            changes.append(EditionChange("changed", old, new))
    return changes


def notes_on_editions(cited: Sequence[Version], pending: Sequence[PendingEdition]) -> tuple[str, ...]:
    """The sentences that an answer owes its reader about editions that are not in force: that of what was asked there
    is only a draft, or when a new edition of what is quoted takes effect. Each once, in the order of `pending`.

    A draft of what has an edition in force is nobody's business yet.
    """
    quoted = {version.id for version in cited}
    return tuple(dict.fromkeys(note for one in pending if (note := _note(one, quoted))))


def _note(one: PendingEdition, quoted: set[int]) -> str | None:
    begins = one.version.metadata.effective_from
    if one.version.status == "draft":
        return None if one.replaces else f"There is only a draft of “{one.version.title}”: it is not in force."
    if one.replaces is None:
        return f"“{one.version.title}” is not in force yet.{_when(begins)}"
    if one.replaces.id not in quoted:
        return None
    return f"A new edition of “{one.version.title}” is on record that is not in force yet.{_when(begins)}"


def _when(begins: str | None) -> str:
    """Of a day "on", of a month, term or year "in"."""
    if begins is None:
        return ""
    return f" It takes effect {'on' if begins.count('-') == 2 else 'in'} {spoken_date(begins)}."


# ── what is compared ─────────────────────────────────────────────────────────────────────────────────────────────────


def _words_of(edition: Sequence[Passage]) -> Iterator[EditionWords]:
    """The sentences, list items and rows of an edition, in reading order. A table's header that is said again for its
    next part counts once."""
    header: tuple[str, ...] = ()
    for passage in edition:
        for block in passage.blocks:
            if block.kind == "table_header":
                if block.cells != header:
                    yield EditionWords(block.text, passage, block.locator, block.cells)
                header = block.cells
            elif block.kind == "table_row":
                names = header if len(header) == len(block.cells) else ()
                yield EditionWords(block.text, passage, block.locator, block.cells, names)
            else:
                header = ()
                for start, end in sentence_spans(block.text):
                    text = block.text[start:end]
                    if text == block.text or not _LABEL.fullmatch(text):
                        yield EditionWords(text, passage, block.locator)


_LABEL = re.compile(r"\W*(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})\W*")
"""What stands before a clause: "3.", "(b)". One that is put in moves all that follow it."""


def _comparable(edition: Sequence[EditionWords]) -> list[Passage]:
    """As `compare_editions` takes it: the words without what is only layout, each under the name of its chapter, so
    that a section with another number or below another one is the same."""
    headings = [words.heading for words in edition]
    depth = 1 if len({heading[:1] for heading in headings}) > 1 else 2  # the first may be the document's title
    return [
        Passage(n, tuple(map(_unnumbered, words.heading[:depth])), (_plain_block(words),))
        for n, words in enumerate(edition)
    ]


def _unnumbered(heading: str) -> str:
    return _plain(re.sub(r"^(?:\d[\d.]*|[A-Z]\.)\s", "", heading))


def _plain_block(words: EditionWords) -> Block:
    return Block("paragraph", _plain(words.text), words.locator)


_SAME_SIGNS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\u00ad": None})


def _plain(text: str) -> str:
    """Without what only looks different: kinds of quotation mark, dash and blank, capitals, a bullet or "(b)" before
    it, a last full stop."""
    folded = unicodedata.normalize("NFKC", text).translate(_SAME_SIGNS).casefold()
    return " ".join(re.sub(r"^(?:[•·▪*-]|\(?[a-z\d]{1,3}\)|\d{1,3}\.)\s+|[.;]\s*$", "", folded).split())
