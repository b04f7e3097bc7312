"""What does a Word document say, in the order of its body?

python-docx opens the package; the body is walked as XML, for much of what policies hold (text boxes, content controls,
tracked changes, nested tables) is not in python-docx's paragraphs and tables.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from ingestion.contents import CONTENTS_HEADING
from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import BlockKind, Locator
from ingestion.parse.reading import Outline, Reading, fold
from ingestion.parse.text import NUMBERED_HEADING, item_of

OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The head of an OLE compound file: a Word 97–2003 document, or a newer one under a password."""

MAX_HEADING_WORDS = 14
LARGER_BY_HALF_POINTS = 4
"""Type this much larger than the body's is set as a heading."""
LAYOUT_CELL_WORDS = 150
"""A cell of more words holds a text of its own, and its table only places it on the page."""
UNRENDERED_PAGE_WORDS = 350
"""Between two explicit page breaks, more words than this may fill more than a page: without the marks that Word leaves
where pages broke, page numbers would then be a guess."""


def read_docx(data: bytes) -> Reading:
    """The text of a Word document under its headings. Raises DocumentNotRead: no Word file, one under a password, an
    old one under a new name, a damaged one."""
    document = _opened(data)
    body = _Body(document)
    items = list(body.items())
    return Reading(
        sections=_outline(items, has_pages=body.has_pages(items)).sections(),
        cover=Cover(titles=tuple(_titles(items, document)), margins=tuple(_margins(document))),
    )


def _opened(data: bytes) -> WordDocument:
    if data.startswith(OLE_MARK):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentNotRead("it is locked with a password: save it again without one")
        raise DocumentNotRead("it is a Word 97–2003 document under a new name: open it in Word and save it as .docx")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = set(package.namelist())
    except zipfile.BadZipFile as error:
        raise DocumentNotRead(
            "it is not a Word document, or was cut short: open it in Word and save it again"
        ) from error
    if "word/document.xml" not in names and "[Content_Types].xml" not in names:
        raise DocumentNotRead("it is a zip archive without a Word document in it: save it from Word as .docx")
    try:
        return Document(BytesIO(data))
    except (KeyError, ValueError) as error:
        # python-docx raises these when the main part is missing, or is a workbook's or a deck's.
        raise DocumentNotRead("there is no Word document in it: save it from Word as .docx") from error


# ── what the body is made of ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Span:
    """On which pages words stand, from 1."""

    first: int
    last: int


@dataclass(frozen=True)
class _Paragraph:
    text: str
    pages: _Span
    style: str = ""
    level: int = 0
    """The heading level that its style states, from 1; 0 = no heading style."""
    number: str = ""
    """The number that Word sets before a heading: "5.2"."""
    list_kind: BlockKind | None = None
    is_bold: bool = False
    half_points: int = 0


@dataclass(frozen=True)
class _Table:
    rows: tuple[tuple[str, ...], ...]
    pages: tuple[_Span, ...]
    headers: int


_Item = _Paragraph | _Table


@dataclass
class _Pages:
    """Counts pages while the body is walked; a break that Word rendered where one was asked for counts once."""

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


@dataclass
class _Words:
    """The words of one paragraph as they are gathered, with where they stand and how they look."""

    parts: list[str] = field(default_factory=list)
    first: int = 0
    last: int = 0
    bold: int = 0
    plain: int = 0
    half_points: int = 0
    boxes: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    breaks_after: bool = False


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
        self.pages = _Pages()

    def items(self) -> Iterator[_Item]:
        return self._items(self.element)

    def has_pages(self, items: Iterable[_Item]) -> bool:
        """Whether page numbers are known: Word marked where its pages broke, or so few words stand between the breaks
        asked for that each stretch is one page."""
        if self.pages.rendered:
            return True
        if not self.pages.explicit:
            return False
        words: dict[int, int] = {}
        for item in items:
            texts = [item.text] if isinstance(item, _Paragraph) else [" ".join(row) for row in item.rows]
            spans = [item.pages] if isinstance(item, _Paragraph) else item.pages
            for text, span in zip(texts, spans, strict=True):
                words[span.first] = words.get(span.first, 0) + len(text.split())
        return max(words.values(), default=0) <= UNRENDERED_PAGE_WORDS

    def _items(self, parent: Any) -> Iterator[_Item]:
        for element in _children(parent):
            if element.tag == qn("w:p"):
                yield from self._paragraph(element)
            elif element.tag == qn("w:tbl"):
                yield from self._table(element)

    # ── paragraphs ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _paragraph(self, element: Any) -> Iterator[_Item]:
        style_id = _val(element, "w:pPr/w:pStyle")
        style = self.styles.of(style_id)
        if _is_on(element.find(qn("w:pPr") + "/" + qn("w:pageBreakBefore"))) and self.pages.number > 0:
            self.pages.ask()
        words = _Words()
        self._gather(element, words, style)
        number, list_kind = self.numbering.next(element, style)
        text = "".join(words.parts)
        if fold(text):
            outline = _val(element, "w:pPr/w:outlineLvl")
            yield _Paragraph(
                text=text,
                pages=_Span(words.first, words.last),
                style=style.name,
                level=int(outline) + 1 if outline.isdigit() and int(outline) < 9 else style.level,
                number=number,
                list_kind=list_kind,
                is_bold=words.bold > 0 and words.plain == 0,
                half_points=words.half_points,
            )
        for box in words.boxes:
            yield from self._items(box)
        for note in words.notes:
            yield _Paragraph(note, _Span(self.pages.number, self.pages.number))
        section = element.find(qn("w:pPr") + "/" + qn("w:sectPr"))
        if section is not None and _val(section, "w:type") not in ("continuous", "nextColumn"):
            self.pages.ask()

    def _gather(self, parent: Any, words: _Words, style: _Style) -> None:
        for element in _children(parent):
            if element.tag == qn("w:r"):
                self._gather_run(element, words, style)
            elif element.tag in _GO_INTO:
                self._gather(element, words, style)
            elif element.tag.endswith(("}oMath", "}oMathPara")):
                self._say("".join(part.text or "" for part in element.iter(_MATH_TEXT)), words, None, style)

    def _gather_run(self, run: Any, words: _Words, style: _Style) -> None:
        look = run.find(qn("w:rPr"))
        if look is not None and _is_on(look.find(qn("w:vanish"))):
            return
        for element in _children(run):
            match element.tag.rpartition("}")[2]:
                case "t":
                    self._say(element.text or "", words, look, style)
                case "tab":
                    words.parts.append("\t")
                case "br" if element.get(qn("w:type")) == "page":
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
                        words.notes.append(note)
                case "drawing" | "pict" | "object":
                    words.boxes.extend(_boxes(element))

    def _say(self, text: str, words: _Words, look: Any, style: _Style) -> None:
        words.parts.append(text)
        if not fold(text):
            return
        words.first = words.first or self.pages.number
        words.last = self.pages.number
        self.pages.asked = False
        bold = look.find(qn("w:b")) if look is not None else None
        if _is_on(bold) if bold is not None else style.is_bold:
            words.bold += 1
        elif re.search(r"\w", text):
            words.plain += 1
        size = _val(look, "w:sz") if look is not None else ""
        words.half_points = max(words.half_points, int(size) if size.isdigit() else style.half_points)

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, table: Any) -> Iterator[_Item]:
        rows = [row for row in _children(table) if row.tag == qn("w:tr")]
        cells_of = [[cell for cell in _children(row) if cell.tag == qn("w:tc")] for row in rows]
        if all(len(cells) <= 1 for cells in cells_of):
            for cells in cells_of:
                for cell in cells:
                    yield from self._items(cell)
            return
        grid = [self._row(cells) for cells in cells_of]
        if any(cell.is_text_of_its_own for row in grid for cell in row):
            for row in grid:
                for cell in row:
                    yield from cell.items
            return
        style_marks_first_row = self.styles.marks_first_row(table)
        for number, part in _parts(grid):
            if len(part) == 1 and len(part[0]) == 1:
                yield from part[0][0].items
                continue
            texts, looks = _filled(part)
            yield _Table(
                rows=tuple(tuple(row) for row in texts),
                pages=tuple(_span_of(row, self.pages.number) for row in part),
                headers=_header_rows(rows[number:], looks, style_marks_first_row and number == 0),
            )

    def _row(self, cells: list[Any]) -> list[_Cell]:
        """The cells of a row. They start on one page: where a row runs over, each of its cells may say so."""
        start = self.pages.number
        end = start
        row = []
        for cell in cells:
            self.pages.number = start
            row.append(_Cell(cell, tuple(self._items(cell)), self.pages.number))
            end = max(end, self.pages.number)
        self.pages.number = end
        return row


class _Cell:
    """One cell: its items, and how it is merged with others."""

    def __init__(self, element: Any, items: tuple[_Item, ...], page: int) -> None:
        self.items = items
        self.page = page
        span = _val(element, "w:tcPr/w:gridSpan")
        self.columns = min(int(span), 64) if span.isdigit() else 1
        merge = element.find(qn("w:tcPr") + "/" + qn("w:vMerge"))
        self.continues_above = merge is not None and merge.get(qn("w:val")) != "restart"
        self.is_merged_down = merge is not None and not self.continues_above
        self.text = " ".join(_texts(items))
        self.is_bold = bool(items) and all(isinstance(item, _Paragraph) and item.is_bold for item in items)
        fill = element.find(qn("w:tcPr") + "/" + qn("w:shd"))
        self.fill = fill.get(qn("w:fill")) if fill is not None else None

    @property
    def is_text_of_its_own(self) -> bool:
        return (
            any(isinstance(item, _Table) for item in self.items)
            or len(self.text.split()) > LAYOUT_CELL_WORDS
            or sum(1 for item in self.items if isinstance(item, _Paragraph) and item.level) > 1
        )


def _texts(items: Iterable[_Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, _Paragraph):
            yield fold(item.text)
        else:
            for row in item.rows:
                yield " ".join(filter(None, map(fold, row)))


def _parts(grid: list[list[_Cell]]) -> Iterator[tuple[int, list[list[_Cell]]]]:
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


def _filled(grid: list[list[_Cell]]) -> tuple[list[list[str]], list[list[_Cell | None]]]:
    """The words of the table by row and column, and the cells they come from.

    A cell over several columns stands in its first. One over several rows stands in each, for a row is read alone.
    """
    texts: list[list[str]] = []
    looks: list[list[_Cell | None]] = []
    above: dict[int, str] = {}
    for row in grid:
        line: list[str] = []
        look: list[_Cell | None] = []
        for cell in row:
            column = len(line)
            words = above.get(column, "") if cell.continues_above else cell.text
            above[column] = words
            line += [words, *[""] * (cell.columns - 1)]
            look += [cell, *[None] * (cell.columns - 1)]
        texts.append(line)
        looks.append(look)
    return texts, looks


def _span_of(row: list[_Cell], page: int) -> _Span:
    spans = [item.pages if isinstance(item, _Paragraph) else item.pages[0] for cell in row for item in cell.items]
    if not spans:
        return _Span(page, page)
    return _Span(min(span.first for span in spans), max(span.last for span in spans))


def _header_rows(rows: list[Any], looks: list[list[_Cell | None]], style_marks_first_row: bool) -> int:
    """How many rows at the top name the columns: those marked to repeat on each page; else the first, where it alone
    is bold or shaded, or the table's style sets it apart."""
    marked = 0
    for row in rows:
        if not _is_on(row.find(qn("w:trPr") + "/" + qn("w:tblHeader"))):
            break
        marked += 1
    if marked:
        return marked if marked < len(rows) else 0
    if len(looks) < 2:
        return 0
    first, second = ([cell for cell in line if cell is not None and cell.text] for line in looks[:2])
    if len(first) < 2 or any(len(cell.text.split()) > MAX_HEADING_WORDS for cell in first):
        return 0
    for is_set_apart in (lambda cell: cell.is_bold, lambda cell: cell.fill not in (None, "auto", "FFFFFF", "ffffff")):
        if all(map(is_set_apart, first)) and not all(map(is_set_apart, second)):
            return 1
    return 1 if style_marks_first_row else 0


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

    def of(self, style_id: str) -> _Style:
        style_id = style_id if style_id in self.elements else self.default_id
        if style_id not in self.read:
            self.read[style_id] = self._read(style_id)
        return self.read[style_id]

    def _read(self, style_id: str) -> _Style:
        chain = []
        following = style_id
        while following in self.elements and following not in chain:
            chain.append(following)
            following = _val(self.elements[following], "w:basedOn")
        style = _Style(half_points=self.default_half_points)
        for key in reversed(chain):
            element = self.elements[key]
            style = replace(style, name=_val(element, "w:name").lower())
            if found := re.fullmatch(r"heading (\d)", style.name):
                style = replace(style, level=int(found[1]))
            outline = _val(element, "w:pPr/w:outlineLvl")
            if outline.isdigit():
                style = replace(style, level=int(outline) + 1 if int(outline) < 9 else 0)
            bold = element.find(qn("w:rPr") + "/" + qn("w:b"))
            if bold is not None:
                style = replace(style, is_bold=_is_on(bold))
            size = _val(element, "w:rPr/w:sz")
            if size.isdigit():
                style = replace(style, half_points=int(size))
            list_id = _val(element, "w:pPr/w:numPr/w:numId")
            list_level = _val(element, "w:pPr/w:numPr/w:ilvl")
            if list_id:
                style = replace(style, number=(list_id, int(list_level) if list_level.isdigit() else 0))
        return style

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
        match kind:
            case "lowerLetter":
                return chr(96 + min(count, 26))
            case "upperLetter":
                return chr(64 + min(count, 26))
            case "lowerRoman":
                return _roman(count)
            case "upperRoman":
                return _roman(count).upper()
            case _:
                return str(count)


def _roman(number: int) -> str:
    words = ""
    for value, sign in ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")):
        while number >= value:
            words += sign
            number -= value
    return words


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


# ── items into sections ──────────────────────────────────────────────────────────────────────────────────────────────


def _outline(items: list[_Item], *, has_pages: bool) -> Outline:
    outline = Outline()
    body_size = _body_size(items)
    styled = sum(1 for item in items if isinstance(item, _Paragraph) and item.level)
    level = 0
    contents = False
    faked: list[tuple[int, bool]] = []  # the looks of faked headings in force, outermost first
    for number, item in enumerate(items):
        if isinstance(item, _Table):
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
            kind, words = item_of(item.text)
            outline.add(item.list_kind or kind, words, locator)
    return outline


def _add_table(outline: Outline, table: _Table, *, has_pages: bool) -> None:
    if not has_pages:
        outline.table(table.rows, headers=table.headers)
        return
    outline.table(table.rows, [_locator(span) for span in table.pages], headers=table.headers)


def _locator(span: _Span) -> Locator:
    return Locator("page", span.first, span.last)


def _body_size(items: list[_Item]) -> int:
    """The type size of most words, in half-points."""
    words: dict[int, int] = {}
    for item in items:
        if isinstance(item, _Paragraph):
            words[item.half_points] = words.get(item.half_points, 0) + len(item.text.split())
    return max(words, key=lambda size: words[size]) if words else 22


def _looks_like_heading(item: _Paragraph, following: _Item | None, body_size: int) -> bool:
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
    is_alike = isinstance(following, _Paragraph) and following.is_bold and following.half_points == item.half_points
    return not is_alike or following.level > 0  # type: ignore[union-attr]


def _titles(items: list[_Item], document: WordDocument) -> Iterator[str]:
    """Candidates, best first: the title style, the largest type on the first page, the file's title property, the
    first heading."""
    head = [item for item in items[:25] if isinstance(item, _Paragraph) and item.pages.first == 1]
    yield from (fold(item.text) for item in head if item.style == "title")
    body_size = _body_size(items)
    large = [item for item in head if item.half_points >= body_size + 2 * LARGER_BY_HALF_POINTS and not item.list_kind]
    if large:
        yield fold(max(large, key=lambda item: item.half_points).text)
    if document.core_properties.title:
        yield fold(document.core_properties.title)
    yield from (fold(item.text) for item in items if isinstance(item, _Paragraph) and item.level == 1)


def _margins(document: WordDocument) -> Iterator[str]:
    """The lines of page headers and footers, and the words of watermarks, each once."""
    seen: set[str] = set()
    for relation in document.part.rels.values():
        if relation.is_external or relation.reltype.rpartition("/")[2] not in ("header", "footer"):
            continue
        root: Any = relation.target_part.element
        lines = [fold(mark.get("string") or "") for mark in root.iter(_TEXTPATH)]
        for paragraph in root.iter(qn("w:p")):
            parts = [
                "\t" if part.tag == qn("w:tab") else part.text or "" for part in paragraph.iter(qn("w:t"), qn("w:tab"))
            ]
            lines.append("\t".join(filter(None, map(fold, "".join(parts).split("\t")))))
        for line in lines:
            if line and line not in seen:
                seen.add(line)
                yield line
