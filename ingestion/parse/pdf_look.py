"""How is the text of a PDF set: its type, the distance of its lines, the words it breaks at their ends?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingestion.parse.pdf_layout import SOFT_HYPHEN, Item, Line
from ingestion.parse.reading import fold

LARGER = 1.09
"""A heading is set in type at least this many times the body's, or bold."""


@dataclass(frozen=True)
class Look:
    """The body's type: its size, the distance between its lines as a multiple of it, and the words it uses."""

    size: float
    pitch: float
    words: frozenset[str]

    @staticmethod
    def of(flow: Sequence[Sequence[Item]]) -> Look:
        pitches: Counter[float] = Counter()
        words: set[str] = set()
        for items in flow:
            lines = list(lines_of(items))
            words.update(_whole_words(lines))
            for before, line in pairwise(lines):
                step = line.bottom - before.bottom
                if before.size == line.size and 0 < step < 3 * line.size:
                    pitches[round(step / line.size, 1)] += len(line.text)
        pitch = pitches.most_common(1)[0][0] if pitches else 1.2
        return Look(body_size(flow), pitch, frozenset(words))


def body_size(flow: Sequence[Sequence[Item]]) -> float:
    """The type size of most characters."""
    sizes: Counter[float] = Counter()
    for items in flow:
        for line in lines_of(items):
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 11.0


def lines_of(items: Iterable[Item]) -> Iterator[Line]:
    for item in items:
        if isinstance(item, Line):
            yield item
        else:
            for cell in item.cells:
                yield from cell.lines


_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
# What may end a text is tried only from where it starts, or each letter of a line without a blank costs the whole line.
_LAST_LETTERS = re.compile(r"(?<![a-z-])[a-z-]+$")
_LAST_WORD = re.compile(r"(?<![A-Za-z])(?<![A-Za-z]-)[A-Za-z]+(?:-[A-Za-z]+)*$")


def _whole_words(lines: Sequence[Line]) -> Iterator[str]:
    """The words of the lines, in lower case, without the halves of those that a line's end breaks."""
    is_broken = False
    for line in lines:
        text = line.text.lower().rstrip()
        if is_broken:
            text = _WORD.sub("", text, count=1)
        is_broken = text.endswith(("-", SOFT_HYPHEN))
        yield from _WORD.findall(_LAST_LETTERS.sub("", text.rstrip(SOFT_HYPHEN)) if is_broken else text)


# ── lines into one text ──────────────────────────────────────────────────────────────────────────────────────────────


def joined(lines: Sequence[Line], known_words: frozenset[str]) -> str:
    """The lines as one text. A hyphen at a line's end stays where the document writes the word with one, and goes where
    it writes it without, or where the two halves are no words of it."""
    text = ""
    for line in lines:
        words = line.text.strip()
        if text.endswith((SOFT_HYPHEN, "-")) and words[:1].islower():
            head, tail = text[:-1], words
            first = _LAST_WORD.search(head)
            second = re.match(r"[A-Za-z]+", tail)
            if first and second:
                text = head + _hyphen(first[0].lower(), second[0].lower(), known_words) + tail
                continue
        if text.endswith(SOFT_HYPHEN):
            text = text[:-1] + "-"
            text += words if text[-2:-1].strip() else f" {words}"
            continue
        text = f"{text} {words}" if text else words
    return fold(text.removesuffix(SOFT_HYPHEN) + "-" if text.endswith(SOFT_HYPHEN) else text)


def _hyphen(first: str, second: str, known_words: frozenset[str]) -> str:
    if f"{first}-{second}" in known_words or "-" in first:
        return "-"
    if first + second in known_words:
        return ""
    return "-" if first in known_words and second in known_words else ""


def only_letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
