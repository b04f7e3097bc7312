"""How do a word processor's paragraphs and tables become blocks under headings, whichever program wrote them?

A Word document and its OpenDocument twin say the same: each parser makes of its XML the items below, and what follows
from them (which lines are headings, how a table is told, which pages are known, what the title may be) is decided here
once for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ingestion.contents import CONTENTS_HEADING
from ingestion.errors import DocumentNotRead
from ingestion.model import BlockKind, Locator
from ingestion.parse.reading import Outline, fold
from ingestion.parse.text import NUMBERED_HEADING, item_of

MAX_HEADING_WORDS = 14
LARGER_BY_HALF_POINTS = 4
"""Type this much larger than the body's is set as a heading."""
LAYOUT_CELL_WORDS = 150
"""A cell of more words holds a text of its own, and its table only places it on the page."""
UNRENDERED_PAGE_WORDS = 350
"""Between two explicit page breaks, more words than this may fill more than a page: without the marks that a program
leaves where pages broke, page numbers would then be a guess."""
MAX_COLUMNS = 64
"""Word allows 63 in a table. A cell that claims to run over more columns is taken for one over so many; where a row has
so many already, for one over one."""
MAX_PARAGRAPHS = 200_000
MAX_RUNS = 2_000_000
"""Stretches of text in one look. Ten times what the longest document has that is handed on (some 5,000 pages)."""
MAX_ANCESTORS = 50
"""Styles that a style is based on, one on the other; people's have three or four. What lies further up is not read."""


def refuse_too_long(*, paragraphs: float, runs: float) -> None:
    """Raises DocumentNotRead for more than is read of one document, before it is walked."""
    for count, limit, parts in ((paragraphs, MAX_PARAGRAPHS, "paragraphs"), (runs, MAX_RUNS, "pieces of text")):
        if count > limit:
            raise DocumentNotRead(
                f"it has more {parts} than are read of one document ({limit:,}): divide it into smaller ones"
            )


# ── what a body is made of ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Span:
    """On which pages words stand, from 1."""

    first: int
    last: int


@dataclass(frozen=True)
class Paragraph:
    text: str
    pages: Span
    style: str = ""
    """The name of its style as its program shows it, in lower case: "heading 1", "toc 2", "title"."""
    level: int = 0
    """The heading level that its style states, from 1; 0 = no heading style."""
    number: str = ""
    """The number that the program sets before it: "5.2"."""
    list_kind: BlockKind | None = None
    """What it is as part of a list: an item of it, or a numbered clause (a paragraph)."""
    is_bold: bool = False
    half_points: int = 0

    @property
    def words(self) -> str:
        """Its words as a reader sees them: a clause with its number, for it is spoken of by that."""
        text = fold(self.text)
        return f"{self.number} {text}" if self.number and self.list_kind == "paragraph" else text


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]
    pages: tuple[Span, ...]
    headers: int


Item = Paragraph | Table


@dataclass
class Pages:
    """Counts pages while a body is walked; a break that was rendered where one was asked for counts once."""

    number: int = 1
    asked: bool = False
    rendered: int = 0
    explicit: int = 0

    def ask(self) -> None:
        self.number += 1
        self.explicit += 1
        self.asked = True

    def render(self) -> None:
        self.rendered += 1
        if not self.asked:
            self.number += 1
        self.asked = False

    @contextmanager
    def held(self, number: int) -> Iterator[None]:
        """While what stands beside the text is read: it is on one page, whatever it says of breaks."""
        state = (self.number, self.asked, self.rendered, self.explicit)
        self.number = number
        yield
        self.number, self.asked, self.rendered, self.explicit = state

    def are_known(self, items: Iterable[Item]) -> bool:
        """Whether page numbers are: the program marked where its pages broke, or so few words stand between the breaks
        asked for that each stretch is one page."""
        if self.rendered:
            return True
        if not self.explicit:
            return False
        words: dict[int, int] = {}
        for item in items:
            texts = [item.text] if isinstance(item, Paragraph) else [" ".join(row) for row in item.rows]
            spans = [item.pages] if isinstance(item, Paragraph) else item.pages
            for text, span in zip(texts, spans, strict=True):
                words[span.first] = words.get(span.first, 0) + len(text.split())
        return max(words.values(), default=0) <= UNRENDERED_PAGE_WORDS


@dataclass
class Words:
    """The words of one paragraph as they are gathered, with where they stand and how they look."""

    parts: list[str] = field(default_factory=list)
    first: int = 0
    last: int = 0
    bold: int = 0
    plain: int = 0
    half_points: int = 0
    boxes: list[tuple[Any, int]] = field(default_factory=list)
    """Text boxes that are anchored among the words, each with its page."""
    notes: list[tuple[str, int]] = field(default_factory=list)
    """Footnotes and endnotes, each with the page of its mark."""

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def is_bold(self) -> bool:
        return self.bold > 0 and self.plain == 0

    @property
    def pages(self) -> Span:
        return Span(self.first, self.last)

    def say(self, text: str, pages: Pages, *, is_bold: bool, half_points: int) -> None:
        self.parts.append(text)
        if not fold(text):
            return
        self.first = self.first or pages.number
        self.last = pages.number
        pages.asked = False
        if is_bold:
            self.bold += 1
        elif re.search(r"\w", text):
            self.plain += 1
        self.half_points = max(self.half_points, half_points)


# ── the numbers of lists ─────────────────────────────────────────────────────────────────────────────────────────────

MAX_COUNT = 999
"""A list that claims to have counted further is numbered in digits."""


def list_number(count: int, form: str) -> str:
    """A list's number in the form that Word names "decimal", "lowerLetter", "upperLetter", "lowerRoman" or
    "upperRoman"; letters double after z ("aa", "bb"); any other form is decimal."""
    if not 0 < count <= MAX_COUNT:
        return str(count)
    match form:
        case "lowerLetter":
            return chr(97 + (count - 1) % 26) * ((count - 1) // 26 + 1)
        case "upperLetter":
            return list_number(count, "lowerLetter").upper()
        case "lowerRoman":
            return _roman(count)
        case "upperRoman":
            return _roman(count).upper()
        case _:
            return str(count)


def _roman(number: int) -> str:
    words = ""
    for value, sign in (
        (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
        (5, "v"), (4, "iv"), (1, "i"),
    ):  # fmt: skip
        while number >= value:
            words += sign
            number -= value
    return words


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Cell:
    """One cell: its items, how it is merged with others, and the colour behind it."""

    items: tuple[Item, ...] = ()
    columns: int = 1
    continues_above: bool = False
    """It is the lower part of a cell over several rows."""
    fill: str | None = None

    @cached_property
    def text(self) -> str:
        return " ".join(_texts(self.items))

    @property
    def is_bold(self) -> bool:
        return bool(self.items) and all(isinstance(item, Paragraph) and item.is_bold for item in self.items)

    @property
    def is_shaded(self) -> bool:
        return self.fill is not None and self.fill.lower().lstrip("#") not in ("", "auto", "transparent", "ffffff")

    @property
    def is_text_of_its_own(self) -> bool:
        return (
            any(isinstance(item, Table) for item in self.items)
            or len(self.text.split()) > LAYOUT_CELL_WORDS
            or sum(1 for item in self.items if isinstance(item, Paragraph) and item.level) > 1
        )


def table_items(
    grid: Sequence[Sequence[Cell]], *, page: int, marked: Sequence[bool], style_marks_first_row: bool = False
) -> Iterator[Item]:
    """A table as its reader takes it: rows, or the texts that it only places on the page.

    `page` is where it ends; `marked` tells of each row whether it is to repeat as the header on each page.
    """
    grid = _without_slivers([_within_width(row) for row in grid])
    if all(len(row) <= 1 for row in grid):
        for row in grid:
            for cell in row:
                yield from cell.items
        return
    if any(cell.is_text_of_its_own for row in grid for cell in row):
        for row in grid:
            for cell in row:
                yield from cell.items
        return
    for number, part in _parts(grid):
        if len(part) == 1 and len(part[0]) == 1:
            yield from part[0][0].items
            continue
        texts, looks = _filled(part)
        yield Table(
            rows=tuple(tuple(row) for row in texts),
            pages=tuple(_span_of(row, page) for row in part),
            headers=_header_rows(marked[number:], looks, style_marks_first_row and number == 0),
        )


def _within_width(row: Sequence[Cell]) -> Sequence[Cell]:
    """The row, no cell of it running over columns beyond `MAX_COLUMNS`."""
    if sum(cell.columns for cell in row) <= MAX_COLUMNS:
        return row
    cells: list[Cell] = []
    column = 0
    for cell in row:
        columns = max(1, min(cell.columns, MAX_COLUMNS - column))
        cells.append(replace(cell, columns=columns))
        column += columns
    return cells


def _without_slivers(grid: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
    """The table without the empty cell that ends a row where other rows run a little further: no word stands in its
    column, and a cell of another row runs over it."""
    starts: set[int] = set()
    runs_over: set[int] = set()
    for row in grid:
        column = 0
        for cell in row:
            if cell.items or cell.continues_above:
                starts.add(column)
            runs_over.update(range(column + 1, column + cell.columns))
            column += cell.columns
    slivers = runs_over - starts

    def trimmed(row: Sequence[Cell]) -> Sequence[Cell]:
        column = sum(cell.columns for cell in row[:-1])
        return row[:-1] if len(row) > 1 and column in slivers and not row[-1].items else row

    return [trimmed(row) for row in grid] if slivers else grid


def _texts(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Paragraph):
            yield item.words
        else:
            for row in item.rows:
                yield " ".join(filter(None, map(fold, row)))


def _parts(grid: Sequence[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Sequence[Cell]]]]:
    """The table parted at the rows that are one cell across it, with the number of each part's first row: such a row
    names what stands beneath it, or says something of the whole."""
    start = 0
    for number, row in enumerate(grid):
        if len(row) == 1:
            if number > start:
                yield start, grid[start:number]
            yield number, [row]
            start = number + 1
    if start < len(grid):
        yield start, grid[start:]


def _filled(grid: Sequence[Sequence[Cell]]) -> tuple[list[list[str]], list[list[Cell | None]]]:
    """The words of the table by row and column, and the cells they come from.

    A cell over several columns stands in its first. One over several rows stands in each, for a row is read alone.
    """
    texts: list[list[str]] = []
    looks: list[list[Cell | None]] = []
    above: dict[int, str] = {}
    for row in grid:
        line: list[str] = []
        look: list[Cell | None] = []
        for cell in row:
            column = len(line)
            words = above.get(column, "") if cell.continues_above else cell.text
            above[column] = words
            line += [words, *[""] * (cell.columns - 1)]
            look += [cell, *[None] * (cell.columns - 1)]
        texts.append(line)
        looks.append(look)
    return texts, looks


def _span_of(row: Sequence[Cell], page: int) -> Span:
    spans = [item.pages if isinstance(item, Paragraph) else item.pages[0] for cell in row for item in cell.items]
    if not spans:
        return Span(page, page)
    return Span(min(span.first for span in spans), max(span.last for span in spans))


def _header_rows(marked: Sequence[bool], looks: list[list[Cell | None]], style_marks_first_row: bool) -> int:
    """How many rows at the top name the columns: those marked to repeat on each page; else the first, where it alone
    is bold or shaded, or the table's style sets it apart."""
    repeated = next((number for number, is_marked in enumerate(marked) if not is_marked), len(marked))
    if repeated:
        return repeated if repeated < len(marked) else 0
    if len(looks) < 2:
        return 0
    first, second = ([cell for cell in line if cell is not None and cell.text] for line in looks[:2])
    if len(first) < 2 or any(len(cell.text.split()) > MAX_HEADING_WORDS for cell in first):
        return 0
    if all(cell.is_bold for cell in first) and not all(cell.is_bold for cell in second):
        return 1
    if all(cell.is_shaded for cell in first) and not all(cell.is_shaded for cell in second):
        return 1
    return 1 if style_marks_first_row else 0


# ── items into sections ──────────────────────────────────────────────────────────────────────────────────────────────


def outline_of(items: Sequence[Item], *, has_pages: bool) -> Outline:
    """The items under their headings: those that styles state, those set as headings by hand, the contents list."""
    outline = Outline()
    body_size = _body_size(items)
    styled = sum(1 for item in items if isinstance(item, Paragraph) and item.level)
    level = 0
    contents = False
    faked: list[tuple[int, bool]] = []  # the looks of faked headings in force, outermost first
    for number, item in enumerate(items):
        if isinstance(item, Table):
            _add_table(outline, item, has_pages=has_pages)
            continue
        locator = _locator(item.pages) if has_pages else None
        following = items[number + 1] if number + 1 < len(items) else None
        if item.style.startswith("toc ") and item.style != "toc heading":
            if not contents:
                outline.heading(1, "Contents")
            contents = True
            outline.add("list_item", item.text, locator)
            continue
        if contents := bool(CONTENTS_HEADING.fullmatch(fold(item.text))):
            outline.heading(1, item.text)
            continue
        if item.level and len(item.text.split()) <= 2 * MAX_HEADING_WORDS:
            level = item.level
            faked = []
            outline.heading(level, f"{item.number} {item.text}")
        elif (level or styled < 2) and _looks_like_heading(item, following, body_size):
            look = (item.half_points, item.is_bold)
            while faked and faked[-1] <= look:
                faked.pop()
            faked.append(look)
            outline.heading(level + len(faked), f"{item.number} {item.text}")
        else:
            kind, words = item_of(item.words)
            outline.add(item.list_kind or kind, words, locator)
    return outline


def titles_of(items: Sequence[Item], stated: str) -> Iterator[str]:
    """Candidates, best first: the title style, the largest type on the first page, the title that the file states
    among its properties, the first heading."""
    head = [item for item in items[:25] if isinstance(item, Paragraph) and item.pages.first == 1]
    yield from (fold(item.text) for item in head if item.style == "title")
    body_size = _body_size(items)
    large = [item for item in head if item.half_points >= body_size + 2 * LARGER_BY_HALF_POINTS and not item.list_kind]
    if large:
        yield fold(max(large, key=lambda item: item.half_points).text)
    if fold(stated):
        yield fold(stated)
    yield from (fold(item.text) for item in items if isinstance(item, Paragraph) and item.level == 1)


def _add_table(outline: Outline, table: Table, *, has_pages: bool) -> None:
    if not has_pages:
        outline.table(table.rows, headers=table.headers)
        return
    outline.table(table.rows, [_locator(span) for span in table.pages], headers=table.headers)


def _locator(span: Span) -> Locator:
    return Locator("page", span.first, span.last)


def _body_size(items: Sequence[Item]) -> int:
    """The type size of most words, in half-points."""
    words: dict[int, int] = {}
    for item in items:
        if isinstance(item, Paragraph):
            words[item.half_points] = words.get(item.half_points, 0) + len(item.text.split())
    return max(words, key=lambda size: words[size]) if words else 22


def _looks_like_heading(item: Paragraph, following: Item | None, body_size: int) -> bool:
    """A short line set bold or large, that no sentence ends in, with something else beneath it."""
    text = fold(item.text)
    if item.list_kind == "list_item" and not item.is_bold:
        return False
    if (
        following is None
        or len(text.split()) > MAX_HEADING_WORDS
        or text[-1] in ".;,"
        or not re.search(r"[A-Za-z]", text)
    ):
        return False
    if text.endswith(":") and not NUMBERED_HEADING.match(text):
        return False
    is_larger = item.half_points >= body_size + LARGER_BY_HALF_POINTS
    if not (item.is_bold or is_larger) or item.style == "title":
        return False
    if not isinstance(following, Paragraph) or following.level:
        return True
    return not (following.is_bold and following.half_points == item.half_points)
