"""What does a slide deck say, slide by slide, in the order in which a slide is read?

python-pptx opens the package and knows what a placeholder inherits; each slide is walked as XML, for much of what decks
hold (SmartArt, newer charts, shapes in alternatives, formulas) is not among python-pptx's shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import BlockKind, Locator
from ingestion.parse.office import DAMAGED, OfficeFormat, refuse_other_packages
from ingestion.parse.reading import Outline, Reading, fold
from ingestion.parse.text import item_of
from ingestion.parse.wordprocessor import (
    LARGER_BY_HALF_POINTS,
    MAX_HEADING_WORDS,
    Cell,
    Item,
    Paragraph,
    Span,
    Table,
    table_items,
)

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

OVERLAP_SHARE = 0.02
"""Of the slide's height: boxes that overlap by less still stand apart, for a box reaches further than its words."""
MAX_ORDERED = 200
"""A slide of more shapes is a drawing, whose labels are read from the top down."""


def read_pptx(data: bytes) -> Reading:
    """The text of a deck, a section a slide under its title, its speaker notes beneath it. Hidden slides are left out:
    nobody is shown them. Raises DocumentNotRead: no deck, one under a password, an old one under a new name, one
    without a word on any slide."""
    deck = _opened(data)
    outline = Outline()
    first_title: str | None = None
    margins: dict[str, None] = {}
    hidden: list[int] = []
    without_text: list[int] = []
    for number, slide in enumerate(deck.slides, start=1):
        if slide.element.get("show") in ("0", "false"):
            hidden.append(number)
            continue
        page = _read_slide(slide, number, height=deck.slide_height or 1)
        margins |= dict.fromkeys(page.margins)
        first_title = page.title if first_title is None else first_title
        if page.is_empty:
            without_text.append(number)
            continue
        _add_slide(outline, page, number)
    if outline.is_empty:
        raise DocumentNotRead(_nothing_read(hidden, without_text))
    titles = (first_title or "", fold(deck.core_properties.title))
    return Reading(
        sections=outline.sections(),
        cover=Cover(titles=tuple(filter(None, titles)), margins=tuple(margins)),
        warnings=tuple(_warnings(hidden, without_text)),
    )


def _opened(data: bytes) -> Presentation:
    from pptx.package import Package  # python-pptx takes a tenth of a second, which only decks need spend
    from pptx.parts.presentation import PresentationPart

    refuse_other_packages(data, _FORMAT)
    try:
        # Not `Presentation()`: it refuses templates and shows, which are read alike.
        part: Any = Package.open(BytesIO(data)).main_document_part
    except KeyError as error:
        raise DocumentNotRead(_FORMAT.no_main_part) from error
    except DAMAGED as error:
        raise DocumentNotRead(_FORMAT.damaged) from error
    if not isinstance(part, PresentationPart):  # a workbook's or a text's
        raise DocumentNotRead(_FORMAT.no_main_part)
    deck: Presentation = part.presentation
    return deck


_FORMAT = OfficeFormat("slide deck", "PowerPoint", ".pptx", "ppt/presentation.xml")


def _add_slide(outline: Outline, page: _Page, number: int) -> None:
    locator = Locator("slide", number)
    outline.heading(1, page.title or f"Slide {number}")
    for item in page.items:
        _add(outline, item, locator)
    if page.notes:
        outline.heading(2, "Notes")
        for item in page.notes:
            _add(outline, item, locator)


def _add(outline: Outline, item: Item, locator: Locator) -> None:
    if isinstance(item, Table):
        outline.table(item.rows, [locator] * len(item.rows), headers=item.headers)
        return
    kind, words = item_of(item.text)
    outline.add(item.list_kind or kind, words, locator)


def _nothing_read(hidden: Sequence[int], without_text: Sequence[int]) -> str:
    if hidden and not without_text:
        return "all its slides are hidden: show what staff may read, and save the file"
    return "no text on any of its slides: they may be pictures; put their words on the slides or in their notes"


def _warnings(hidden: Sequence[int], without_text: Sequence[int]) -> Iterator[str]:
    if without_text:
        them = "it may be a picture; put its" if len(without_text) == 1 else "they may be pictures; put their"
        yield f"no text on {_slides(without_text)}: {them} words on the slide or in its notes"
    if hidden:
        verb = "is" if len(hidden) == 1 else "are"
        yield f"hidden {_slides(hidden)} {verb} not read: show what staff may read, and save the file"


def _slides(numbers: Sequence[int]) -> str:
    """ "slide 2", "slides 2 and 5", "slides 2, 5 and 9" """
    *first, last = map(str, numbers)
    return f"slides {', '.join(first)} and {last}" if first else f"slide {last}"


# ── one slide ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Page:
    """One slide as it is read."""

    title: str
    items: tuple[Item, ...]
    notes: tuple[Item, ...]
    margins: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.title or self.items or self.notes)


@dataclass(frozen=True)
class _Box:
    """Where a shape stands, in the units of its slide or group, and what it says."""

    left: int
    top: int
    right: int
    bottom: int
    items: tuple[Item, ...]
    size: int = 0
    """Of its largest type, in hundredths of a point; 0 where it leaves that to what it inherits."""


@dataclass
class _Found:
    """What is gathered of a slide besides the boxes of its words."""

    number: int
    title: str = ""
    margins: list[str] = field(default_factory=list)


_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_NEW_CHART = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_ALTERNATES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"

_TITLES = ("TITLE", "CENTER_TITLE", "VERTICAL_TITLE")
_MARGINS = ("FOOTER", "HEADER", "DATE")


def _read_slide(slide: Slide, number: int, *, height: int) -> _Page:
    _take_first_alternates(slide.element)
    found = _Found(number)
    boxes = _boxes(slide, slide.shapes, found)
    heading = None if found.title else _set_as_title(boxes)
    if heading is not None:
        boxes.remove(heading)
        found.title = fold(" ".join(item.text for item in heading.items if isinstance(item, Paragraph)))
    shapes = [*slide.slide_layout.slide_master.shapes, *slide.slide_layout.shapes]
    fixed = [shape for shape in shapes if shape.has_text_frame and not shape.is_placeholder]
    return _Page(
        title=found.title,
        items=tuple(_in_reading_order(boxes, overlap=round(height * OVERLAP_SHARE))),
        notes=tuple(_notes(slide, number)),
        margins=(*found.margins, *filter(None, (_words_of(shape.text_frame._txBody) for shape in fixed))),
    )


def _set_as_title(boxes: Sequence[_Box]) -> _Box | None:
    """The box that serves as the title of a slide without one: on top, a short line, in the largest type."""
    top = min(boxes, key=lambda box: box.top, default=None)
    if top is None or len(boxes) < 2 or len(top.items) != 1:
        return None
    text = fold(top.items[0].text) if isinstance(top.items[0], Paragraph) else ""
    if not text or len(text.split()) > MAX_HEADING_WORDS or text[-1] in ".;,:":
        return None
    others = max(box.size for box in boxes if box is not top)
    return top if top.size >= others + 50 * LARGER_BY_HALF_POINTS else None


def _take_first_alternates(root: Any) -> None:
    """Of content that a program wrote in several ways, its own first: python-pptx sees none of them."""
    for alternates in list(root.iter(_ALTERNATES)):
        parent = alternates.getparent()
        chosen = alternates.find(_CHOICE)
        chosen = chosen if chosen is not None else next(iter(alternates), None)
        at = parent.index(alternates)
        for offset, element in enumerate(list(chosen) if chosen is not None else ()):
            parent.insert(at + offset, element)
        parent.remove(alternates)


def _boxes(slide: Slide, shapes: Iterable[Any], found: _Found) -> list[_Box]:
    """The shapes that say something, in the file's order; title and margins go to `found`."""
    boxes = []
    for shape in shapes:
        if next(shape.element.iter(f"{_SLIDE}cNvPr")).get("hidden") in ("1", "true"):
            continue
        placeholder = shape.placeholder_format.type.name if shape.is_placeholder else ""
        if placeholder == "SLIDE_NUMBER":
            continue
        if placeholder in _MARGINS and shape.has_text_frame:
            found.margins += filter(None, [_words_of(shape.text_frame._txBody)])
            continue
        if placeholder in _TITLES and shape.has_text_frame and not found.title:
            found.title = _words_of(shape.text_frame._txBody)
            continue
        items = tuple(_items_of(slide, shape, found))
        if items:
            left, top = int(shape.left or 0), int(shape.top or 0)
            sizes = [run.get("sz", "") for run in shape.element.iter(f"{_DRAWING}rPr")]
            boxes.append(
                _Box(
                    left,
                    top,
                    left + int(shape.width or 0),
                    top + int(shape.height or 0),
                    items,
                    max((int(size) for size in sizes if size.isdigit()), default=0),
                )
            )
    return boxes


def _items_of(slide: Slide, shape: Any, found: _Found) -> Iterable[Item]:
    match shape.element.tag:
        case tag if tag == f"{_SLIDE}grpSp":
            within = _boxes(slide, shape.shapes, found)
            height = max((box.bottom for box in within), default=0) - min((box.top for box in within), default=0)
            return _in_reading_order(within, overlap=round(height * OVERLAP_SHARE))
        case tag if tag == f"{_SLIDE}graphicFrame":
            return _graphic(slide, shape, found.number)
        case _ if shape.has_text_frame:
            return _lines(shape.text_frame._txBody, found.number, _bullets(slide, shape))
        case _:
            return ()


def _notes(slide: Slide, number: int) -> Iterator[Item]:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if frame is not None:
        yield from _lines(frame._txBody, number)


# ── reading order ────────────────────────────────────────────────────────────────────────────────────────────────────


def _in_reading_order(boxes: Sequence[_Box], *, overlap: int) -> list[Item]:
    """What the boxes say, in the order in which people read them.

    The boxes are parted where the widest lane runs between them, from side to side or from top to bottom, and each part
    again: rows of cards are read across, columns down. Where no lane runs, the topmost box comes first. (Recursive
    XY-cut, Nagy and Seth 1984.)
    """
    return [item for box in _ordered(list(boxes), overlap) for item in box.items]


def _ordered(boxes: list[_Box], overlap: int) -> list[_Box]:
    boxes = sorted(boxes, key=lambda box: (box.top, box.left))
    if len(boxes) > MAX_ORDERED:
        return boxes
    placed: list[_Box] = []
    while len(boxes) > 1:
        down, below = _widest_lane(boxes, lambda box: (box.top, box.bottom))
        across, beside = _widest_lane(boxes, lambda box: (box.left, box.right))
        if max(down, across) > -overlap:
            first, rest = below if down >= across else beside
            return [*placed, *_ordered(first, overlap), *_ordered(rest, overlap)]
        placed.append(boxes.pop(0))
    return placed + boxes


def _widest_lane(
    boxes: Sequence[_Box], extent: Callable[[_Box], tuple[int, int]]
) -> tuple[int, tuple[list[_Box], list[_Box]]]:
    """How wide the widest lane between boxes is along one axis (less than 0: how little they overlap), and the boxes on
    either side of it."""
    along = sorted(boxes, key=extent)
    widest, at, reach = -(1 << 62), 1, extent(along[0])[1]
    for number, box in enumerate(along[1:], start=1):
        start, end = extent(box)
        if start - reach > widest:
            widest, at = start - reach, number
        reach = max(reach, end)
    return widest, (along[:at], along[at:])


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(body: Any, number: int, is_bulleted: Callable[[int], bool] = lambda level: False) -> Iterator[Paragraph]:
    """The paragraphs of a text frame on a slide; `is_bulleted` tells of a level, from 0, whether it inherits
    bullets."""
    own = body.find(f"{_DRAWING}lstStyle")
    for paragraph in body.iter(f"{_DRAWING}p"):
        text = _words(paragraph)
        if not fold(text):
            continue
        properties = paragraph.find(f"{_DRAWING}pPr")
        stated = properties.get("lvl", "0") if properties is not None else "0"
        level = int(stated) if stated.isdigit() else 0
        bullet = _bullet(properties)
        bullet = _bullet_of_level(own, level) if bullet is None else bullet
        bullet = is_bulleted(level) if bullet is None else bullet
        runs = [run.find(f"{_DRAWING}rPr") for run in paragraph.iter(f"{_DRAWING}r") if fold("".join(run.itertext()))]
        is_bold = bool(runs) and all(look is not None and look.get("b") in ("1", "true") for look in runs)
        yield _line(text, number, "list_item" if bullet else None, is_bold=is_bold)


def _line(text: str, number: int, kind: BlockKind | None = None, *, is_bold: bool = False) -> Paragraph:
    return Paragraph(text, Span(number, number), list_kind=kind, is_bold=is_bold)


def _words(paragraph: Any) -> str:
    """A paragraph's words; the slide's number is none of them."""
    parts = []
    for element in paragraph:
        if element.tag == f"{_DRAWING}br":
            parts.append("\n")
        elif element.tag == f"{_DRAWING}r" or (element.tag == f"{_DRAWING}fld" and element.get("type") != "slidenum"):
            parts.append(element.findtext(f"{_DRAWING}t") or "")
        elif element.tag != f"{_DRAWING}fld":
            parts += [part.text or "" for part in element.iter(_MATH_TEXT)]
    return "".join(parts).replace("\v", "\n")


def _words_of(body: Any) -> str:
    return fold(" ".join(_words(paragraph) for paragraph in body.iter(f"{_DRAWING}p")))


def _bullets(slide: Slide, shape: Any) -> Callable[[int], bool]:
    """Of each level, whether a shape's text inherits bullets: a placeholder does, from its layout and master."""
    if not shape.is_placeholder:
        return lambda level: False
    format_ = shape.placeholder_format
    layout: Any = slide.slide_layout
    master: Any = layout.slide_master
    styles = []
    of_layout = next((own for own in layout.placeholders if own.placeholder_format.idx == format_.idx), None)
    of_master = next((own for own in master.placeholders if own.placeholder_format.type.name == "BODY"), None)
    for inherited in (of_layout, of_master if format_.type.name not in _TITLES else None):
        if inherited is not None and inherited.has_text_frame:
            styles.append(inherited.text_frame._txBody.find(f"{_DRAWING}lstStyle"))
    styles.append(master.element.find(f"{_SLIDE}txStyles/{_SLIDE}bodyStyle"))

    def is_bulleted(level: int) -> bool:
        stated = (_bullet_of_level(style, level) for style in styles)
        return next((bullet for bullet in stated if bullet is not None), False)

    return is_bulleted


def _bullet_of_level(style: Any, level: int) -> bool | None:
    return _bullet(style.find(f"{_DRAWING}lvl{level + 1}pPr")) if style is not None else None


def _bullet(properties: Any) -> bool | None:
    """Whether paragraph properties set a bullet or number; None where they leave it to what they inherit."""
    if properties is None:
        return None
    if properties.find(f"{_DRAWING}buNone") is not None:
        return False
    kinds = ("buChar", "buAutoNum", "buBlip")
    return True if any(properties.find(f"{_DRAWING}{kind}") is not None for kind in kinds) else None


# ── tables, charts, SmartArt ─────────────────────────────────────────────────────────────────────────────────────────


def _graphic(slide: Slide, frame: Any, number: int) -> Iterator[Item]:
    if frame.has_table:
        yield from _table(frame.table, number)
        return
    for element in frame.element.iter(f"{_CHART}chart", f"{_NEW_CHART}chart", f"{_DIAGRAM}relIds"):
        relation = element.get(f"{_RELATION}dm" if element.tag == f"{_DIAGRAM}relIds" else f"{_RELATION}id")
        part = _related(slide, relation)
        if part is not None:
            yield from _diagram(part, number) if element.tag == f"{_DIAGRAM}relIds" else _chart(part, number)


def _related(slide: Slide, relation: str | None) -> Any:
    """The root of a part that a slide refers to; None where the file has no such part."""
    from pptx.oxml import parse_xml

    known = slide.part.rels.get(relation or "")
    return parse_xml(known.target_part.blob) if known is not None and not known.is_external else None


def _table(table: Any, number: int) -> Iterator[Item]:
    grid: list[list[Cell]] = []
    for row in table._tbl.tr_lst:
        cells: list[Cell] = []
        for cell in row.tc_lst:
            if cell.hMerge and cells:
                cells[-1] = replace(cells[-1], columns=cells[-1].columns + 1)
            else:
                items = tuple(_lines(cell.txBody, number)) if cell.txBody is not None and not cell.vMerge else ()
                cells.append(Cell(items, continues_above=bool(cell.vMerge), fill=_fill(cell)))
        grid.append(cells)
    if len(grid) == 1 and any(len(cell.items) > 1 for cell in grid[0]):
        # One row of lists only places them beside each other.
        yield from (item for cell in grid[0] for item in cell.items)
        return
    yield from table_items(grid, page=number, marked=[], style_marks_first_row=table.first_row)


def _fill(cell: Any) -> str | None:
    """The colour behind a cell; None for none, and for the slide's own."""
    colour = cell.find(f"{_DRAWING}tcPr/{_DRAWING}solidFill/*")
    return colour.get("val") if colour is not None and colour.get("val") != "bg1" else None


def _chart(root: Any, number: int) -> Iterator[Paragraph]:
    """What a chart names: its title, its axes, its series and categories. Its values are drawn, not written."""
    said: set[str] = set()
    titles = [" ".join(_words(p) for p in title.iter(f"{_DRAWING}p"))
              for title in root.iter(f"{_CHART}title", f"{_NEW_CHART}title")]  # fmt: skip
    series = [value.text or "" for name in root.iter(f"{_CHART}tx") for value in name.iter(f"{_CHART}v")]
    series += [value.text or "" for name in root.iter(f"{_NEW_CHART}tx") for value in name.iter(f"{_NEW_CHART}v")]
    categories = [value.text or "" for group in root.iter(f"{_CHART}cat") for value in group.iter(f"{_CHART}v")]
    for group in root.iter(f"{_NEW_CHART}strDim"):
        categories += [point.text or "" for point in group.iter(f"{_NEW_CHART}pt")]
    kinds: tuple[tuple[BlockKind, list[str]], ...] = (("paragraph", titles), ("list_item", series + categories))
    for kind, texts in kinds:
        for text in filter(None, map(fold, texts)):
            if text not in said:
                said.add(text)
                yield _line(text, number, kind)


def _diagram(root: Any, number: int) -> Iterator[Paragraph]:
    """The words of SmartArt, an item a shape, each followed by those beneath it."""
    points = {point.get("modelId"): point for point in root.iter(f"{_DIAGRAM}pt")}
    beneath: dict[str | None, list[tuple[int, str | None]]] = {}
    for link in root.iter(f"{_DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            child = (int(order) if order.isdigit() else 0, link.get("destId"))
            beneath.setdefault(link.get("srcId"), []).append(child)
    top = [key for key, point in points.items() if point.get("type") == "doc"]
    seen: set[str | None] = set()
    # From the document's own point down; then whatever hangs on nothing, in the order of the file.
    waiting = [*reversed([key for key in points if key not in top]), *reversed(top)]
    while waiting:
        key = waiting.pop()
        if key in seen or key not in points:
            continue
        seen.add(key)
        words = points[key].find(f"{_DIAGRAM}t")
        if words is not None and points[key].get("type", "node") in ("node", "asst"):
            text = _words_of(words)
            if text:
                yield _line(text, number, "list_item")
        waiting += [child for _, child in sorted(beneath.get(key, []), reverse=True, key=lambda entry: entry[0])]
