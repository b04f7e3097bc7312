"""What does the index hold under a path, to hold a citation against?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ingestion.index import Index
from ingestion.model import Block, Passage


class Documents(Protocol):
    """The documents of the corpus as they are indexed."""

    def status_of(self, path: str) -> str | None:
        """The status of the corpus's edition at that path: "in_force", "draft", …; None where there is none."""

    def texts_of(self, path: str, *, in_past_editions: bool = False) -> Sequence[str]:
        """What the corpus's edition at that path says, white space folded, whole and in each of the ways that a reader
        may meet it; with `in_past_editions` also what its earlier ones said whose words are kept. Empty where there is
        none."""


class IndexedDocuments:
    """`Documents` of an open index, each read once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._statuses = {version.path: version.status for version in index.versions()}
        self._texts: dict[tuple[str, bool], tuple[str, ...]] = {}

    def status_of(self, path: str) -> str | None:
        return self._statuses.get(path)

    def texts_of(self, path: str, *, in_past_editions: bool = False) -> Sequence[str]:
        key = (path, in_past_editions)
        if key not in self._texts:
            self._texts[key] = tuple(self._read(path, in_past_editions=in_past_editions))
        return self._texts[key]

    def _read(self, path: str, *, in_past_editions: bool) -> Iterator[str]:
        yield from texts_of([found.passage for found in self._index.passages_of(path)])
        for edition in self._index.editions_of(path) if in_past_editions else ():
            if edition.retired_at is not None:
                yield from texts_of(self._index.words_of(edition) or ())


def stands_in(texts: Sequence[str], words: str) -> bool:
    """Whether the words stand in one of the texts without a gap, character by character but for white space."""
    wanted = " ".join(words.split())
    return bool(wanted) and any(wanted in text for text in texts)


def texts_of(passages: Sequence[Passage]) -> tuple[str, ...]:
    """What the passages say in reading order, white space folded, in the ways that a reader may meet it: as they
    stand; without the header of a table that a passage repeats for the rows it goes on with; and with the headings."""
    blocks = [block for passage in passages for block in passage.blocks]
    ways = (
        [block.text for block in blocks],
        [block.text for block in _without_repeats(blocks)],
        list(_with_headings(passages)),
    )
    return tuple(dict.fromkeys(" ".join(" ".join(texts).split()) for texts in ways if texts))


def _with_headings(passages: Sequence[Passage]) -> Iterator[str]:
    """Each heading before the first passage under it."""
    before: tuple[str, ...] = ()
    for passage in passages:
        if passage.heading != before:
            yield from passage.heading[-1:]
        before = passage.heading
        yield passage.text


def _without_repeats(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks but for headers that stand between two rows of one table."""
    seen: set[str] = set()
    follows_row = False
    for block in blocks:
        if block.kind == "table_header" and follows_row and block.text in seen:
            continue
        if block.kind == "table_header":
            seen.add(block.text)
        follows_row = block.kind == "table_row"
        yield block
