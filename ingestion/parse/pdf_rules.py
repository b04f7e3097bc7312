"""Which straight lines does a page of a PDF draw, and which tables do they rule?"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

from ingestion.parse.pdf_layout import Box, Cell, Line, Table

SNAP = 3.0
"""Points: ruled lines nearer than this are one line, as drawn by a program that draws each cell's border."""
THIN = 3.5
"""Points: a filled rectangle thinner than this is drawn as a line."""
MIN_CELL_HEIGHT = 6.0
MAX_RULES = 1500
"""A page with more straight strokes than this is a drawing (a map, a graph), and not a table."""


@dataclass(frozen=True)
class Drawing:
    """What a page draws besides words. `rules` are its straight strokes, as boxes without width or height; `fills` its
    areas that are not white; `picture_share` how much of the page its largest picture covers."""

    rules: tuple[Box, ...]
    fills: tuple[Box, ...]
    picture_share: float
    is_blank: bool
    """Nothing at all is drawn, not even words."""


NOTHING_DRAWN = Drawing((), (), picture_share=0.0, is_blank=False)
"""Of a picture, only the words are known."""


class Turn:
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


def read_drawing(page: pdfium.PdfPage, turn: Turn) -> Drawing:
    """The strokes, areas and pictures of a page, where they stand once it is turned."""
    rules: list[Box] = []
    fills: list[Box] = []
    pictures = 0.0
    is_blank = True
    for drawn in page.get_objects(max_depth=4):
        is_blank = False
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures += _area_on_page(drawn, turn)
        elif drawn.type == raw.FPDF_PAGEOBJ_PATH and len(rules) <= MAX_RULES:
            _add_path(drawn, turn, rules, fills)
    return Drawing(
        rules=tuple(rules) if len(rules) <= MAX_RULES else (),
        fills=tuple(fills),
        picture_share=min(1.0, pictures / (turn.width * turn.height)) if turn.width and turn.height else 0.0,
        is_blank=is_blank,
    )


def _area_on_page(drawn: pdfium.PdfObject, turn: Turn) -> float:
    left, bottom, right, top = drawn.get_bounds()
    matrix = _outer_matrix(drawn, pdfium.PdfMatrix())
    corners = [turn.point(*matrix.on_point(x, y)) for x in (left, right) for y in (bottom, top)]
    xs = [min(max(x, 0.0), turn.width) for x, _ in corners]
    ys = [min(max(y, 0.0), turn.height) for _, y in corners]
    return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


def _add_path(drawn: pdfium.PdfObject, turn: Turn, rules: list[Box], fills: list[Box]) -> None:
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
    matrix = _outer_matrix(drawn, drawn.get_matrix())
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


def _outer_matrix(drawn: pdfium.PdfObject, matrix: pdfium.PdfMatrix) -> pdfium.PdfMatrix:
    """A matrix as it works on the page: what stands within a form is placed where the form is."""
    outer = drawn.container
    while outer is not None:
        matrix = matrix.multiply(outer.get_matrix())
        outer = outer.container
    return matrix


def _is_rectangle(corners: list[tuple[float, float]]) -> bool:
    xs = {round(x) for x, _ in corners}
    ys = {round(y) for _, y in corners}
    return len(corners) in (4, 5) and len(xs) <= 2 and len(ys) <= 2


# ── ruled tables ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Grid:
    """A ruled table before its words are known."""

    box: Box
    cells: tuple[Box, ...]

    def cell_at(self, x: float, y: float) -> int | None:
        if not (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]):
            return None
        for number, (x0, top, x1, bottom) in enumerate(self.cells):
            if x0 <= x <= x1 and top <= y <= bottom:
                return number
        return None


def ruled_grids(rules: Sequence[Box]) -> list[Grid]:
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
        grids.append(Grid(box, tuple(sorted(boxes, key=lambda b: (round(b[1]), b[0])))))
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


def ruled_table(grid: Grid, lines: Mapping[int, Sequence[Line]], fills: Sequence[Box], page: int) -> Table:
    """A grid with its words: `lines` by the number of their cell."""
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
                lines=tuple(lines.get(index, ())),
            )
        )
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Table(grid.box, len(lefts), len(tops), tuple(cells), page)


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
