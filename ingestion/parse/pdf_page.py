"""What stands where on one page of a PDF: lines of words, ruled tables, pictures?

PDFium gives characters with their boxes in the order in which the page draws them, which the programs that schools use
keep to the reading order; it is followed unless it jumps about. Lengths are in points (1/72 inch), from the top left.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

SNAP = 3.0
"""Points: ruled lines nearer than this are one line, as drawn by a program that draws each cell's border."""
THIN = 3.5
"""Points: a filled rectangle thinner than this is drawn as a line."""
MIN_CELL_HEIGHT = 6.0
MAX_RULES = 1500
"""A page with more straight strokes than this is a drawing (a map, a graph), and not a table."""


@dataclass(frozen=True)
class Line:
    """Words on one baseline. A hyphen at its end that a line break may have put in is `SOFT_HYPHEN`."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    is_bold: bool
    page: int


@dataclass(frozen=True)
class Cell:
    """One cell of a ruled table; `row` and `column` count from 0, `columns` and `rows` are what it spans."""

    row: int
    column: int
    columns: int
    rows: int
    is_filled: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    box: Box
    width: int
    """How many columns."""
    height: int
    cells: tuple[Cell, ...]
    page: int


@dataclass(frozen=True)
class Page:
    """A page as drawn. `items` are its lines and tables in reading order; `slanted` is text set at an angle."""

    number: int
    width: float
    height: float
    items: tuple[Line | Table, ...]
    slanted: tuple[str, ...]
    has_picture: bool
    is_blank: bool
    unreadable: int
    """Characters whose meaning the file does not tell."""


def read_page(document: pdfium.PdfDocument, number: int) -> Page:
    """Page `number`, from 1. Raises PdfiumError when the page is damaged."""
    page = document[number - 1]
    turn = _Turn(page)
    rules, fills, has_picture, is_blank = _drawn(page, turn)
    grids = _grids(rules)
    text = page.get_textpage()
    try:
        runs, slanted, unreadable = _runs(text, turn, grids)
    finally:
        text.close()
        page.close()
    return Page(
        number=number,
        width=turn.width,
        height=turn.height,
        items=tuple(_items(runs, grids, fills, number)),
        slanted=tuple(slanted),
        has_picture=has_picture,
        is_blank=is_blank,
        unreadable=unreadable,
    )


class _Turn:
    """From the page's own coordinates (from the bottom left, before it is turned) to those of the turned page."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self.left, self.bottom, self.right, self.top = page.get_mediabox()
        crop = page.get_cropbox()
        if crop is not None:
            self.left, self.bottom, self.right, self.top = crop
        self.rotation = page.get_rotation()
        size = (self.right - self.left, self.top - self.bottom)
        self.width, self.height = size if self.rotation in (0, 180) else size[::-1]

    def point(self, x: float, y: float) -> tuple[float, float]:
        match self.rotation:
            case 90:
                return y - self.bottom, x - self.left
            case 180:
                return self.right - x, y - self.bottom
            case 270:
                return self.top - y, self.right - x
            case _:
                return x - self.left, self.top - y

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        (x0, y0), (x1, y1) = self.point(left, bottom), self.point(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


# ── rules and fills ──────────────────────────────────────────────────────────────────────────────────────────────────


def _drawn(page: pdfium.PdfPage, turn: _Turn) -> tuple[list[Box], list[Box], bool, bool]:
    """The straight strokes (as boxes without width or height), the filled areas that are not white, whether there is a
    picture of some size, and whether nothing at all is drawn."""
    rules: list[Box] = []
    fills: list[Box] = []
    has_picture = False
    is_blank = True
    for drawn in page.get_objects(max_depth=4):
        is_blank = False
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = drawn.get_bounds()
            has_picture |= (right - left) * (top - bottom) > 0.1 * turn.width * turn.height
        elif drawn.type == raw.FPDF_PAGEOBJ_PATH and len(rules) <= MAX_RULES:
            _add_path(drawn, turn, rules, fills)
    return rules if len(rules) <= MAX_RULES else [], fills, has_picture, is_blank


def _add_path(drawn: pdfium.PdfObject, turn: _Turn, rules: list[Box], fills: list[Box]) -> None:
    fill_mode, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(drawn, fill_mode, stroke)
    is_filled = fill_mode.value != raw.FPDF_FILLMODE_NONE
    if not is_filled and not stroke.value:
        return
    colour = [ctypes.c_uint() for _ in range(4)]
    raw.FPDFPageObj_GetFillColor(drawn, *colour)
    is_white = all(part.value > 250 for part in colour[:3])
    for points in _subpaths(drawn):
        corners = [turn.point(*point) for point in points]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        box = (min(xs), min(ys), max(xs), max(ys))
        width, height = box[2] - box[0], box[3] - box[1]
        if min(width, height) <= THIN:
            if (not is_filled or not is_white) and max(width, height) > THIN:
                x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                rules.append((x, box[1], x, box[3]) if height > width else (box[0], y, box[2], y))
            continue
        if not _is_rectangle(corners):
            continue
        if is_filled and not is_white:
            fills.append(box)
        if stroke.value:
            rules += [
                (box[0], box[1], box[2], box[1]),
                (box[0], box[3], box[2], box[3]),
                (box[0], box[1], box[0], box[3]),
                (box[2], box[1], box[2], box[3]),
            ]


def _subpaths(drawn: pdfium.PdfObject) -> Iterator[list[tuple[float, float]]]:
    """The corner points of each part of a path, in the page's own coordinates."""
    matrix = drawn.get_matrix()
    outer = drawn.container
    while outer is not None:  # a path within a form stands where the form is placed
        matrix = matrix.multiply(outer.get_matrix())
        outer = outer.container
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for number in range(raw.FPDFPath_CountSegments(drawn)):
        segment = raw.FPDFPath_GetPathSegment(drawn, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        points.append(matrix.on_point(x.value, y.value))
    if points:
        yield points


def _is_rectangle(corners: list[tuple[float, float]]) -> bool:
    xs = {round(x) for x, _ in corners}
    ys = {round(y) for _, y in corners}
    return len(corners) in (4, 5) and len(xs) <= 2 and len(ys) <= 2


# ── ruled tables ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Grid:
    """A ruled table before its words are known."""

    box: Box
    cells: list[Box]
    runs: dict[int, list[_Run]] = field(default_factory=dict)

    def cell_at(self, x: float, y: float) -> int | None:
        if not (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]):
            return None
        for number, (x0, top, x1, bottom) in enumerate(self.cells):
            if x0 <= x <= x1 and top <= y <= bottom:
                return number
        return None


def _grids(rules: list[Box]) -> list[_Grid]:
    """The ruled tables of more than one cell, top to bottom. pdfplumber joins strokes to cells, and cells to tables."""
    edges: list[dict[str, Any]] = [_edge(rule) for rule in rules]
    if len(edges) < 4:
        return []
    merged = merge_edges(edges, SNAP, SNAP, SNAP, SNAP)
    cells = intersections_to_cells(edges_to_intersections(merged, SNAP, SNAP))
    cells = [cell for cell in cells if cell[3] - cell[1] >= MIN_CELL_HEIGHT and cell[2] - cell[0] >= MIN_CELL_HEIGHT]
    grids = []
    for group in cells_to_tables(cells) if cells else []:
        boxes = [(float(x0), float(top), float(x1), float(bottom)) for x0, top, x1, bottom in group]
        box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        grids.append(_Grid(box, sorted(boxes, key=lambda b: (round(b[1]), b[0]))))
    return sorted(grids, key=lambda grid: grid.box[1])


def _edge(rule: Box) -> dict[str, Any]:
    x0, top, x1, bottom = rule
    return {
        "object_type": "line",
        "orientation": "v" if x0 == x1 else "h",
        "x0": x0,
        "x1": x1,
        "top": top,
        "bottom": bottom,
        "width": x1 - x0,
        "height": bottom - top,
    }


def _table(grid: _Grid, fills: list[Box], number: int) -> Table:
    lefts = _marks([cell[0] for cell in grid.cells])
    tops = _marks([cell[1] for cell in grid.cells])
    cells = []
    for index, (x0, top, x1, bottom) in enumerate(grid.cells):
        column, row = _mark_of(x0, lefts), _mark_of(top, tops)
        cells.append(
            Cell(
                row=row,
                column=column,
                columns=sum(1 for left in lefts if x0 - SNAP <= left < x1 - SNAP),
                rows=sum(1 for other in tops if top - SNAP <= other < bottom - SNAP),
                is_filled=any(_covers(fill, (x0 + x1) / 2, (top + bottom) / 2) for fill in fills),
                lines=tuple(_lines(grid.runs.get(index, []), number)),
            )
        )
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Table(grid.box, len(lefts), len(tops), tuple(cells), number)


def _marks(values: list[float]) -> list[float]:
    marks: list[float] = []
    for value in sorted(values):
        if not marks or value - marks[-1] > SNAP:
            marks.append(value)
    return marks


def _mark_of(value: float, marks: list[float]) -> int:
    return min(range(len(marks)), key=lambda number: abs(marks[number] - value))


def _covers(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


# ── characters into runs ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Run:
    """Characters drawn one after another on one baseline, without a gap that a tab or a column would leave."""

    x0: float
    x1: float
    top: float
    bottom: float
    place: tuple[int, int] | None
    """Table and cell, or None in the flow of the page."""
    characters: list[str] = field(default_factory=list)
    sizes: dict[float, int] = field(default_factory=dict)
    bold: int = 0
    letters: int = 0


@dataclass(frozen=True)
class _Font:
    size: float
    is_bold: bool
    is_slanted: bool


_HYPHEN_MARKS = frozenset({0x02, 0xFFFE, 0xAD})
"""How PDFium gives a hyphen that a line break put in: it is marked, and may be dropped when the line is joined."""
SOFT_HYPHEN = "\u00ad"


def _runs(text: pdfium.PdfTextPage, turn: _Turn, grids: list[_Grid]) -> tuple[list[_Run], list[str], int]:
    runs: list[_Run] = []
    slanted: dict[int, list[str]] = {}
    unreadable = 0
    run: _Run | None = None
    fonts: dict[int, _Font] = {}
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pending_space = False
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if code in (10, 13):
            run = None
            continue
        if code in (32, 160, 9):
            pending_space = True
            continue
        if code in _HYPHEN_MARKS:
            if run is not None:
                run.characters.append(SOFT_HYPHEN)
            continue
        if code == 0 or code == 0xFFFD or 0xE000 <= code < 0xF000:
            unreadable += 1
            if code == 0:
                continue
        if 0xD800 <= code < 0xE000:
            continue  # half of a pair: PDFium gives both halves apart, for signs that no policy needs
        raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
        font = _font(text, index, fonts)
        if font.is_slanted:
            slanted.setdefault(round(font.size), []).append((" " if pending_space else "") + chr(code))
            pending_space = False
            continue
        x0, y0, x1, y1 = turn.box(left.value, bottom.value, right.value, top.value)
        middle = (y0 + y1) / 2
        if run is not None and not _continues(run, x0, middle, font.size):
            run = None
        if run is None or (pending_space and grids):
            place = _place(grids, (x0 + x1) / 2, middle)
            if run is None or run.place != place:
                run = _Run(x0, x1, y0, y1, place)
                runs.append(run)
                pending_space = False
        if pending_space:
            run.characters.append(" ")
            pending_space = False
        run.characters.append(chr(code))
        run.x1 = max(run.x1, x1)
        run.top, run.bottom = min(run.top, y0), max(run.bottom, y1)
        run.sizes[font.size] = run.sizes.get(font.size, 0) + 1
        if chr(code).isalnum():
            run.letters += 1
            run.bold += font.is_bold
    for run in runs:
        if run.place is not None:
            grids[run.place[0]].runs.setdefault(run.place[1], []).append(run)
    return runs, ["".join(letters).strip() for letters in slanted.values()], unreadable


def _continues(run: _Run, x0: float, middle: float, size: float) -> bool:
    """On the same baseline (superscripts included), neither back nor far ahead."""
    within = run.top - 0.35 * size <= middle <= run.bottom + 0.35 * size
    return within and -0.6 * size <= x0 - run.x1 <= 1.5 * size


def _place(grids: list[_Grid], x: float, y: float) -> tuple[int, int] | None:
    for number, grid in enumerate(grids):
        cell = grid.cell_at(x, y)
        if cell is not None:
            return number, cell
    return None


def _font(text: pdfium.PdfTextPage, index: int, fonts: dict[int, _Font]) -> _Font:
    """Size and weight, looked up once for each text object."""
    drawn = raw.FPDFText_GetTextObject(text, index)
    key = ctypes.cast(drawn, ctypes.c_void_p).value or 0
    if key not in fonts:
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        raw.FPDFText_GetFontInfo(text, index, name, 128, flags)
        angle = raw.FPDFText_GetCharAngle(text, index) % 1.5708  # a quarter turn in radians: upright on a turned page
        fonts[key] = _Font(
            size=round(_shown_size(text, index), 1),
            is_bold=bool(re.search(rb"bold|black|heavy|semibold|demi", name.value, re.I))
            or raw.FPDFText_GetFontWeight(text, index) >= 600,
            is_slanted=0.1 < angle < 1.47,
        )
    return fonts[key]


def _shown_size(text: pdfium.PdfTextPage, index: int) -> float:
    """The size as printed: that of the font times the scale of the text's matrix."""
    matrix = raw.FS_MATRIX()
    size = float(raw.FPDFText_GetFontSize(text, index))
    if raw.FPDFText_GetMatrix(text, index, matrix):
        scale = (float(matrix.c) ** 2 + float(matrix.d) ** 2) ** 0.5
        if scale > 0 and abs(scale - 1) > 0.01:
            size *= scale
    return size


# ── runs into lines, lines and tables in reading order ───────────────────────────────────────────────────────────────


def _items(runs: list[_Run], grids: list[_Grid], fills: list[Box], number: int) -> list[Line | Table]:
    """The lines of the page's flow and its tables, each where its first word was drawn."""
    order = {id(run): place for place, run in enumerate(runs)}
    placed: list[tuple[int, Box, Line | Table]] = []
    for group in _groups([run for run in runs if run.place is None]):
        line = _line(group, number)
        placed.append((order[id(group[0])], (line.x0, line.top, line.x1, line.bottom), line))
    for grid in grids:
        if grid.runs:
            first = min(order[id(run)] for inside in grid.runs.values() for run in inside)
            placed.append((first, grid.box, _table(grid, fills, number)))
    placed.sort(key=lambda entry: entry[0])
    return [item for _, item in _in_reading_order([(box, item) for _, box, item in placed])]


def _lines(runs: list[_Run], number: int) -> list[Line]:
    return [_line(group, number) for group in _groups(runs)]


def _groups(runs: list[_Run]) -> list[list[_Run]]:
    """The runs of each line, in the order drawn: those on one baseline; a bullet and its words are far apart."""
    groups: list[list[_Run]] = []
    for run in runs:
        if groups and _same_line(groups[-1], run):
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _same_line(group: Sequence[_Run], run: _Run) -> bool:
    last = group[-1]
    middle = (run.top + run.bottom) / 2
    height = max(last.bottom - last.top, run.bottom - run.top, 1.0)
    apart = run.x0 >= last.x1 - 1 or run.x1 <= group[0].x0 + 1
    return apart and abs(middle - (last.top + last.bottom) / 2) < 0.45 * height


def _line(drawn: Sequence[_Run], number: int) -> Line:
    group = sorted(drawn, key=lambda run: run.x0)
    sizes: dict[float, int] = {}
    for run in group:
        for size, count in run.sizes.items():
            sizes[size] = sizes.get(size, 0) + count
    letters = sum(run.letters for run in group)
    return Line(
        text=" ".join("".join(run.characters) for run in group),
        x0=group[0].x0,
        x1=group[-1].x1,
        top=min(run.top for run in group),
        bottom=max(run.bottom for run in group),
        size=max(sizes, key=lambda size: sizes[size]),
        is_bold=letters > 0 and sum(run.bold for run in group) >= 0.95 * letters,
        page=number,
    )


MAX_JUMPS = 0.25
"""Share of items that may stand above the one drawn before them, in the same column, before the drawing order is taken
for no reading order at all."""

_Placed = tuple[Box, Line | Table]


def _in_reading_order(items: list[_Placed]) -> list[_Placed]:
    jumps = sum(
        1
        for (before, _), (box, _) in pairwise(items)
        if box[3] < before[1] and box[0] < before[2] and before[0] < box[2]
    )
    if len(items) < 4 or jumps <= MAX_JUMPS * len(items):
        return items
    return _cut(items)


def _cut(items: list[_Placed]) -> list[_Placed]:
    """By columns where a gutter runs down them all, else by the widest gap across them (a recursive XY cut)."""
    gutter = _widest_gap([(box[0], box[2]) for box, _ in items], at_least=10.0) if len(items) > 5 else None
    if gutter is not None:
        left = [item for item in items if item[0][0] < gutter]
        right = [item for item in items if item[0][0] >= gutter]
        if min(len(left), len(right)) > 2:
            return _cut(left) + _cut(right)
    gap = _widest_gap([(box[1], box[3]) for box, _ in items], at_least=0.5) if len(items) > 2 else None
    if gap is None:
        return sorted(items, key=lambda item: (item[0][1], item[0][0]))
    above = [item for item in items if item[0][1] < gap]
    return _cut(above) + _cut([item for item in items if item[0][1] >= gap])


def _widest_gap(spans: list[tuple[float, float]], *, at_least: float) -> float | None:
    """Where the next span starts after the widest stretch that none covers."""
    best, where = at_least, None
    reach = min(span[0] for span in spans)
    for start, end in sorted(spans):
        if start - reach >= best:
            best, where = start - reach, start
        reach = max(reach, end)
    return where
