"""Which tables does a sheet hold, which rows name their columns, and under which headings do they stand?

People lay a sheet out for the eye: a title, a line of notes, column names over one row or two, rows, an empty row, the
next table. Here those parts are told apart by rule, and each row stays a row with its own number, for a citation says
"sheet Autumn, row 7". Where no rule decides, a row stays a row without column names: wrong names would make it say what
it does not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from ingestion.metadata.labels import FIELD_OF_LABEL
from ingestion.metadata.values import MONTHS
from ingestion.model import Locator
from ingestion.parse.reading import Outline

MAX_ROWS = 100_000
"""Rows read of one file: a trust's longest registers have some ten thousand; more is an export for a machine."""

MAX_TITLE_WORDS = 14
MAX_TOP_LINES = 5
"""Lines that stand alone at the top of a sheet: the trust, the title, the year; more are a list."""
MAX_NAME_WORDS = 25
"""A column's name is short, or a question of a survey; a cell of more words is a text."""
MAX_HEADER_ROWS = 3
MAX_HEADER_WORDS = 60
"""A header is repeated with every passage, and the embedding model reads about 170 words of one: a wider table is read
in strips, each with the cells that name its rows."""
LOOK_AHEAD_ROWS = 50
"""Rows by which it is judged whether the row above them names their columns."""

CellKind = Literal["text", "number", "date"]


class Cell(NamedTuple):
    """One cell as a person sees it; `kind` tells a value from words."""

    text: str
    kind: CellKind = "text"
    is_bold: bool = False


@dataclass(frozen=True)
class Row:
    """A row with something in it: its number as the program counts, from 1, and its filled cells by column, from 0."""

    number: int
    cells: Mapping[int, Cell]
    follows_gap: bool = False
    """A row that is shown, and empty, stands above it."""


class Area(NamedTuple):
    """Cells from one corner to the other, both included: rows from 1, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """What is shown of a sheet. `merged`: cells that are one, whose words stand in their first. `tables`: areas whose
    first row the sheet itself states to name the columns. `notes`: its text boxes, each with the row it stands at."""

    name: str
    rows: Sequence[Row]
    merged: Sequence[Area] = ()
    tables: Sequence[Area] = ()
    notes: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True)
class Workbook:
    """The sheets of a file that are shown, in its order. `title` is what its properties state; `margins` the lines of
    its printed headers and footers; `warnings` what is not shown, or was not read, in sentences."""

    sheets: Sequence[Sheet]
    title: str = ""
    margins: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_sheet(sheet: Sheet, outline: Outline, *, level: int) -> tuple[str, ...]:
    """Add a sheet's tables and words to the outline, with headings from `level` on. Gives the titles above its first
    table, in order; () when it has none."""
    reader = _Reader(sheet, outline, level)
    for run in _runs(_filled_down(sheet)):
        reader.read(run)
    reader.finish()
    return tuple(reader.top_titles)


def cell_of(text: str, *, is_bold: bool = False) -> Cell:
    """A cell of which only the words are known: whether they are a number or a date is told by their form."""
    if len(text) > LONGEST_DATE or not _DIGIT.search(text):
        return Cell(text, "text", is_bold)
    if _NUMBER.fullmatch(text):
        return Cell(text, "number", is_bold)
    return Cell(text, "date" if _DATE.fullmatch(text) else "text", is_bold)


LONGEST_DATE = 40
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[(-]?[£$€]?-?\d[\d,]*(?:\.\d+)?%?\)?")
_MONTH = rf"(?:{'|'.join(rf'{name[:3]}(?:{name[3:]})?' for name in MONTHS)}|sept)"
_DATE = re.compile(
    rf"(?:[a-z]{{3,9}},?\s+)?(?:\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th)?[\s-]+{_MONTH}"
    rf"(?:[\s,-]+\d{{2,4}})?)(?:[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?|\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[ap]m)?",
    re.IGNORECASE,
)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _filled_down(sheet: Sheet) -> list[Row]:
    """The rows, the words of a cell that is merged over several rows given to each: a row is read alone."""
    place = {row.number: index for index, row in enumerate(sheet.rows)}
    numbers = [row.number for row in sheet.rows]
    rows = list(sheet.rows)
    for area in sheet.merged:
        top = place.get(area.first_row)
        cell = rows[top].cells.get(area.first_column) if top is not None else None
        if cell is None or area.last_row == area.first_row:
            continue
        for index in range(bisect_left(numbers, area.first_row + 1), bisect_right(numbers, area.last_row)):
            rows[index] = replace(rows[index], cells={**rows[index].cells, area.first_column: cell})
    return rows


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows between empty ones."""
    run: list[Row] = []
    for row in rows:
        if run and row.follows_gap:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _columns(rows: Sequence[Row]) -> list[int]:
    return sorted({column for row in rows for column in row.cells})


def _side_by_side(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each of several tables that stand next to each other with an empty column between, all with the same
    column names, as the months of a wall calendar have; one list when they are one table."""
    columns = _columns(rows)
    parts: list[list[int]] = [[]]
    for column in columns:
        if parts[-1] and column > parts[-1][-1] + 1:
            parts.append([])
        parts[-1].append(column)
    named_alike = len(parts) > 1 and any(
        len({tuple(row.cells[column].text if column in row.cells else "" for column in part) for part in parts}) == 1
        and len(row.cells) == len(columns) > len(parts)
        for row in rows[:MAX_HEADER_ROWS]
    )
    if not named_alike:
        return [list(rows)]
    part_of = {column: number for number, part in enumerate(parts) for column in part}
    beside: list[list[Row]] = [[] for _ in parts]
    for row in rows:
        held: dict[int, dict[int, Cell]] = {}
        for column, cell in row.cells.items():
            held.setdefault(part_of[column], {})[column] = cell
        for number, cells in held.items():
            beside[number].append(replace(row, cells=cells))
    return beside


# ── a sheet, run by run ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Header:
    """The names of a table's columns, and what was seen beneath them."""

    names: Mapping[int, str]
    first_row: int
    last_row: int
    kinds: Mapping[int, CellKind]
    is_known: bool = True
    """False for a table whose columns nothing names."""


class _Reader:
    """Walks the runs of a sheet; keeps which titles wait for their table, and which table may go on."""

    def __init__(self, sheet: Sheet, outline: Outline, level: int) -> None:
        self.name = sheet.name
        self.outline = outline
        self.level = level
        self.across = {(area.first_row, area.first_column): area.last_column for area in sheet.merged}
        self.stated = {area.first_row: area for area in sheet.tables}
        self.notes = sheet.notes
        self.top_titles: list[str] = []
        self.titles: list[tuple[int, str]] = []  # waiting for what they stand above
        self.title_level = level
        self.opened: tuple[int, str] | None = None  # the title that stands above what is read now
        self.is_below_label = False
        self.has_table = False
        self.header: _Header | None = None  # of the table that may go on after an empty row
        self.told: tuple[_Header, Sequence[int]] | None = None  # the header and columns of the rows just written
        self.is_below_names = False  # what is written next as a row would be read under the names of the last table

    def read(self, run: Sequence[Row]) -> None:
        """A run of rows: lines of one cell first, then a table, or several side by side."""
        start = next((number for number, row in enumerate(run) if len(row.cells) > 1), len(run))
        self._read_lines(run[:start], stands_alone=start == len(run))
        if start == len(run):
            return
        parts = _side_by_side(run[start:])
        if len(parts) == 1:
            self._read_table(parts[0])
            return
        for part in parts:
            self.header = None
            self.read(part)

    def finish(self) -> None:
        """Titles that stand above nothing are lines; then the words of text boxes."""
        for number, words in self.titles:
            self._say(words, number)
        self.titles = []
        for number, words in self.notes:
            self._say(words, number)

    # ── titles and lines ─────────────────────────────────────────────────────────────────────────────────────────────

    def _read_lines(self, rows: Sequence[Row], *, stands_alone: bool) -> None:
        """Rows of one cell: titles wait for what follows them; a list or a sentence is said."""
        lines = [next(iter(row.cells.values())) for row in rows]
        is_at_top = self.opened is None and not self.titles and not self.has_table
        is_list = stands_alone and len(lines) > (MAX_TOP_LINES if is_at_top else 2)
        for number, (row, line) in enumerate(zip(rows, lines, strict=True)):
            is_bold_head = number == 0 and line.is_bold and not all(other.is_bold for other in lines)
            if _is_title(line) and (not is_list or is_bold_head):
                self.titles.append((row.number, line.text))
                if not self.has_table:
                    self.top_titles.append(line.text)
            else:
                self._open_titles()
                self._say(line.text, row.number)

    def _open_titles(self) -> None:
        """The titles that wait become headings. The first of several above a sheet's first table is the sheet's own,
        and the last each table's; what stands between them is a line."""
        if not self.titles:
            self._leave_label()
            return
        *before, (_, last) = self.titles
        self.titles = []
        if before and not self.has_table and self.opened is None:
            self._open(self.level, before.pop(0)[1])
            self.title_level = self.level + 1
        else:
            self._leave_label()
        for number, words in before:
            self._say(words, number)
        self._open(self.title_level, last)

    def _open(self, level: int, title: str) -> None:
        if self.has_table or title.casefold() != self.name.casefold():  # a sheet's name may be its title as well
            self.outline.heading(level, title)
        self.opened = (level, title)
        self.is_below_label = False
        self._leave_table()

    def _leave_label(self) -> None:
        """What comes after a table does not stand under the last of the labels inside it."""
        if self.is_below_label:
            level, title = self.opened or (self.level, self.name)
            self._open(level, title)

    def _leave_table(self) -> None:
        self.told = None
        self.is_below_names = False

    def _say(self, words: str, number: int) -> None:
        self._leave_table()
        self.outline.add("paragraph", words, Locator("row", number, name=self.name))

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_table(self, rows: Sequence[Row]) -> None:
        """A table from its first row of several cells to the end of the run. Rows above the one that the sheet states
        to name the columns are a table of their own, unless they are part of the names."""
        stated = next((number for number, row in enumerate(rows) if row.number in self.stated), None)
        if stated and not (stated < MAX_HEADER_ROWS and all(map(self._groups_columns, rows[:stated]))):
            self._read_table(rows[:stated])
            rows = rows[stated:]
            stated = 0
        kinds = _kinds(rows)
        goes_on = self.header is not None and _goes_on(self.header, rows, kinds)
        length = self._header_length(rows, may_go_on=goes_on and not self.titles) if stated is None else stated + 1
        if length:
            header = self._header(rows, length)
        elif self.header is not None and goes_on:
            header = self.header
        else:
            header = _Header({}, 0, 0, kinds, is_known=False)
        self._open_titles()
        self.has_table = True
        self._read_body(rows[length:], header)
        self.header = header if header.is_known else None

    def _header_length(self, rows: Sequence[Row], *, may_go_on: bool) -> int:
        """How many of the first rows name the columns beneath; 0 = none. Rows that may go on with the table above need
        a header of another look or another sort than they are."""
        self._note_groups(rows)
        best = 0
        for length in range(1, min(MAX_HEADER_ROWS, len(rows) - 1) + 1):
            above, body = rows[: length - 1], rows[length : length + LOOK_AHEAD_ROWS]
            cells = self._joined(rows[:length], body)
            if all(map(self._groups_columns, above)) and _names_columns(cells, body, by_form_alone=not may_go_on):
                best = length
        return best

    def _note_groups(self, rows: Sequence[Row]) -> None:
        """Names above others that come again ("Covers | Hours | Covers | Hours") each reach to the next, also where
        nobody merged their cells."""
        if len(rows) < 2 or self._groups_columns(rows[0]):
            return
        beneath = rows[1].cells
        starts = sorted(rows[0].cells)
        ends = [*(column - 1 for column in starts[1:]), max(beneath)]
        spans = [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
        names = [tuple(beneath[n].text if n in beneath else "" for n in range(start, end + 1)) for start, end in spans]
        come_again = len(spans) > 1 and len(set(names)) == 1 and len(set(names[0])) == len(names[0])
        if come_again and all(cell.kind == "text" for cell in (*beneath.values(), *rows[0].cells.values())):
            self.across |= {(rows[0].number, start): end for start, end in spans}

    def _groups_columns(self, row: Row) -> bool:
        """A cell of the row is merged across several columns, and so names more than one."""
        return any(self.across.get((row.number, column), column) > column for column in row.cells)

    def _header(self, rows: Sequence[Row], length: int) -> _Header:
        named = self._joined(rows[:length], rows[length:])
        names = {column: cell.text for column, cell in named.items()}
        return _Header(names, rows[0].number, rows[length - 1].number, _kinds(rows[length:]))

    def _joined(self, header: Sequence[Row], body: Sequence[Row]) -> dict[int, Cell]:
        """Header rows as one: to each column its words from above to below, each once."""
        columns = _columns([*header, *body])
        cells: dict[int, Cell] = {}
        for row in header:
            for column, cell in self._filled_across(row, columns).items():
                above = cells.get(column)
                if above is None:
                    cells[column] = cell
                elif above.text != cell.text:
                    kind: CellKind = "text" if "text" in (above.kind, cell.kind) else cell.kind
                    cells[column] = Cell(f"{above.text} {cell.text}", kind, above.is_bold and cell.is_bold)
        return cells

    def _filled_across(self, row: Row, columns: Sequence[int]) -> Mapping[int, Cell]:
        """The cells of a row, one that is merged across several columns in each: who reads a column finds it there."""
        filled = dict(row.cells)
        for column, cell in row.cells.items():
            last = self.across.get((row.number, column), column)
            if last > column:
                for other in columns[bisect_right(columns, column) : bisect_right(columns, last)]:
                    filled.setdefault(other, cell)
        return filled

    def _read_body(self, rows: Sequence[Row], header: _Header) -> None:
        """The rows under their header. A label across the table becomes a heading, a sentence a line; then the header
        is told again."""
        columns = sorted({*header.names, *_columns(rows)})
        names_in_bold = any(len(row.cells) > 1 and row.cells[min(row.cells)].is_bold for row in rows[:-1])
        kept: list[_Told] = []
        for row in rows:
            line = self._line_of(row, columns, names_in_bold) if len(columns) > 1 else None
            if line is None:
                filled = self._filled_across(row, columns)
                cells = {column: cell.text for column, cell in filled.items() if cell.text}
                if cells != header.names:  # names printed again further down are told with their rows anyway
                    kept.append((cells, Locator("row", row.number, name=self.name)))
                continue
            if kept:
                self._write(header, kept, columns)
                kept = []
            if _is_title(line):
                self.outline.heading(self.level + 2, line.text)
                self.is_below_label = True
                self._leave_table()
            else:
                self._say(line.text, row.number)
        if kept or not rows:
            self._write(header, kept, columns)

    def _line_of(self, row: Row, columns: Sequence[int], names_in_bold: bool) -> Cell | None:
        """The only cell of a row that is no row of the table but a label for those beneath (set across it, or in bold
        among rows that begin in plain type) or a sentence; None for a row."""
        if len(row.cells) != 1:
            return None
        ((column, cell),) = row.cells.items()
        last = self.across.get((row.number, column), column)
        spans = bisect_right(columns, last) - bisect_left(columns, column)
        if spans > len(columns) / 2 or (column == columns[0] and cell.is_bold and not names_in_bold):
            return cell
        is_sentence = cell.kind == "text" and not _is_title(cell)
        return cell if is_sentence and column == columns[0] and len(columns) > 2 else None

    def _write(self, header: _Header, rows: Sequence[_Told], columns: Sequence[int]) -> None:
        """The rows under their header, which is not told again where the table only goes on."""
        if self.told == (header, columns):
            for cells, locator in rows:
                self.outline.row([cells.get(column, "") for column in columns], locator)
            return
        if not header.is_known and self.is_below_names:
            for cells, locator in rows:  # as lines, for no row may come under names that are not its own
                self._say(" | ".join(cells[column] for column in sorted(cells)), locator.number)
            return
        last = header.last_row if header.last_row > header.first_row else 0
        top = [(header.names, Locator("row", header.first_row, last, self.name))] if header.is_known else []
        strips = _strips(header, columns)
        for strip, beneath in zip(strips, _beneath(strips, rows), strict=True):
            self.outline.table(
                [[cells.get(column, "") for column in strip] for cells, _ in (*top, *beneath)],
                [locator for _, locator in (*top, *beneath)],
                headers=len(top),
            )
        self.told = (header, columns) if header.is_known and len(strips) == 1 else None
        self.is_below_names = header.is_known


_Told = tuple[Mapping[int, str], Locator]
"""A row as it is told: the words of its filled cells by column, and where it stands. One wide row among a thousand
short ones makes none of these wider."""


def _strips(header: _Header, columns: Sequence[int]) -> list[list[int]]:
    """Which columns are told together: all; of a table too wide, runs of columns, each after the columns that name its
    rows (the first, and the second where the first is only a number)."""
    sizes = {column: max(1, len(header.names.get(column, "").split())) for column in columns}
    if sum(sizes.values()) <= MAX_HEADER_WORDS:
        return [list(columns)]
    labels = list(columns[: 2 if header.kinds.get(columns[0]) == "number" else 1])
    room = MAX_HEADER_WORDS - sum(sizes[column] for column in labels)
    strips: list[list[int]] = [[]]
    used = 0
    for column in columns[len(labels) :]:
        if strips[-1] and used + sizes[column] > room:
            strips.append([])
            used = 0
        strips[-1].append(column)
        used += sizes[column]
    return [labels + strip for strip in strips]


def _beneath(strips: Sequence[Sequence[int]], rows: Sequence[_Told]) -> list[list[_Told]]:
    """To each strip the rows that fill one of its columns besides its first; all rows where there is one strip."""
    if len(strips) == 1:
        return [list(rows)]
    strips_of: dict[int, list[int]] = {}
    for number, strip in enumerate(strips):
        for column in strip[1:]:
            strips_of.setdefault(column, []).append(number)
    beneath: list[list[_Told]] = [[] for _ in strips]
    for row in rows:
        for number in sorted({number for column in row[0] for number in strips_of.get(column, ())}):
            beneath[number].append(row)
    return beneath


# ── what a row is ────────────────────────────────────────────────────────────────────────────────────────────────────

_STATES_SOMETHING = re.compile(r"[.;,!?]$|:\s*\S")
_DAY_OR_MONTH = re.compile(
    rf"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b|\b{_MONTH}\b", re.IGNORECASE
)


def _is_title(cell: Cell) -> bool:
    """Few words that state nothing: no sentence, no "Version: 2"."""
    return (
        cell.kind == "text"
        and len(cell.text.split()) <= MAX_TITLE_WORDS
        and re.search(r"[^\W\d_]", cell.text) is not None
        and not _STATES_SOMETHING.search(cell.text)
        and not cell.text.startswith("*")
    )


def _goes_on(header: _Header, rows: Sequence[Row], kinds: Mapping[int, CellKind]) -> bool:
    """Whether rows after an empty one belong to the table above: they fill the same columns with the same kinds of
    values. Where all is words, every column must be filled, and three at least."""
    if not set(kinds) <= set(header.names) or any(header.kinds.get(n, kind) != kind for n, kind in kinds.items()):
        return False
    width = median(len(row.cells) for row in rows)
    if any(kind != "text" for kind in kinds.values()):
        return 2 * width > len(header.names)
    return width >= len(header.names) >= 3


def _names_columns(cells: Mapping[int, Cell], body: Sequence[Row], *, by_form_alone: bool) -> bool:
    """Whether cells name the columns of the rows beneath: short words in nearly every column, of another look or sort
    than what stands below; where that does not tell, and `by_form_alone`, by how they are laid out."""
    if not body or any(len(cell.text.split()) > MAX_NAME_WORDS for cell in cells.values()):
        return False
    if 5 * len(cells) < 3 * median(len(other.cells) for other in body) or _is_form(cells, body):
        return False
    values = [cell for cell in cells.values() if cell.kind != "text"]
    if values and not _is_series(values):
        return False
    if values and 2 * sum(_is_series([c for c in other.cells.values() if c.kind != "text"]) for other in body) > len(
        body
    ):
        return False
    if _looks_like_rows_below(cells, body):
        return False
    if values or (all(cell.is_bold for cell in cells.values()) and not all(c.is_bold for c in body[0].cells.values())):
        return True
    if 5 * len({cell.text.casefold() for cell in cells.values()}) < 3 * len(cells):
        return False
    if any(kind != "text" and column in cells for column, kind in _kinds(body).items()):
        return True
    if not by_form_alone:
        return False
    return _has_repeating_column(cells, body) or (len(body) > 1 and _is_short_and_full(cells, body))


def _is_series(cells: Sequence[Cell]) -> bool:
    """Dates that differ, years, or numbers that count up by one: what columns are named by besides words."""
    if len({cell.text for cell in cells}) < max(2, len(cells)):
        return False
    if all(cell.kind == "date" for cell in cells):
        return True
    numbers = [int(cell.text) for cell in cells if cell.text.isdecimal() and len(cell.text) < 5]
    if len(numbers) < len(cells):
        return False
    return all(1990 <= number <= 2100 for number in numbers) or all(b == a + 1 for a, b in pairwise(numbers))


def _looks_like_rows_below(cells: Mapping[int, Cell], body: Sequence[Row]) -> bool:
    """Words with a digit, a day or a month have the form of most words beneath: "Monday" above "Tuesday"."""
    for column, cell in cells.items():
        form = _form(cell.text) if cell.kind == "text" else ""
        below = [_form(other.cells[column].text) for other in body if column in other.cells]
        if form and below and 2 * below.count(form) >= len(below):
            return True
    return False


def _form(text: str) -> str:
    """The words with digits and names of days and months made alike; "" where there are none."""
    form = _DAY_OR_MONTH.sub("day", re.sub(r"\d+", "9", text.casefold()))
    return form if form != text.casefold() else ""


def _has_repeating_column(cells: Mapping[int, Cell], body: Sequence[Row]) -> bool:
    """A column whose values come again and again ("Yes", "Year 7"), but not as the word above them."""
    for column, cell in cells.items():
        values = Counter(row.cells[column].text.casefold() for row in body if column in row.cells)
        comes_again = max(values.values(), default=0) >= 3 and len(values) <= 0.7 * values.total()
        if comes_again and cell.text.casefold() not in values:
            return True
    return False


def _is_short_and_full(cells: Mapping[int, Cell], body: Sequence[Row]) -> bool:
    """All columns but perhaps one have a name, and names are no longer than what stands beneath."""
    columns = _columns(body)
    if len(cells) < len(columns) - 1:
        return False
    below = [len(cell.text.split()) for row in body for cell in row.cells.values()]
    return sum(len(cell.text.split()) for cell in cells.values()) / len(cells) <= sum(below) / len(below) + 1


def _is_form(cells: Mapping[int, Cell], body: Sequence[Row]) -> bool:
    """Two columns, of which the first names what the second states: "Version | 2.1"."""
    rows = (Row(0, cells), *body)
    columns = _columns(rows)
    if len(columns) != 2:
        return False
    first, second = columns
    labels = [row.cells[first].text for row in rows if first in row.cells]
    known = sum(label.rstrip(": ").casefold() in FIELD_OF_LABEL for label in labels)
    if known >= 2 or 2 * sum(label.endswith(":") for label in labels) > len(labels):
        return True
    pairs = [row.cells for row in rows if len(row.cells) == 2]
    if len(pairs) > 1 and all(cells[first].is_bold and not cells[second].is_bold for cells in pairs):
        return True
    kinds = Counter(cells[second].kind for cells in pairs)
    return len(pairs) >= 4 and kinds["text"] >= 0.3 * len(pairs) and kinds["text"] <= 0.8 * len(pairs)


def _kinds(rows: Sequence[Row]) -> dict[int, CellKind]:
    """What stands in each column most often."""
    counts: dict[int, Counter[CellKind]] = {}
    for row in rows[:LOOK_AHEAD_ROWS]:
        for column, cell in row.cells.items():
            counts.setdefault(column, Counter())[cell.kind] += 1
    return {column: kinds.most_common(1)[0][0] for column, kinds in counts.items()}
