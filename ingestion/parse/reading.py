"""What does a parser hand over, and how are blocks gathered under their headings?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.metadata import Cover
from ingestion.model import Block, BlockKind, Locator, Record, Section


@dataclass(frozen=True)
class Reading:
    """What one format's parser found: the text under its headings, and the evidence of what the document is."""

    sections: tuple[Section, ...]
    cover: Cover = field(default_factory=Cover)
    front_matter: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    warnings: tuple[str, ...] = ()


class Outline:
    """Gathers blocks under heading paths, in reading order. A heading closes those of its level and deeper.

    A block without a locator of its own stands in the section named by its heading, or, before the first heading, in
    the "whole document".
    """

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._sections: list[tuple[tuple[str, ...], list[Block]]] = [((), [])]

    @property
    def is_empty(self) -> bool:
        """Nothing gathered yet, not even a heading."""
        return len(self._sections) == 1 and not self._sections[0][1]

    def heading(self, level: int, text: str) -> None:
        """Open a section; `level` counts from 1. Words that are only white space open none."""
        text = fold(text)
        if not text:
            return
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))
        self._sections.append((tuple(words for _, words in self._path), []))

    def add(self, kind: BlockKind, text: str, locator: Locator | None = None) -> None:
        """A paragraph or a list item; words that are only white space add none."""
        text = fold(text)
        if text:
            self._blocks.append(Block(kind, text, locator or self._here()))

    def row(self, cells: Sequence[str], locator: Locator | None = None, *, header: bool = False) -> None:
        """A row of a table; a row of empty cells adds none."""
        folded = tuple(fold(cell) for cell in cells)
        if any(folded):
            kind: BlockKind = "table_header" if header else "table_row"
            self._blocks.append(Block(kind, " | ".join(folded), locator or self._here(), folded))

    def table(
        self, rows: Sequence[Sequence[str]], locators: Sequence[Locator] | None = None, *, headers: int = 0
    ) -> None:
        """A table, a locator a row, its first `headers` rows naming the columns. A table of one column is paragraphs;
        columns that are empty in every row are left out."""
        width = max((len(row) for row in rows), default=0)
        used = [column for column in range(width) if any(column < len(row) and fold(row[column]) for row in rows)]
        for number, row in enumerate(rows):
            cells = [row[column] if column < len(row) else "" for column in used]
            locator = locators[number] if locators else None
            if len(cells) == 1:
                self.add("paragraph", cells[0], locator)
            else:
                self.row(cells, locator, header=number < headers)

    def sections(self) -> tuple[Section, ...]:
        """The sections gathered; one without blocks stays where its heading names those beneath it, or stands alone."""
        return tuple(Section(heading, tuple(blocks)) for heading, blocks in self._sections if blocks or heading)

    @property
    def _blocks(self) -> list[Block]:
        return self._sections[-1][1]

    def _here(self) -> Locator:
        heading = self._sections[-1][0]
        return Locator("section", name=heading[-1]) if heading else Locator("document")


# Typographic ligatures and invisible marks: a reader sees "fi", and no soft hyphen, so a search for it must find it.
_LOOKALIKES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffe\uffff", None)
)
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")


def fold(text: str) -> str:
    """Runs of white space as one blank, none at the ends; ligatures spelled out; invisible characters dropped."""
    return " ".join(_NOT_TEXT.sub("", text.translate(_LOOKALIKES)).split())
