"""Which rows does a table of a PDF have, and does it go on over the page?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingestion.model import Locator
from ingestion.parse.pdf_layout import Cell, Table
from ingestion.parse.pdf_look import joined
from ingestion.parse.text import item_of

PROSE_CELL_WORDS = 60
"""A cell of more words than this, in several paragraphs, holds a text: its table is a layout in columns."""


def rows_of(table: Table, known_words: frozenset[str]) -> tuple[list[tuple[str, ...]], list[Locator]]:
    """The words by row and column. A cell over several columns stands in its first; one over several rows in each, for
    a row is read alone."""
    grid = [[""] * table.width for _ in range(table.height)]
    for cell in table.cells:
        words = joined(cell.lines, known_words)
        for row in range(cell.row, min(cell.row + cell.rows, table.height)):
            grid[row][cell.column] = words
    return [tuple(row) for row in grid], [Locator("page", table.page, table.page)] * table.height


def header_rows(table: Table) -> int:
    """1 where the first row alone is bold or on a ground of its own; 0 where nothing sets it apart."""
    if table.header_rows:
        return table.header_rows
    first = [cell for cell in table.cells if cell.row == 0 and cell.lines]
    second = [cell for cell in table.cells if cell.row == 1 and cell.lines]
    if len(first) < 2 or not second:
        return 0
    if all(_is_bold(cell) for cell in first) and not all(_is_bold(cell) for cell in second):
        return 1
    return 1 if all(cell.is_filled for cell in first) and not all(cell.is_filled for cell in second) else 0


def _is_bold(cell: Cell) -> bool:
    return all(line.is_bold for line in cell.lines)


@dataclass
class OpenTable:
    """A data table that may run over the page."""

    first: Table
    rows: list[tuple[str, ...]]
    locators: list[Locator]
    headers: int
    last_page: int = 0

    def __post_init__(self) -> None:
        self.last_page = self.first.page

    def takes(self, table: Table) -> bool:
        """Whether a table at the head of the next page is this one going on: as many columns, at the same place."""
        return goes_on(replace(self.first, page=self.last_page), table)

    def add(self, rows: Sequence[tuple[str, ...]], locators: Sequence[Locator]) -> None:
        """The rows of the next page, without the header where it is repeated. Another header follows as a row, for its
        words must not be lost."""
        repeated = 0
        while repeated < min(self.headers, len(rows)) and rows[repeated] == self.rows[repeated]:
            repeated += 1
        self.rows += rows[repeated:]
        self.locators += locators[repeated:]
        self.last_page += 1


def goes_on(before: Table | None, table: Table) -> bool:
    """Whether a table is one of the page before going on: as many columns, at the same place."""
    if before is None or table.page != before.page + 1 or table.width != before.width:
        return False
    if table.spans or before.spans:  # words are not cut off where the column ends
        return len(table.spans) == len(before.spans) and all(
            a[0] < b[1] and b[0] < a[1] for a, b in zip(before.spans, table.spans, strict=True)
        )
    return abs(table.box[0] - before.box[0]) < 6 and abs(table.box[2] - before.box[2]) < 6


def is_layout(table: Table) -> bool:
    """A table that only places text on the page: one column, or cells that hold paragraphs and lists."""
    if table.width == 1 or len([cell for cell in table.cells if cell.lines]) < 2:
        return True
    # A wide table with long cells is still read by its rows, and so is a column of labels beside one of text.
    return any(
        _holds_text(cell) and ((table.width == 2 and cell.column == 0) or _is_page_of_text(cell))
        for cell in table.cells
    )


def _holds_text(cell: Cell) -> bool:
    return _words(cell) > PROSE_CELL_WORDS and (_paragraphs(cell) > 2 or _items(cell) > 3)


def _is_page_of_text(cell: Cell) -> bool:
    return _words(cell) > 3 * PROSE_CELL_WORDS


def _words(cell: Cell) -> int:
    return sum(len(line.text.split()) for line in cell.lines)


def _paragraphs(cell: Cell) -> int:
    """About how many paragraphs: lines that start with a marker, or after a gap."""
    starts = 1
    for before, line in pairwise(cell.lines):
        if item_of(line.text)[0] == "list_item" or line.top - before.bottom > 0.6 * line.size:
            starts += 1
    return starts


def _items(cell: Cell) -> int:
    return sum(1 for line in cell.lines if item_of(line.text)[0] == "list_item")


def names_columns(cells: Sequence[Cell]) -> bool:
    return all(0 < _words(cell) <= 8 for cell in cells) and all(
        line.is_bold or cell.is_filled for cell in cells for line in cell.lines
    )
