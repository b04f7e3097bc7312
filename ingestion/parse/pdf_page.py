"""What stands where on one page of a PDF: which lines of words, which tables?

PDFium gives characters with their boxes in the order in which the page draws them, which the programs that schools use
keep to the reading order; it is followed unless it jumps about.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ingestion.parse.pdf_aligned import WIDE_BLANK, Stretch, aligned_tables
from ingestion.parse.pdf_layout import SOFT_HYPHEN, Box, Item, Line, Page
from ingestion.parse.pdf_rules import Drawing, Grid, Turn, read_drawing, ruled_grids, ruled_table


def read_page(document: pdfium.PdfDocument, number: int) -> Page:
    """Page `number`, from 1; with what was filled into its form, where the document's forms were opened.
    Raises PdfiumError when the page is damaged."""
    page = document[number - 1]
    turn = Turn(page)
    drawing = read_drawing(page, turn)
    grids = ruled_grids(drawing.rules)
    text = page.get_textpage()
    try:
        letters = _letters(text, turn, grids)
        for entry in _entries(document, page, turn, grids):
            _insert(letters.runs, entry)
    finally:
        text.close()
        page.close()
    return Page(
        number=number,
        width=turn.width,
        height=turn.height,
        items=tuple(_items(letters.runs, grids, drawing, number)),
        slanted=letters.slanted,
        picture_share=drawing.picture_share,
        is_blank=drawing.is_blank,
        unreadable=letters.unreadable,
        unseen=letters.unseen,
    )


# ── characters into runs ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Run:
    """Characters drawn one after another on one baseline, without a gap that a tab or a column would leave."""

    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    place: tuple[int, int] | None
    """Table and cell, or None in the flow of the page."""
    characters: list[str] = field(default_factory=list)
    blanks: list[tuple[int, float, float]] = field(default_factory=list)
    """Blanks wide enough to part two columns: the number of the character after it, its left and right end."""
    sizes: dict[float, int] = field(default_factory=dict)
    bold: int = 0
    letters: int = 0


@dataclass(frozen=True)
class _Letters:
    runs: list[_Run]
    slanted: tuple[str, ...]
    unreadable: int
    unseen: int


@dataclass(frozen=True)
class _Font:
    size: float
    is_bold: bool
    is_slanted: bool
    is_unseen: bool


_HYPHEN_MARKS = frozenset({0x02, 0xFFFE, 0xAD})
"""How PDFium gives a hyphen that a line break put in: it is marked, and may be dropped when the line is joined."""


def _letters(text: pdfium.PdfTextPage, turn: Turn, grids: list[Grid]) -> _Letters:
    runs: list[_Run] = []
    slanted: dict[int, list[str]] = {}
    unreadable = 0
    unseen = 0
    run: _Run | None = None
    fonts: dict[int, _Font] = {}
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
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
                raw.FPDFText_GetCharOrigin(text, index, x, y)
                run = _Run(x0, x1, y0, y1, turn.point(x.value, y.value)[1], place)
                runs.append(run)
                pending_space = False
        if pending_space:
            run.characters.append(" ")
            pending_space = False
        if x0 - run.x1 > WIDE_BLANK * font.size:
            run.blanks.append((len(run.characters), run.x1, x0))
        run.characters.append(chr(code))
        run.x1 = max(run.x1, x1)
        run.top, run.bottom = min(run.top, y0), max(run.bottom, y1)
        run.sizes[font.size] = run.sizes.get(font.size, 0) + 1
        if chr(code).isalnum():
            run.letters += 1
            run.bold += font.is_bold
            unseen += font.is_unseen
    return _Letters(runs, tuple("".join(letters).strip() for letters in slanted.values()), unreadable, unseen)


def _continues(run: _Run, x0: float, middle: float, size: float) -> bool:
    """On the same baseline (superscripts included), neither back nor far ahead."""
    within = run.top - 0.35 * size <= middle <= run.bottom + 0.35 * size
    return within and -0.6 * size <= x0 - run.x1 <= 1.5 * size


def _place(grids: list[Grid], x: float, y: float) -> tuple[int, int] | None:
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
            is_unseen=raw.FPDFTextObj_GetTextRenderMode(drawn) == raw.FPDF_TEXTRENDERMODE_INVISIBLE,
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


# ── what was filled in ───────────────────────────────────────────────────────────────────────────────────────────────

_WRITTEN_IN = frozenset({raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX})
_TICKED = frozenset({raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON})
_NOT_SHOWN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_MAX_ENTRY_BYTES = 65_536


def _entries(document: pdfium.PdfDocument, page: pdfium.PdfPage, turn: Turn, grids: list[Grid]) -> Iterator[_Run]:
    """What the fields of a form hold, and what was typed over the page, each where it is shown. Notes that a reader
    stuck on are no part of the document."""
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            words = "" if raw.FPDFAnnot_GetFlags(annotation) & _NOT_SHOWN else _entry(document, annotation)
            area = raw.FS_RECTF()
            if words.strip() and raw.FPDFAnnot_GetRect(annotation, area):
                x0, y0, x1, y1 = turn.box(area.left, area.bottom, area.right, area.top)
                yield from _entry_runs(words, (x0, y0, x1, y1), grids)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _entry(document: pdfium.PdfDocument, annotation: raw.FPDF_ANNOTATION) -> str:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_FREETEXT:
        return _utf16(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
    if kind != raw.FPDF_ANNOT_WIDGET or document.formenv is None:
        return ""
    form = document.formenv
    field_kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if field_kind in _TICKED:
        return "☒" if raw.FPDFAnnot_IsChecked(form, annotation) else ""
    if field_kind in _WRITTEN_IN:
        return _utf16(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    return ""


def _utf16(read: Callable[[Any, int], int]) -> str:
    """A string as PDFium hands it over: asked for its size in bytes, then for itself; UTF-16 with a zero at its end."""
    size = min(read(None, 0), _MAX_ENTRY_BYTES)
    if size < 2:
        return ""
    units = (ctypes.c_ushort * (size // 2))()
    read(units, size)
    return bytes(units).decode("utf-16-le", errors="replace").rstrip("\x00")


def _entry_runs(words: str, box: Box, grids: list[Grid]) -> Iterator[_Run]:
    """A run for each line of an entry, spread over its field from the top."""
    lines = [line for line in re.split(r"[\r\n]+", words) if line.strip()]
    height = min(12.0, (box[3] - box[1]) / len(lines))
    for number, line in enumerate(lines):
        top = box[1] + number * height if len(lines) > 1 else (box[1] + box[3] - height) / 2
        place = _place(grids, (box[0] + box[2]) / 2, top + height / 2)
        yield _Run(box[0], box[2], top, top + height, top + 0.8 * height, place, list(line.strip()), [], {10.0: 1})


def _insert(runs: list[_Run], entry: _Run) -> None:
    """Put an entry behind the words that it stands beside, else behind the last that stand above it."""
    if entry.place is not None:
        same_cell = [number for number, run in enumerate(runs) if run.place == entry.place]
        runs.insert(same_cell[-1] + 1 if same_cell else len(runs), entry)
        return
    middle = (entry.top + entry.bottom) / 2
    beside = [
        (run.x1, number)
        for number, run in enumerate(runs)
        if run.place is None and run.top - 3 <= middle <= run.bottom + 3 and run.x0 < entry.x0
    ]
    above = [(run.bottom, number) for number, run in enumerate(runs) if run.bottom <= middle]
    nearest = max(beside or above, default=(0.0, -1))
    runs.insert(nearest[1] + 1, entry)


# ── runs into lines, lines and tables in reading order ───────────────────────────────────────────────────────────────


def _items(runs: list[_Run], grids: list[Grid], drawing: Drawing, number: int) -> list[Item]:
    """The lines of the page's flow and its tables, each where its first word was drawn."""
    order = {id(run): place for place, run in enumerate(runs)}
    placed: list[tuple[int, Box, Item]] = []
    flow = [run for run in runs if run.place is None]
    stretches = [Stretch(line, frozenset({order[id(run)]})) for run in flow for line in _stretches(run, number)]
    tables = aligned_tables(stretches, drawing, page=number)
    in_tables = {source for _, sources in tables for source in sources}
    placed += [(min(sources), table.box, table) for table, sources in tables]
    for group in _groups([run for run in flow if order[id(run)] not in in_tables]):
        line = _line(group, number)
        placed.append((order[id(group[0])], (line.x0, line.top, line.x1, line.bottom), line))
    for which, grid in enumerate(grids):
        inside: dict[int, list[_Run]] = {}
        for run in runs:
            if run.place is not None and run.place[0] == which:
                inside.setdefault(run.place[1], []).append(run)
        if inside:
            first = min(order[id(cell_runs[0])] for cell_runs in inside.values())
            words = {cell: [_line(group, number) for group in _groups(inside[cell])] for cell in inside}
            placed.append((first, grid.box, ruled_table(grid, words, drawing.fills, number)))
    placed.sort(key=lambda entry: entry[0])
    return [item for _, item in _in_reading_order([(box, item) for _, box, item in placed])]


def _stretches(run: _Run, number: int) -> Iterator[Line]:
    """The run as lines, cut at each blank that may part two columns."""
    start, left = 0, run.x0
    whole = _line([run], number)
    for cut, end, next_left in [*run.blanks, (len(run.characters), run.x1, run.x1)]:
        words = "".join(run.characters[start:cut]).strip()
        if words:
            yield replace(whole, text=words, x0=left, x1=end)
        start, left = cut, next_left


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
        base=group[0].base,
        size=max(sizes, key=lambda size: sizes[size]),
        is_bold=letters > 0 and sum(run.bold for run in group) >= 0.95 * letters,
        page=number,
    )


MAX_JUMPS = 0.25
"""Share of items that may stand above the one drawn before them, in the same column, before the drawing order is taken
for no reading order at all."""

_Placed = tuple[Box, Item]


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
