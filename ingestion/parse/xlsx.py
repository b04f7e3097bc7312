"""What does an Excel workbook (XLSX, XLSM) show?

Its XML is read as a stream, a row at a time, for what decides whether a cell may be quoted is not to be had from the
libraries at this speed: whether its row or column is hidden, its words are struck through, its formula has a value.
Part names and tags are matched without regard to namespace, so that "Strict Open XML" is read as well.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from math import isfinite
from typing import Any, NamedTuple, TypeVar

from lxml import etree

from ingestion.errors import DocumentNotRead
from ingestion.parse.cell_format import BUILT_IN, shown_moment, shown_number
from ingestion.parse.grid import MAX_ROWS, Area, Cell, Row, Sheet, Workbook, cell_of
from ingestion.parse.not_shown import NotShown, column_name
from ingestion.parse.reading import fold


def read_xlsx(data: bytes, *, max_rows: int = MAX_ROWS) -> Workbook:
    """The sheets that are shown, at most `max_rows` rows in all. Raises DocumentNotRead: no workbook in the archive."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        package = _Package(archive)
        part = package.related(package.relations(""), "officeDocument") or "xl/workbook.xml"
        root = package.xml(part)
        if root is None or _name(root) != "workbook":
            raise DocumentNotRead("there is no workbook in it: save it from Excel as .xlsx")
        return _workbook(package, root, part, max_rows)


def _workbook(package: _Package, root: Any, part: str, max_rows: int) -> Workbook:
    relations = package.relations(part)
    book = _Book(
        strings=package.strings(package.related(relations, "sharedStrings")),
        styles=package.styles(package.related(relations, "styles")),
        counts_from_1904=_is_on(root.find("{*}workbookPr"), "date1904"),
    )
    targets = {relation.id: relation for relation in relations}
    sheets: list[Sheet] = []
    margins: list[str] = []
    warnings: list[str] = []
    for entry in root.iterfind("{*}sheets/{*}sheet"):
        name = entry.get("name") or ""
        relation = targets.get(_relation_id(entry))
        if entry.get("state", "visible") != "visible":
            warnings.append(f"sheet {name} is hidden and not read: show it and save the file, if staff may read it")
        elif relation is None or relation.target not in package:
            warnings.append(f"sheet {name} is missing from the file: save it again from Excel")
        elif relation.kind != "worksheet":
            warnings.append(f"sheet {name} is a chart and not read: put what it shows in a table as well")
        else:
            kept = sum(len(sheet.rows) for sheet in sheets)
            reader = _SheetReader(package, relation.target, book, name, max_rows - kept)
            sheets.append(reader.read())
            margins += reader.margins
            warnings += reader.not_shown.sentences(name)
    return Workbook(sheets, package.title(), tuple(dict.fromkeys(margins)), tuple(warnings))


# ── the package ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Style:
    """How a cell looks: its number format, and whether its words are bold or struck through."""

    code: str = "General"
    is_bold: bool = False
    is_struck: bool = False


class _Words(NamedTuple):
    """The words of a cell; whether some are left out because they are struck through."""

    text: str
    has_struck: bool = False


@dataclass(frozen=True)
class _Relation:
    id: str
    kind: str
    target: str


@dataclass(frozen=True)
class _Book:
    """What the cells of all sheets refer to."""

    strings: Sequence[_Words]
    styles: Sequence[_Style]
    counts_from_1904: bool


class _Package:
    """The parts of the archive, by name without regard to case, as Excel finds them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {name.lower(): name for name in archive.namelist()}

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._entries

    def stream(self, part: str, *tags: str) -> Iterator[Any]:
        """The elements of those tags in the order in which they end; nothing that is not needed is kept."""
        with self._archive.open(self._entries[part.lower()]) as file:
            for _, element in etree.iterparse(
                file, tag=[f"{{*}}{tag}" for tag in tags], resolve_entities=False, no_network=True
            ):
                yield element
                if _name(element) in ("row", "si"):
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]

    def xml(self, part: str | None) -> Any:
        """The root of a part; None where there is no such part."""
        if part is None or part not in self:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(self._archive.read(self._entries[part.lower()]), parser)

    def relations(self, part: str) -> list[_Relation]:
        """What a part refers to within the package; of the package itself for ""."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return []
        return [
            _Relation(
                entry.get("Id", ""),
                entry.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, entry.get("Target", ""))).lstrip("/"),
            )
            for entry in root.iterfind("{*}Relationship")
            if entry.get("TargetMode") != "External"
        ]

    def related(self, relations: Sequence[_Relation], kind: str) -> str | None:
        return next((relation.target for relation in relations if relation.kind == kind), None)

    def strings(self, part: str | None) -> list[_Words]:
        if part is None or part not in self:
            return []
        return [_words(element) for element in self.stream(part, "si")]

    def styles(self, part: str | None) -> list[_Style]:
        root = self.xml(part)
        if root is None:
            return []
        own = {entry.get("numFmtId"): entry.get("formatCode", "") for entry in root.iterfind("{*}numFmts/{*}numFmt")}
        codes = {str(number): code for number, code in BUILT_IN.items()} | own
        fonts = [
            (_is_on(font.find("{*}b"), unstated=True), _is_on(font.find("{*}strike"), unstated=True))
            for font in root.iterfind("{*}fonts/{*}font")
        ]
        styles = []
        for look in root.iterfind("{*}cellXfs/{*}xf"):
            is_bold, is_struck = _at(fonts, look.get("fontId")) or (False, False)
            styles.append(_Style(codes.get(look.get("numFmtId", "0"), "General"), is_bold, is_struck))
        return styles

    def title(self) -> str:
        root = self.xml(self.related(self.relations(""), "core-properties"))
        return fold(root.findtext("{*}title") or "") if root is not None else ""


# ── a sheet ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _SheetReader:
    """Reads one sheet; gathers beside its rows what of it is not shown."""

    package: _Package
    part: str
    book: _Book
    name: str
    max_rows: int
    margins: list[str] = field(default_factory=list)
    not_shown: NotShown = field(default_factory=NotShown)

    def read(self) -> Sheet:
        rows: list[Row] = []
        merged: list[Area] = []
        tables: list[Area] = []
        hidden_columns: set[int] = set()
        seen = 0  # the last row that the file has, shown or not
        is_after_gap = False
        for element in self.package.stream(
            self.part, "row", "col", "mergeCell", "autoFilter", "oddHeader", "oddFooter", "firstHeader", "firstFooter"
        ):
            match _name(element):
                case "row":
                    number = _whole(element.get("r")) or seen + 1
                    is_after_gap = is_after_gap or number > seen + 1
                    seen = number
                    cells = self._cells(element, number, hidden_columns)
                    if _is_on(element, "hidden"):
                        if cells:
                            self.not_shown.rows.append(number)
                    elif not cells:
                        is_after_gap = True
                    elif len(rows) >= self.max_rows:
                        self.not_shown.left_out += 1
                    else:
                        self.not_shown.last_row = number
                        rows.append(Row(number, cells, follows_gap=is_after_gap))
                        is_after_gap = False
                case "col":
                    if _is_on(element, "hidden"):
                        hidden_columns.update(
                            range(_whole(element.get("min")) - 1, min(_whole(element.get("max")), 16_384))
                        )
                case "mergeCell":
                    merged += _areas(element.get("ref"))
                case "autoFilter":
                    tables += _areas(element.get("ref"))
                case _:
                    self.margins += _margin_lines(element.text or "")
        relations = self.package.relations(self.part)
        tables += self._tables(relations)
        self.not_shown.has_comments = any(relation.kind == "comments" for relation in relations)
        notes = list(self._text_boxes(relations))
        return Sheet(self.name, rows, merged, tables, notes)

    def _cells(self, row: Any, number: int, hidden_columns: set[int]) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        column = -1
        is_hidden = _is_on(row, "hidden")
        for element in row.iterchildren("{*}c"):
            reference = element.get("r")
            column = _column(reference.rstrip("0123456789")) if reference else column + 1
            shown = self._cell(element, reference or f"{column_name(column)}{number}")
            if shown is None:
                continue
            if column in hidden_columns:
                if not is_hidden:
                    self.not_shown.columns.add(column)
            else:
                cells[column] = shown
        return cells

    def _cell(self, element: Any, reference: str) -> Cell | None:
        """The cell as it is seen; None for an empty one, and for one whose words are struck through."""
        words = self._shown(element, reference)
        if words is None or not words.text.strip():
            return None
        return words

    def _shown(self, element: Any, reference: str) -> Cell | None:
        style = _at(self.book.styles, element.get("s")) or _PLAIN
        kind = element.get("t", "n")
        value = ""
        words = _NO_WORDS
        has_formula = False
        for child in element:
            tag = child.tag[-3:]
            if tag.endswith("}v"):
                value = child.text or ""
            elif tag.endswith("}f"):
                has_formula = True
            elif tag == "}is":
                words = _words(child)
        if kind == "s":
            words = _at(self.book.strings, value) or _NO_WORDS
        elif kind != "inlineStr":
            if not value:
                if has_formula and kind != "str":
                    self.not_shown.without_value.append(reference)
                return None
            words = _Words(value)
        if words.has_struck or (style.is_struck and words.text):
            self.not_shown.struck.append(reference)
        if style.is_struck:
            return None
        if kind in ("s", "inlineStr", "str"):
            return cell_of(words.text, is_bold=style.is_bold)
        return self._value(value, kind, style, reference)

    def _value(self, value: str, kind: str, style: _Style, reference: str) -> Cell:
        match kind:
            case "n":
                try:
                    number = float(value)
                except ValueError:
                    return cell_of(value, is_bold=style.is_bold)
                if not isfinite(number):
                    return cell_of(value, is_bold=style.is_bold)
                counts_from_1904 = self.book.counts_from_1904
                return shown_number(number, style.code, counts_from_1904=counts_from_1904, is_bold=style.is_bold)
            case "b":
                return Cell("TRUE" if value in ("1", "true") else "FALSE", "text", style.is_bold)
            case "d":
                return Cell(shown_moment(datetime.fromisoformat(value)), "date", style.is_bold)
            case "e":
                self.not_shown.errors.append(reference)
                return Cell(value, "text", style.is_bold)
            case _:
                return cell_of(value, is_bold=style.is_bold)

    def _tables(self, relations: Sequence[_Relation]) -> Iterator[Area]:
        """Where Excel's own tables with a row of names stand."""
        for relation in relations:
            table = self.package.xml(relation.target) if relation.kind == "table" else None
            if table is not None and table.get("headerRowCount", "1") != "0":
                yield from _areas(table.get("ref"))

    def _text_boxes(self, relations: Sequence[_Relation]) -> Iterator[tuple[int, str]]:
        """The words of text boxes and shapes, each with the row that its top stands at."""
        for relation in relations:
            drawing = self.package.xml(relation.target) if relation.kind == "drawing" else None
            for anchor in drawing if drawing is not None else ():
                row = _whole(anchor.findtext("{*}from/{*}row")) + 1
                for paragraph in anchor.iterfind(".//{*}txBody/{*}p"):
                    words = fold("".join(part.text or "" for part in paragraph.iterfind(".//{*}t")))
                    if words:
                        yield row, words


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_PLAIN = _Style()
_NO_WORDS = _Words("")
_T = TypeVar("_T")


def _at(values: Sequence[_T], index: str | None) -> _T | None:
    number = _whole(index)
    return values[number] if number < len(values) else None


def _whole(text: str | None) -> int:
    """A number as it is stated; 0 where it is none."""
    return int(text) if text and text.isdecimal() else 0


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _is_on(element: Any, attribute: str = "val", *, unstated: bool = False) -> bool:
    """A switch: there, and not switched off."""
    if element is None:
        return False
    stated = element.get(attribute)
    return unstated if stated is None else stated not in ("0", "false", "off")


def _relation_id(element: Any) -> str:
    return next((str(value) for name, value in element.items() if name.endswith("}id")), "")


def _words(element: Any) -> _Words:
    """The words of a string: its own, or those of its runs; without pronunciations and what is struck through."""
    parts = []
    has_struck = False
    for child in element:
        match _name(child):
            case "t":
                parts.append(child.text or "")
            case "r":
                is_struck = _is_on(child.find("{*}rPr/{*}strike"), unstated=True)
                has_struck = has_struck or is_struck
                if not is_struck:
                    parts.append(child.findtext("{*}t") or "")
    return _Words("".join(parts), has_struck)


_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _areas(references: str | None) -> Iterator[Area]:
    """The areas of "A1:F9 H1:H9"."""
    for reference in (references or "").upper().split():
        corners = _REFERENCE.findall(reference)
        if corners:
            first, last = corners[0], corners[-1]
            yield Area(int(first[1]), _column(first[0]), int(last[1]), _column(last[0]))


_MARGIN_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|\d+|[BIUESXYOHPNDTGFA])')


def _margin_lines(text: str) -> Iterator[str]:
    """The words of a printed header or footer, one line for each of its three parts; not page numbers and the like."""
    for part in re.split(r"&[LCR]", text.replace("&&", "\0")):
        for line in _MARGIN_CODES.sub(" ", part).replace("\0", "&").splitlines():
            if re.search(r"[^\W\d_]{3}", line):
                yield fold(line)
