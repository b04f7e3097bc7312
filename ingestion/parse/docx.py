"""What does a Word document say, in the order of its body?

python-docx opens the package; the body is walked as XML, for much of what policies hold (text boxes, content controls,
tracked changes, nested tables) is not in python-docx's paragraphs and tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.part import PartFactory
from docx.oxml.ns import nsmap
from docx.oxml.ns import qn as qualified_name
from docx.package import Package
from docx.parts.document import DocumentPart
from lxml import etree

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import BlockKind
from ingestion.parse.office import DAMAGED, OfficeFormat, refuse_other_packages
from ingestion.parse.reading import Reading, fold
from ingestion.parse.wordprocessor import (
    MAX_ANCESTORS,
    MAX_COLUMNS,
    Cell,
    Item,
    Pages,
    Paragraph,
    Span,
    Words,
    list_number,
    outline_of,
    refuse_too_long,
    table_items,
    titles_of,
)

qn = cache(qualified_name)
"""A tag as lxml names it: asked for at every element, and always the same."""


def read_docx(data: bytes) -> Reading:
    """The text of a Word document under its headings. Raises DocumentNotRead: no Word file, one under a password, an
    old one under a new name, a damaged one."""
    document = _opened(data)
    refuse_too_long(paragraphs=_PARAGRAPH_COUNT(document.element.body), runs=_RUN_COUNT(document.element.body))
    body = _Body(document)
    items = list(body.items())
    return Reading(
        sections=outline_of(items, has_pages=body.pages.are_known(items)).sections(),
        cover=Cover(titles=tuple(titles_of(items, document.core_properties.title)), margins=tuple(_margins(document))),
    )


def _opened(data: bytes) -> WordDocument:
    refuse_other_packages(data, _FORMAT)
    try:
        # Not `Document()`: it refuses templates and documents with macros, which are read alike.
        part = Package.open(BytesIO(data)).main_document_part
    except KeyError as error:
        raise DocumentNotRead(_FORMAT.no_main_part) from error
    except DAMAGED as error:
        raise DocumentNotRead(_FORMAT.damaged) from error
    if not isinstance(part, DocumentPart):  # a workbook's or a deck's
        raise DocumentNotRead(_FORMAT.no_main_part)
    document: WordDocument = part.document
    return document


_PARAGRAPH_COUNT, _RUN_COUNT = (
    etree.XPath(f"count(.//w:{name})", namespaces={"w": nsmap["w"]}, smart_strings=False) for name in ("p", "r")
)
_FORMAT = OfficeFormat("Word document", "Word", ".docx", "word/document.xml")

for _content_type in (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
):
    PartFactory.part_type_for[_content_type] = DocumentPart


# ── the body ──────────────────────────────────────────────────────────────────────────────────────────────────────────


_GO_INTO = {
    qn(f"w:{name}") for name in ("ins", "moveTo", "hyperlink", "smartTag", "customXml", "fldSimple", "bdo", "dir")
}
_CONTROL, _CONTENT = qn("w:sdt"), qn("w:sdtContent")
_ALTERNATES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_TEXTPATH = "{urn:schemas-microsoft-com:vml}textpath"


class _Body:
    """Walks a document's body: paragraphs and tables in reading order, each with its pages and its look."""

    def __init__(self, document: WordDocument) -> None:
        self.element: Any = document.element.body
        self.styles = _Styles(document)
        self.numbering = _Numbering(document)
        self.notes = _notes(document)
        self.pages = Pages()
        self.cells = 0
        """How many are open: within a table Word sets a page break as a line break."""

    def items(self) -> Iterator[Item]:
        return self._items(self.element)

    def _items(self, parent: Any) -> Iterator[Item]:
        for element in _children(parent):
            if element.tag == qn("w:p"):
                yield from self._paragraph(element)
            elif element.tag == qn("w:tbl"):
                yield from self._table(element)

    # ── paragraphs ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _paragraph(self, element: Any) -> Iterator[Item]:
        style_id = _val(element, "w:pPr/w:pStyle")
        style = self.styles.of(style_id)
        if _is_on(element.find(qn("w:pPr") + "/" + qn("w:pageBreakBefore"))) and self.pages.number > 0:
            self.pages.ask()
        words = Words()
        self._gather(element, words, style)
        number, list_kind = self.numbering.next(element, style)
        if fold(words.text):
            outline = _val(element, "w:pPr/w:outlineLvl")
            yield Paragraph(
                text=words.text,
                pages=words.pages,
                style=style.name,
                level=int(outline) + 1 if outline.isdigit() and int(outline) < 9 else style.level,
                number=number,
                list_kind=list_kind,
                is_bold=words.is_bold,
                half_points=words.half_points,
            )
        for box, page in words.boxes:
            with self.pages.held(page):
                boxed = list(self._items(box))
            yield from boxed
        for note, page in words.notes:
            yield Paragraph(note, Span(page, page))
        section = element.find(qn("w:pPr") + "/" + qn("w:sectPr"))
        if section is not None and _val(section, "w:type") not in ("continuous", "nextColumn"):
            self.pages.ask()

    def _gather(self, parent: Any, words: Words, style: _Style) -> None:
        for element in _children(parent):
            if element.tag == qn("w:r"):
                self._gather_run(element, words, style)
            elif element.tag in _GO_INTO:
                self._gather(element, words, style)
            elif element.tag.endswith(("}oMath", "}oMathPara")):
                self._say("".join(part.text or "" for part in element.iter(_MATH_TEXT)), words, None, style)

    def _gather_run(self, run: Any, words: Words, style: _Style) -> None:
        look = run.find(qn("w:rPr"))
        if look is not None and _is_on(look.find(qn("w:vanish"))):
            return
        for element in _children(run):
            match element.tag.rpartition("}")[2]:
                case "t":
                    self._say(element.text or "", words, look, style)
                case "tab":
                    words.parts.append("\t")
                case "br" if element.get(qn("w:type")) == "page" and not self.cells:
                    self.pages.ask()
                case "br" | "cr":
                    words.parts.append("\n")
                case "noBreakHyphen":
                    words.parts.append("-")
                case "lastRenderedPageBreak":
                    self.pages.render()
                case "footnoteReference" | "endnoteReference" as kind:
                    note = self.notes.get((kind.removesuffix("Reference"), element.get(qn("w:id"))))
                    if note:
                        words.notes.append((note, self.pages.number))
                case "drawing" | "pict" | "object":
                    words.boxes += [(box, self.pages.number) for box in _boxes(element)]

    def _say(self, text: str, words: Words, look: Any, style: _Style) -> None:
        if look is not None:
            style = _with_look(self.styles.within(style, _val(look, "w:rStyle")), look)
        words.say(text, self.pages, is_bold=style.is_bold, half_points=style.half_points)

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, table: Any) -> Iterator[Item]:
        rows = [row for row in _children(table) if row.tag == qn("w:tr")]
        grid = [self._row([cell for cell in _children(row) if cell.tag == qn("w:tc")]) for row in rows]
        yield from table_items(
            grid,
            page=self.pages.number,
            marked=[_is_on(row.find(qn("w:trPr") + "/" + qn("w:tblHeader"))) for row in rows],
            style_marks_first_row=self.styles.marks_first_row(table),
        )

    def _row(self, cells: list[Any]) -> list[Cell]:
        """The cells of a row. They start on one page: where a row runs over, each of its cells may say so."""
        start, asked = self.pages.number, self.pages.asked
        end = start
        row = []
        for cell in cells:
            self.pages.number, self.pages.asked = start, asked
            row.append(self._cell(cell))
            end = max(end, self.pages.number)
        self.pages.number = end
        return row

    def _cell(self, element: Any) -> Cell:
        span = _val(element, "w:tcPr/w:gridSpan")
        merge = element.find(qn("w:tcPr") + "/" + qn("w:vMerge"))
        fill = element.find(qn("w:tcPr") + "/" + qn("w:shd"))
        self.cells += 1
        items = tuple(self._items(element))
        self.cells -= 1
        return Cell(
            items=items,
            columns=min(int(span), MAX_COLUMNS) if span.isdigit() else 1,
            continues_above=merge is not None and merge.get(qn("w:val")) != "restart",
            fill=fill.get(qn("w:fill")) if fill is not None else None,
        )


# ── styles, numbers, notes ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Style:
    name: str = "normal"
    level: int = 0
    is_bold: bool = False
    half_points: int = 22
    number: tuple[str, int] | None = None
    """The list that its paragraphs are in, and the level there."""


class _Styles:
    """What each paragraph style says, with what it inherits from the styles it is based on."""

    def __init__(self, document: WordDocument) -> None:
        root: Any = document.styles.element
        self.elements = {element.get(qn("w:styleId")): element for element in root.findall(qn("w:style"))}
        size = _val(root, "w:docDefaults/w:rPrDefault/w:rPr/w:sz")
        self.default_half_points = (
            int(size) if size.isdigit() else 20
        )  # 10 points, where a file says nothing (ECMA-376)
        self.default_id = next(
            (
                key
                for key, element in self.elements.items()
                if element.get(qn("w:type")) == "paragraph" and element.get(qn("w:default")) in ("1", "true")
            ),
            "",
        )
        self.read: dict[str, _Style] = {}
        self.looks: dict[str, list[Any]] = {}

    def of(self, style_id: str) -> _Style:
        style_id = style_id if style_id in self.elements else self.default_id
        if style_id not in self.read:
            self.read[style_id] = self._read(style_id)
        return self.read[style_id]

    def _read(self, style_id: str) -> _Style:
        style = _Style(half_points=self.default_half_points)
        for key in self._chain(style_id):
            element = self.elements[key]
            style = replace(style, name=_val(element, "w:name").lower())
            if found := re.fullmatch(r"heading (\d)", style.name):
                style = replace(style, level=int(found[1]))
            outline = _val(element, "w:pPr/w:outlineLvl")
            if outline.isdigit():
                style = replace(style, level=int(outline) + 1 if int(outline) < 9 else 0)
            look = element.find(qn("w:rPr"))
            style = style if look is None else _with_look(style, look)
            list_id = _val(element, "w:pPr/w:numPr/w:numId")
            list_level = _val(element, "w:pPr/w:numPr/w:ilvl")
            if list_id:
                style = replace(style, number=(list_id, int(list_level) if list_level.isdigit() else 0))
        return style

    def within(self, style: _Style, run_style_id: str) -> _Style:
        """The look of a run that a style of its own sets apart within a paragraph of a style."""
        if run_style_id not in self.looks:
            looks = (self.elements[key].find(qn("w:rPr")) for key in self._chain(run_style_id))
            self.looks[run_style_id] = [look for look in looks if look is not None]
        for look in self.looks[run_style_id]:
            style = _with_look(style, look)
        return style

    def _chain(self, style_id: str) -> list[str]:
        """A style and those it is based on, the outermost first."""
        chain: list[str] = []
        while style_id in self.elements and style_id not in chain and len(chain) <= MAX_ANCESTORS:
            chain.append(style_id)
            style_id = _val(self.elements[style_id], "w:basedOn")
        return chain[::-1]

    def marks_first_row(self, table: Any) -> bool:
        """Whether the table's style sets its first row apart, and this table asks for that."""
        look = table.find(qn("w:tblPr") + "/" + qn("w:tblLook"))
        if look is None:
            return False
        asks = look.get(qn("w:firstRow")) in ("1", "true") or int(look.get(qn("w:val"), "0"), 16) & 0x20
        style = self.elements.get(_val(table, "w:tblPr/w:tblStyle"))
        if not asks or style is None:
            return False
        return any(part.get(qn("w:type")) == "firstRow" for part in style.findall(qn("w:tblStylePr")))


def _with_look(style: _Style, look: Any) -> _Style:
    """A style with what a w:rPr states of it."""
    bold, size = look.find(qn("w:b")), _val(look, "w:sz")
    is_bold = style.is_bold if bold is None else _is_on(bold)
    half_points = int(size) if size.isdigit() else style.half_points
    if (is_bold, half_points) == (style.is_bold, style.half_points):
        return style
    return replace(style, is_bold=is_bold, half_points=half_points)


class _Numbering:
    """The numbers that Word sets before paragraphs, counted as Word counts them."""

    def __init__(self, document: WordDocument) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # list → level → (format, pattern, start)
        self.model_of: dict[str, str] = {}
        self.counts: dict[str, dict[int, int]] = {}
        try:
            root: Any = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return  # a document without lists has no numbering part
        models = {model.get(qn("w:abstractNumId")): model for model in root.findall(qn("w:abstractNum"))}
        for entry in root.findall(qn("w:num")):
            model_id = _val(entry, "w:abstractNumId")
            list_id = entry.get(qn("w:numId"))
            self.model_of[list_id] = model_id
            levels = [*(models[model_id].findall(qn("w:lvl")) if model_id in models else [])]
            for override in entry.findall(qn("w:lvlOverride")):
                levels += override.findall(qn("w:lvl"))
            self.levels[list_id] = {
                int(level.get(qn("w:ilvl"), "0")): (
                    _val(level, "w:numFmt"),
                    _val(level, "w:lvlText"),
                    int(start) if (start := _val(level, "w:start")).isdigit() else 1,
                )
                for level in levels
            }
            if entry.find(qn("w:lvlOverride") + "/" + qn("w:startOverride")) is not None:
                self.model_of[list_id] = f"{model_id}/{list_id}"  # it counts for itself

    def next(self, paragraph: Any, style: _Style) -> tuple[str, BlockKind | None]:
        """The number of this paragraph ("" = a bullet or none), and what it is: an item of a list, a numbered clause
        (a paragraph), or neither."""
        stated = paragraph.find(qn("w:pPr") + "/" + qn("w:numPr"))
        list_id, level = style.number or ("", 0)
        if stated is not None:
            list_id = _val(stated, "w:numId") or list_id
            own = _val(stated, "w:ilvl")
            level = int(own) if own.isdigit() else level
        kind, pattern, start = self.levels.get(list_id, {}).get(level, ("", "", 1))
        if list_id in ("", "0") or not kind:
            return "", "list_item" if style.name.startswith(("list bullet", "list number")) else None
        if kind in ("bullet", "none"):
            return "", "list_item" if kind == "bullet" else None
        counts = self.counts.setdefault(self.model_of[list_id], {})
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        number = re.sub(r"%(\d)", lambda found: self._shown(list_id, int(found[1]) - 1, counts), pattern)
        return number.strip().rstrip("."), "paragraph" if pattern.count("%") > 1 else "list_item"

    def _shown(self, list_id: str, level: int, counts: dict[int, int]) -> str:
        kind, _, start = self.levels[list_id].get(level, ("decimal", "", 1))
        count = counts.get(level, start)
        return list_number(count, kind)


def _notes(document: WordDocument) -> dict[tuple[str, str], str]:
    """The words of footnotes and endnotes by kind and id; the separators that Word keeps among them have no words."""
    from docx.oxml import parse_xml

    notes: dict[tuple[str, str], str] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2].removesuffix("s")
        if kind not in ("footnote", "endnote") or relation.is_external:
            continue
        for note in parse_xml(relation.target_part.blob).findall(qn(f"w:{kind}")):
            words = fold(" ".join("".join(part.text or "" for part in p.iter(qn("w:t"))) for p in note.iter(qn("w:p"))))
            if words:
                notes[kind, note.get(qn("w:id"))] = words
    return notes


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _children(parent: Any) -> Iterator[Any]:
    """The children that are read: content controls and containers opened, the first alternate taken, deletions left
    out, comments and processing instructions too."""
    for element in parent:
        if not isinstance(element.tag, str):
            continue
        if element.tag == _CONTROL:
            content = element.find(_CONTENT)
            if content is not None:
                yield from _children(content)
        elif element.tag == _ALTERNATES:
            chosen = element.find(_CHOICE)
            chosen = element.find(_FALLBACK) if chosen is None else chosen
            if chosen is not None:
                yield from _children(chosen)
        elif element.tag in (qn("w:customXml"), qn("w:smartTag"), qn("w:ins"), qn("w:moveTo")):
            yield from _children(element)
        elif element.tag not in (qn("w:del"), qn("w:moveFrom")):
            yield element


def _boxes(drawing: Any) -> Iterator[Any]:
    """The text boxes of a drawing, each once, though Word writes them twice over: for itself and for older programs."""
    for element in drawing:
        if not isinstance(element.tag, str):
            continue
        if element.tag == qn("w:txbxContent"):
            yield element
        elif element.tag == _ALTERNATES:
            chosen = element.find(_CHOICE)
            chosen = element.find(_FALLBACK) if chosen is None else chosen
            if chosen is not None:
                yield from _boxes(chosen)
        else:
            yield from _boxes(element)


def _val(element: Any, path: str) -> str:
    """The w:val of the element at a path ("w:pPr/w:pStyle"); "" when there is none."""
    found = element.find("/".join(qn(step) for step in path.split("/")))
    return (found.get(qn("w:val")) or "") if found is not None else ""


def _is_on(element: Any) -> bool:
    """A switch: there, and not switched off."""
    return element is not None and element.get(qn("w:val"), "1") not in ("0", "false", "off", "none")


# ── margins ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _margins(document: WordDocument) -> Iterator[str]:
    """The lines of page headers and footers, and the words of watermarks, each once."""
    seen: set[str] = set()
    for relation in document.part.rels.values():
        if relation.is_external or relation.reltype.rpartition("/")[2] not in ("header", "footer"):
            continue
        root: Any = relation.target_part.element
        lines = [fold(mark.get("string") or "") for mark in root.iter(_TEXTPATH)]
        lines += ["\t".join(filter(None, map(fold, line.split("\t")))) for line in _lines(root)]
        for line in lines:
            if line and line not in seen:
                seen.add(line)
                yield line


def _lines(parent: Any) -> Iterator[str]:
    """The paragraphs of a margin and of its boxes, each on its own and once."""
    for element in _children(parent):
        if element.tag == qn("w:p"):
            yield "".join(_pieces(element))
        if element.tag != qn("w:r") or element.find(".//" + qn("w:p")) is not None:
            yield from _lines(element)


def _pieces(parent: Any) -> Iterator[str]:
    for element in _children(parent):
        if element.tag == qn("w:tab"):
            yield "\t"
        elif element.tag == qn("w:t"):
            yield element.text or ""
        elif element.tag != qn("w:p"):
            yield from _pieces(element)
