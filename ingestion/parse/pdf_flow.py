"""Which paragraphs, list items, headings and tables do the lines of a PDF make, from page to page?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingestion.model import BlockKind, Locator
from ingestion.parse.pdf_layout import Cell, Item, Line, Table
from ingestion.parse.pdf_look import LARGER, Look, joined, only_letters
from ingestion.parse.pdf_rows import OpenTable, goes_on, header_rows, is_layout, names_columns, rows_of
from ingestion.parse.text import item_of

MAX_HEADING_WORDS = 26
MAX_BOLD_HEADING_WORDS = 14
SHORT_LINE = 0.22
"""A line is short when it leaves more than this share of the column's width free: few words are as long."""
SMALLER = 0.9
"""Type at most this many times the body's, at the foot of a page, is a footnote's."""


@dataclass(frozen=True)
class Bookmark:
    level: int
    """From 1."""
    words: str


@dataclass
class Piece:
    """A paragraph, an item or a heading, of one or more lines. `level` > 0: a heading of that level."""

    lines: list[Line]
    kind: BlockKind = "paragraph"
    level: int = 0
    text: str = ""
    may_head: str = ""
    """The number of a line that may be a heading, though it is set as the text is."""

    @property
    def locator(self) -> Locator:
        return Locator("page", self.lines[0].page, self.lines[-1].page)


@dataclass(frozen=True)
class Rows:
    """A data table's rows, ready to be written."""

    rows: list[tuple[str, ...]]
    locators: list[Locator]
    headers: int


Written = Piece | Rows


def pieces_of(
    flow: Sequence[Sequence[Item]],
    body: Look,
    bookmarks: dict[int, list[Bookmark]],
    title_lines: frozenset[int],
) -> list[Written]:
    reader = _Reader(body, bookmarks, title_lines)
    for items in flow:
        reader.read_page_items(list(items))
    return reader.finish()


@dataclass
class _Reader:
    """Walks the pages in order and gathers pieces; knows what is open across a page break: a paragraph, a table."""

    body: Look
    bookmarks: dict[int, list[Bookmark]]
    title_lines: frozenset[int]
    written: list[Written] = field(default_factory=list)
    notes: list[Piece] = field(default_factory=list)
    table: OpenTable | None = None
    layout: Table | None = None
    """The layout in columns read last, which may run over the page."""
    columns: tuple[str, ...] = ()
    """The headings of a layout in columns that may run over the page."""

    def read_page_items(self, items: list[Item]) -> None:
        items, notes = self._without_notes(items)
        run: list[Line] = []
        for item in items:
            if isinstance(item, Line):
                run.append(item)
                continue
            self._read_lines(run)
            run = []
            self._read_table(item)
        self._read_lines(run)
        for note in self._split(notes, headings=False):
            self.notes.append(note)

    def finish(self) -> list[Written]:
        self._close_table()
        self._place_notes()
        return self.written

    # ── prose ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _without_notes(self, items: list[Item]) -> tuple[list[Item], list[Line]]:
        """The page's items, and its footnotes: the small type that ends the page, from a number on."""
        start = len(items)
        for index in range(len(items) - 1, -1, -1):
            item = items[index]
            if not isinstance(item, Line) or item.size > self.body.size * SMALLER:
                break
            if _NOTE.match(item.text):
                start = index
        notes = [item for item in items[start:] if isinstance(item, Line)]
        if start == 0:  # a page all in small type is no footnote
            return items, []
        return items[:start], notes

    def _read_lines(self, lines: list[Line]) -> None:
        if not lines:
            return
        self._close_table()
        pieces = self._split(lines, headings=True)
        open_piece = self._open_paragraph()
        if open_piece is not None and pieces and self._runs_on(open_piece, pieces[0]):
            open_piece.lines += pieces.pop(0).lines
        self._place_notes()
        self.written += pieces

    def _open_paragraph(self) -> Piece | None:
        last = self.written[-1] if self.written else None
        return last if isinstance(last, Piece) and not last.level else None

    def _runs_on(self, open_piece: Piece, piece: Piece) -> bool:
        """Whether a paragraph that ended with its page goes on with the next one's first lines."""
        before, line = open_piece.lines[-1], piece.lines[0]
        if piece.level or piece.kind == "list_item" or abs(before.size - line.size) > 0.6:
            return False
        if line.page != before.page + 1 or starts_clause(line.text):
            return False
        ends = before.text.rstrip().endswith((".", "!", "?", ":", ";", ".”", ".’"))
        return not ends and (line.text[:1].islower() or not before.is_bold or line.is_bold)

    def _place_notes(self) -> None:
        self.written += self.notes
        self.notes = []

    def _split(self, lines: list[Line], *, headings: bool) -> list[Piece]:
        """Paragraphs, items and headings of lines that stand in one column."""
        right = max((line.x1 for line in lines), default=0.0)
        left = min((line.x0 for line in lines), default=0.0)
        pieces: list[Piece] = []
        for line in lines:
            is_heading = headings and self._is_heading_like(line)
            if pieces and self._continues(pieces[-1], line, is_heading, left, right):
                pieces[-1].lines.append(line)
                continue
            kind, _ = item_of(line.text)
            if kind == "list_item" and starts_clause(line.text):
                kind = "paragraph"
            pieces.append(Piece([line], kind, level=1 if is_heading else 0))
        return self._settled(pieces) if headings else pieces

    def _is_heading_like(self, line: Line) -> bool:
        if id(line) in self.title_lines or not re.search(r"[A-Za-z]", line.text):
            return False
        return line.size >= self.body.size * LARGER or (line.is_bold and line.size >= self.body.size * 0.8)

    def _continues(self, piece: Piece, line: Line, is_heading: bool, left: float, right: float) -> bool:
        before = piece.lines[-1]
        if bool(piece.level) != is_heading or abs(before.size - line.size) > 0.6:
            return False
        if (before.is_bold != line.is_bold) and (is_heading or ends_sentence(before.text)):
            return False
        if not self._follows(before, line, is_heading):
            return False
        marker, _ = item_of(line.text)
        if marker == "list_item" or starts_clause(line.text):
            return False
        if line.size <= self.body.size * SMALLER and _NOTE.match(line.text):
            return False
        # A line that ends well before the margin was ended by its writer, if a sentence ends or a name begins there.
        was_short = before.x1 < right - SHORT_LINE * (right - left)
        if was_short and not is_heading and (ends_sentence(before.text) or not line.text[:1].islower()):
            return False
        # An item hangs from its bullet: a line back at the margin after a full stop is not the item's.
        is_out_of_item = piece.kind == "list_item" and len(piece.lines) > 1 and line.x0 < before.x0 - 3
        return not (is_out_of_item and ends_sentence(before.text))

    def _follows(self, before: Line, line: Line, is_heading: bool) -> bool:
        """Whether a line stands beneath the one before as close as the lines of one text do."""
        # Large type is set further apart in some documents.
        reach = max(self.body.pitch * 1.22, 1.15, 1.8 if is_heading else 0.0) * max(line.size, 1.0)
        is_near = 0 < line.bottom - before.bottom <= reach
        if line.paragraph is None or line.page != before.page:
            return is_near
        # OCR takes a paragraph's last line for one of its own now and then.
        runs_on = is_near and line.text[:1].islower() and not ends_sentence(before.text)
        return line.paragraph == before.paragraph or runs_on

    def _settled(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces, headings confirmed by what stands beneath them, or made paragraphs again."""
        numbered = [_plain_number(piece) for piece in pieces]
        for index, piece in enumerate(pieces):
            if piece.level:
                piece.level = self._level(piece, joined(piece.lines, self.body.words))
            elif numbered[index] and _stands_alone(numbered, index):
                piece.may_head = numbered[index]
        return pieces

    def _level(self, piece: Piece, text: str) -> int:
        line = piece.lines[0]
        letters = only_letters(text)
        for bookmark in self.bookmarks.get(line.page, []):
            if bookmark.words and (letters == bookmark.words or letters.endswith(bookmark.words)):
                return bookmark.level
        words = len(text.split())
        is_larger = line.size >= self.body.size * LARGER
        if words > (MAX_HEADING_WORDS if is_larger else MAX_BOLD_HEADING_WORDS) or text.endswith((".", ",", ";")):
            return 0
        if not is_larger and (text.endswith(":") or (piece.kind == "list_item" and not NUMBERED.match(text))):
            return 0
        if re.fullmatch(r"[\W\d]*", text):
            return 0
        return UNRANKED

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_table(self, table: Table) -> None:
        if is_layout(table) or (self.table is None and goes_on(self.layout, table)):
            self._close_table()
            self._read_layout(table)
            self.layout = table
            return
        self.layout = None
        rows, locators = rows_of(table, self.body.words)
        if self.table is not None and self.table.takes(table):
            self.table.add(rows, locators)
            return
        self._close_table()
        self._place_notes()
        self.table = OpenTable(table, list(rows), list(locators), header_rows(table))

    def _close_table(self) -> None:
        if self.table is not None:
            self.written.append(Rows(self.table.rows, self.table.locators, self.table.headers))
            self.table = None

    def _read_layout(self, table: Table) -> None:
        """A table that only places text: rows from the top, the cells of a row from the left. A row of short cells
        over a row of long ones names the columns, which stays so when the table runs over the page."""
        by_row: dict[int, list[Cell]] = {}
        for cell in table.cells:
            by_row.setdefault(cell.row, []).append(cell)
        for number, cells in sorted(by_row.items()):
            if len(cells) == 1:
                self.columns = ()
                self._read_lines(list(cells[0].lines))
                continue
            below = by_row.get(number + 1, [])
            if len(below) == len(cells) and names_columns(cells):
                self.columns = tuple(joined(cell.lines, self.body.words) for cell in cells)
                continue
            for column, cell in enumerate(cells):
                if cell.lines and len(self.columns) == len(cells) and self.columns[column]:
                    self._place_notes()
                    self.written.append(
                        Piece([replace(cell.lines[0])], level=COLUMN_HEADING, text=self.columns[column])
                    )
                self._read_lines(list(cell.lines))


UNRANKED = 99
"""The level of a heading whose rank is found from its type, once all are known."""
COLUMN_HEADING = 98
"""The level of a column's heading: one below the heading in force."""

NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.|(?:section|part|appendix|annex|chapter)\s+\w+)\s*[:.–-]?\s+\S", re.I
)
_CLAUSE = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[A-Z(“‘\"']")
_NOTE = re.compile(r"\d{1,3}\s+\S")


_PLAIN_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,2})\.?\s+[A-Z][^.;:,?!]*$")
MAX_PLAIN_HEADING_WORDS = 8


def _plain_number(piece: Piece) -> str:
    """The number of a short line that is numbered as a heading is, though set as the text is; else ""."""
    if piece.level or len(piece.lines) > 1 or len(piece.lines[0].text.split()) > MAX_PLAIN_HEADING_WORDS:
        return ""
    found = _PLAIN_NUMBERED.match(piece.lines[0].text.strip())
    return found[1] if found else ""


def _stands_alone(numbered: Sequence[str], index: int) -> bool:
    """Whether text follows, or the first part of this one; and no other number comes before: that would be a list."""
    if index + 1 == len(numbered):
        return False
    number, before, after = numbered[index], numbered[index - 1] if index else "", numbered[index + 1]
    return (not before or number.startswith(f"{before}.")) and (not after or after.startswith(f"{number}."))


def starts_clause(text: str) -> bool:
    return bool(_CLAUSE.match(text))


def ends_sentence(text: str) -> bool:
    return text.rstrip(" \"'”’)").endswith((".", "!", "?", ":", ";"))
