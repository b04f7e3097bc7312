"""Which words of a page stand in a table that has no ruled lines, only columns?

Where wide blanks run down through three rows or more, what stands between them are columns. Two columns of prose have a
blank between them too, so whatever reads on from line to line, and whatever is a list, a contents list or a numbered
clause, is left to be read as text: a table that is missed is read line by line, a text torn into cells is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingestion.contents import CONTENTS_HEADING
from ingestion.parse.pdf_layout import Box, Cell, Line, Table
from ingestion.parse.pdf_rules import Drawing
from ingestion.parse.text import item_of

WIDE_BLANK = 0.8
"""Times the type's size: what parts two columns is at least as wide. A blank between words is 0.3, in justified type
up to 0.6."""
SAME_BASE = 0.3
"""Times the type's size: lines whose letters stand at heights nearer than this are one."""
MAX_STEP = 3.2
"""Times the type's size: a row further below the one before is no part of its table."""
WRAPPED_STEP = 1.5
"""Times the type's size: lines of one cell follow each other as close as this."""
MIN_ROWS = 3
ALIGNED_SHARE = 0.75
"""So many of a column's cells start, end or have their middle at one place."""
READS_ON_SHARE = 0.25
"""Where more of a column's cells start with a small letter, its lines may be those of a text."""
MAX_CELL_WORDS = 30
"""Where the cells of two columns hold more words than this, they are columns of text."""

_BULLET = re.compile(r"[^\w£€$%&+✓✔✗✘☒☐]|o")
_MARKER = re.compile(r"(?:\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,5})[.)]?)\.?", re.IGNORECASE)
"""The number or letter of a clause or an item."""
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}|_{5,}")


@dataclass(frozen=True)
class Stretch:
    """Words without a wide blank among them. `sources` are what they are taken from; it goes with them into a table."""

    line: Line
    sources: frozenset[int]


@dataclass(frozen=True)
class _Row:
    """What stands at one height of the page, from the left."""

    stretches: tuple[Stretch, ...]

    @property
    def base(self) -> float:
        return self.stretches[0].line.base

    @property
    def size(self) -> float:
        return max(stretch.line.size for stretch in self.stretches)


def aligned_tables(stretches: Sequence[Stretch], drawing: Drawing, *, page: int) -> list[tuple[Table, frozenset[int]]]:
    """The tables that stand among the stretches, from the top, each with the sources of its words. A source is either
    whole in one table or in none."""
    rows = _rows(stretches)
    found = []
    for band in _bands(rows):
        table = _table(band, drawing, page)
        inside = {id(stretch) for row in band for stretch in row.stretches}
        used = _sources(stretch for row in band for stretch in row.stretches)
        left = _sources(stretch for row in rows for stretch in row.stretches if id(stretch) not in inside)
        if table is not None and not used & left:
            found.append((table, used))
    return found


def _sources(stretches: Iterable[Stretch]) -> frozenset[int]:
    return frozenset(source for stretch in stretches for source in stretch.sources)


# ── bands of rows with blanks that run down through them ─────────────────────────────────────────────────────────────


def _rows(stretches: Sequence[Stretch]) -> list[_Row]:
    rows: list[list[Stretch]] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.line.base):
        if rows and stretch.line.base - rows[-1][0].line.base < SAME_BASE * stretch.line.size:
            rows[-1].append(stretch)
        else:
            rows.append([stretch])
    return [_Row(tuple(_with_bullets(sorted(row, key=lambda stretch: stretch.line.x0)))) for row in rows]


def _with_bullets(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """The stretches, a bullet as one with the words behind it."""
    bullet: Stretch | None = None
    for stretch in stretches:
        if bullet is not None:
            words = f"{bullet.line.text} {stretch.line.text}"
            yield Stretch(replace(stretch.line, text=words, x0=bullet.line.x0), bullet.sources | stretch.sources)
            bullet = None
        elif _BULLET.fullmatch(stretch.line.text):
            bullet = stretch
        else:
            yield stretch
    if bullet is not None:
        yield bullet


Span = tuple[float, float]


def _bands(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The longest runs of rows through which at least one blank runs down; each starts with a row of several cells."""
    bands: list[list[_Row]] = []
    start = 0
    while start < len(rows):
        if len(rows[start].stretches) < 2 or _is_text(rows[start]):
            start += 1
            continue
        gaps = _gaps(rows[start])
        end = start + 1
        while end < len(rows) and not _is_text(rows[end]):
            step = rows[end].base - rows[end - 1].base
            kept = _common(gaps, rows[end])
            if step > MAX_STEP * rows[end].size or not kept:
                break
            gaps = kept
            end += 1
        band = _without_tail(rows[start:end])
        under_contents = start > 0 and any(
            CONTENTS_HEADING.fullmatch(stretch.line.text.strip()) for stretch in rows[start - 1].stretches
        )
        if len(band) >= MIN_ROWS and not under_contents:
            bands.append(band)
            start += len(band)
        else:
            start += 1
    return bands


def _is_text(row: _Row) -> bool:
    return any(_LEADERS.search(stretch.line.text) for stretch in row.stretches)


def _gaps(row: _Row) -> list[Span]:
    return [
        (before.line.x1, after.line.x0)
        for before, after in pairwise(row.stretches)
        if after.line.x0 - before.line.x1 >= WIDE_BLANK * row.size
    ]


def _common(gaps: Sequence[Span], row: _Row) -> list[Span]:
    """What is left of the gaps where none of the row's words stand, as far as it is wide enough."""
    kept = []
    for left, right in gaps:
        pieces = [(left, right)]
        for stretch in row.stretches:
            x0, x1 = stretch.line.x0, stretch.line.x1
            pieces = [
                piece
                for a, b in pieces
                for piece in ((a, min(b, x0)), (max(a, x1), b))
                if piece[1] - piece[0] >= WIDE_BLANK * row.size
            ]
        kept += pieces
    return kept


def _without_tail(band: Sequence[_Row]) -> list[_Row]:
    """The band as far as rows of several cells go, and what is wrapped beneath the last of them: a line that stands as
    close as a cell's lines, in a column that is not the first, or in the first and in the middle of a sentence."""
    last = max(number for number, row in enumerate(band) if len(row.stretches) > 1)
    end = last + 1
    left = min(stretch.line.x0 for row in band[:end] for stretch in row.stretches)
    while end < len(band):
        step = band[end].base - band[end - 1].base
        first = band[end].stretches[0].line
        is_in_first = first.x0 < left + 2 * band[end].size
        if step > WRAPPED_STEP * band[end].size or (is_in_first and not first.text[:1].islower()):
            break
        end += 1
    return list(band[:end])


# ── a band as a table ────────────────────────────────────────────────────────────────────────────────────────────────

_Grid = list[list[list[Line]]]
"""Lines by row and column."""


def _table(band: Sequence[_Row], drawing: Drawing, page: int) -> Table | None:
    """The band as rows and columns; None when it does not look like a table without doubt."""
    columns = _columns(band)
    if len(columns) < 2:
        return None
    box = (columns[0][0], _top(band[0]), columns[-1][1], max(s.line.bottom for row in band for s in row.stretches))
    rules = _rules_across(drawing, box)
    grid = _cells(band, columns, rules)
    if grid is None or not _is_tabular(grid, columns):
        return None
    cells = tuple(
        Cell(number, column, 1, 1, _is_on_ground(lines, drawing), tuple(lines))
        for number, row in enumerate(grid)
        for column, lines in enumerate(row)
    )
    return Table(box, len(columns), len(grid), cells, page, spans=tuple(columns), header_rows=_header_rows(grid, rules))


def _columns(band: Sequence[_Row]) -> list[Span]:
    """The left and right edge of each column: what the words of all rows cover, where the gaps are wide enough."""
    size = median(row.size for row in band)
    columns: list[Span] = []
    for x0, x1 in sorted((stretch.line.x0, stretch.line.x1) for row in band for stretch in row.stretches):
        if columns and x0 - columns[-1][1] < WIDE_BLANK * size:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _column_of(line: Line, columns: Sequence[Span]) -> int:
    return max(
        range(len(columns)), key=lambda number: min(line.x1, columns[number][1]) - max(line.x0, columns[number][0])
    )


def _top(row: _Row) -> float:
    return min(stretch.line.top for stretch in row.stretches)


def _rules_across(drawing: Drawing, box: Box) -> list[float]:
    """The heights at which a straight line, or the edge of a ground, runs across most of the box."""
    width = box[2] - box[0]
    across = [rule for rule in drawing.rules if rule[1] == rule[3]]
    across += [edge for x0, top, x1, bottom in drawing.fills for edge in ((x0, top, x1, top), (x0, bottom, x1, bottom))]
    heights: dict[int, list[Box]] = {}
    for rule in across:
        if box[1] - 3 <= rule[1] <= box[3] + 3:
            heights.setdefault(round(rule[1]), []).append(rule)
    return sorted(
        float(height)
        for height, rules in heights.items()
        if sum(max(0.0, min(rule[2], box[2]) - max(rule[0], box[0])) for rule in rules) > 0.6 * width
    )


def _cells(band: Sequence[_Row], columns: Sequence[Span], rules: Sequence[float]) -> _Grid | None:
    """The lines by row and column; None where it cannot be told which lines are one row."""
    placed = [[(_column_of(s.line, columns), s.line) for s in row.stretches] for row in band]
    starts = _row_starts(band, placed, rules)
    if starts is None:
        return None
    grid: _Grid = []
    for number, row in enumerate(placed):
        if number in starts:
            grid.append([[] for _ in columns])
        for column, line in row:
            grid[-1][column].append(line)
    return grid


def _row_starts(
    band: Sequence[_Row], placed: Sequence[Sequence[tuple[int, Line]]], rules: Sequence[float]
) -> set[int] | None:
    """Which lines of the band start a row: by lines ruled between them, else by wider steps, else by a first cell."""
    ruled = {
        number
        for number, (before, row) in enumerate(pairwise(band), 1)
        if any(before.base - 0.2 * before.size <= height <= row.base - 0.4 * row.size for height in rules)
    }
    if len(ruled) >= MIN_ROWS - 1:
        return {0, *ruled, *_far_or_from_bold(band)}
    steps = [(row.base - before.base) / row.size for before, row in pairwise(band)]
    inner = _wrapped_step(placed)
    if inner is None:
        return set(range(len(band)))
    wide = {number for number, step in enumerate(steps, 1) if step > 1.2 * inner}
    if len(wide) >= MIN_ROWS - 1:
        return {0, *wide}
    if any(step < 0.8 * inner for step in steps):
        return None  # lines of two columns that do not stand side by side
    starts = {number for number, row in enumerate(placed) if len(row) > 1 and row[0][0] == 0}
    return starts if 0 in starts else None


def _far_or_from_bold(band: Sequence[_Row]) -> Iterator[int]:
    """The lines that stand too far beneath the one before for one cell, or follow a line all in bold and are not."""
    for number, (before, row) in enumerate(pairwise(band), 1):
        is_under_bold = all(s.line.is_bold for s in before.stretches) and not any(s.line.is_bold for s in row.stretches)
        if row.base - before.base > WRAPPED_STEP * row.size or (is_under_bold and len(before.stretches) > 1):
            yield number


def _wrapped_step(placed: Sequence[Sequence[tuple[int, Line]]]) -> float | None:
    """The step from a line to the next one of its column, as a multiple of the type's size, where it is close enough
    for lines of one cell."""
    last: dict[int, Line] = {}
    closest: float | None = None
    for row in placed:
        for column, line in row:
            if column in last:
                step = (line.base - last[column].base) / line.size
                closest = min(step, closest or step)
            last[column] = line
    return closest if closest is not None and closest <= WRAPPED_STEP else None


# ── is it a table? ───────────────────────────────────────────────────────────────────────────────────────────────────


def _is_tabular(grid: _Grid, columns: Sequence[Span]) -> bool:
    rows = [row for row in grid if sum(1 for cell in row if cell) > 1]
    if len(rows) < MIN_ROWS or len(rows) * 3 < len(grid) * 2:
        return False
    by_column = [[row[number] for row in grid if row[number]] for number in range(len(columns))]
    if any(len(cells) < max(2, len(grid) / 4) for cells in by_column):
        return False
    if not all(_is_aligned(cells) for cells in by_column):
        return False
    if sum(1 for cells in by_column if _reads_on(cells)) > 1 or _reads_on(by_column[0]):
        return False
    if sum(1 for cells in by_column if sum(map(_words, cells)) > MAX_CELL_WORDS * len(cells)) > 1:
        return False
    if sum(1 for cells in by_column if _is_list(cells)) > 1:
        return False
    marked = _share(by_column[0], lambda text: bool(_MARKER.fullmatch(text))) > 0.6
    return not (marked and len(columns) == 2 and not _holds_figures(by_column[1])) and not _is_contents(by_column)


def _is_aligned(cells: Sequence[list[Line]]) -> bool:
    firsts = [cell[0] for cell in cells]
    tolerance = 0.35 * median(line.size for line in firsts)
    edges = ([line.x0 for line in firsts], [line.x1 for line in firsts], [(line.x0 + line.x1) / 2 for line in firsts])
    return any(
        max(sum(1 for other in places if abs(other - place) <= tolerance) for place in places)
        >= ALIGNED_SHARE * len(places)
        for places in edges
    )


def _reads_on(cells: Sequence[list[Line]]) -> bool:
    return len(cells) > 1 and _share(cells[1:], lambda text: text[:1].islower()) > READS_ON_SHARE


def _is_list(cells: Sequence[list[Line]]) -> bool:
    return _share(cells, lambda text: item_of(text)[0] == "list_item") > 0.5


def _is_contents(by_column: Sequence[Sequence[list[Line]]]) -> bool:
    """The last column counts upwards through the pages, beside names only."""
    pages = [_text(cell) for cell in by_column[-1]]
    numbers = [int(page) for page in pages if page.isdecimal() and len(page) <= 3]
    if len(numbers) < len(pages) or any(after < before for before, after in pairwise(numbers)):
        return False
    return len(by_column) <= 3 and len(set(numbers)) > 1


def _holds_figures(cells: Sequence[list[Line]]) -> bool:
    return _share(cells, lambda text: bool(re.search(r"\d", text))) >= 0.5


def _share(cells: Sequence[list[Line]], holds: Callable[[str], bool]) -> float:
    return sum(1 for cell in cells if holds(_text(cell))) / max(1, len(cells))


def _text(cell: Sequence[Line]) -> str:
    return " ".join(line.text for line in cell).strip()


def _words(cell: Sequence[Line]) -> int:
    return sum(len(line.text.split()) for line in cell)


def _header_rows(grid: _Grid, rules: Sequence[float]) -> int:
    """1 where a line is ruled beneath the first row and none between the others, or where the first row alone has no
    figure in a column of figures; else 0."""
    first, others = grid[0], grid[1:]
    bounds = [(max(line.base for cell in row for line in cell), min(line.base for cell in below for line in cell))
              for row, below in pairwise(grid)]  # fmt: skip
    ruled = [any(above < height < below for height in rules) for above, below in bounds]
    if not all(first):
        return 0
    if ruled[0] and not any(ruled[1:]):
        return 1
    if any(re.search(r"\d", _text(cell)) for cell in first):
        return 0
    return int(any(
        all(row[column] and re.search(r"\d", _text(row[column])) for row in others) for column in range(len(first))
    ))  # fmt: skip


def _is_on_ground(lines: Sequence[Line], drawing: Drawing) -> bool:
    if not lines:
        return False
    x, y = (lines[0].x0 + lines[0].x1) / 2, (lines[0].top + lines[0].bottom) / 2
    return any(x0 <= x <= x1 and top <= y <= bottom for x0, top, x1, bottom in drawing.fills)
