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

    def holds(self, path: str, words: str, *, in_past_editions: bool = False) -> bool:
        """Whether the words stand there without a gap, character by character but for white space; with
        `in_past_editions`, in the corpus's edition or in an earlier one of that path whose words are kept."""


class IndexedDocuments:
    """`Documents` of an open index, each read once."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._statuses = {version.path: version.status for version in index.versions()}
        self._texts: dict[tuple[str, bool], tuple[str, ...]] = {}

    def status_of(self, path: str) -> str | None:
        return self._statuses.get(path)

    def holds(self, path: str, words: str, *, in_past_editions: bool = False) -> bool:
        key = (path, in_past_editions)
        if key not in self._texts:
            self._texts[key] = tuple(self._read(path, in_past_editions=in_past_editions))
        wanted = " ".join(words.split())
        return bool(wanted) and any(wanted in text for text in self._texts[key])

    def _read(self, path: str, *, in_past_editions: bool) -> Iterator[str]:
        yield from texts_of([found.passage for found in self._index.passages_of(path)])
        for edition in self._index.editions_of(path) if in_past_editions else ():
            if edition.retired_at is not None:
                yield from texts_of(self._index.words_of(edition) or ())


def texts_of(passages: Sequence[Passage]) -> tuple[str, ...]:
    """What the passages say in reading order, white space folded, in the ways that a reader may meet it: as they
    stand, and without the header of a table that a passage repeats for the rows it goes on with."""
    blocks = [block for passage in passages for block in passage.blocks]
    return tuple(dict.fromkeys(_folded(some) for some in (blocks, list(_without_repeats(blocks)))))


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


def _folded(blocks: Sequence[Block]) -> str:
    return " ".join(" ".join(block.text for block in blocks).split())
