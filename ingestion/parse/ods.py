"""What does an OpenDocument spreadsheet (ODS) show?

The file keeps beside each value the words that were on the screen, and those are read; but for a date in figures, which
is written out from its value: "01/09/2025" in a quotation says two things.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from lxml import etree

from ingestion.errors import DocumentNotRead
from ingestion.parse.cell_format import shown_moment
from ingestion.parse.grid import MAX_ROWS, Area, Cell, CellKind, Row, Sheet, Workbook, cell_of
from ingestion.parse.not_shown import NotShown, column_name
from ingestion.parse.reading import fold

MAX_COLUMNS = 16_384


def read_ods(data: bytes, *, max_rows: int = MAX_ROWS) -> Workbook:
    """The sheets that are shown, at most `max_rows` rows in all. Raises DocumentNotRead: a password, no sheet."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise DocumentNotRead("it is locked with a password: save it again without one")
        with archive.open("content.xml") as content:
            reader = _Reader(max_rows)
            reader.read(content)
        title = _title(archive.read("meta.xml")) if "meta.xml" in names else ""
        margins = _margins(archive.read("styles.xml")) if "styles.xml" in names else ()
    if not reader.has_sheet:
        raise DocumentNotRead("there is no spreadsheet in it: save it from Calc or Excel as .ods or .xlsx")
    sheets = [Sheet(sheet.name, sheet.rows, sheet.merged, sheet.tables, sheet.notes) for sheet in reader.sheets]
    warnings = [
        *reader.warnings,
        *(words for sheet in reader.sheets for words in sheet.not_shown.sentences(sheet.name)),
    ]
    return Workbook(sheets, title, tuple(dict.fromkeys(margins)), tuple(warnings))


@dataclass
class _OpenSheet:
    """A sheet while it is read: `row` and `column` count what was passed."""

    name: str
    rows: list[Row] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    tables: list[Area] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    not_shown: NotShown = field(default_factory=NotShown)
    hidden_columns: set[int] = field(default_factory=set)
    column: int = 0
    row: int = 0
    is_after_gap: bool = False


@dataclass(frozen=True)
class _Look:
    is_bold: bool = False
    is_struck: bool = False


class _Reader:
    """Reads the content as a stream, a row at a time: styles, then sheets, then the ranges with a filter."""

    def __init__(self, max_rows: int) -> None:
        self.room = max_rows
        self.has_sheet = False
        self.sheets: list[_OpenSheet] = []
        self.warnings: list[str] = []
        self.looks: dict[str, _Look] = {}
        self.hidden_styles: set[str] = set()
        self.sheet: _OpenSheet | None = None  # the one being read; None outside, and in one that is hidden

    def read(self, content: Any) -> None:
        tags = [f"{{*}}{tag}" for tag in ("style", "table", "table-column", "table-row", "shapes", "database-range")]
        for event, element in etree.iterparse(
            content, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True
        ):
            match _name(element), event:
                case "style", "end":
                    self._read_style(element)
                case "table", "start" if element.getparent().tag.endswith("}spreadsheet"):
                    self._open_sheet(element)
                case "table-column", "end" if self.sheet is not None:
                    self._read_column(self.sheet, element)
                case "shapes", "end" if self.sheet is not None:
                    self.sheet.notes += [(1, words) for words in _box_words(element)]
                case "table-row", "end":
                    if self.sheet is not None:
                        self._read_row(self.sheet, element)
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
                case "database-range", "end":
                    self._read_range(element)

    def _read_style(self, style: Any) -> None:
        name = style.get(_STYLE + "name", "")
        look, table = style.find("{*}text-properties"), style.find("{*}table-properties")
        if look is not None:
            struck = look.get(_STYLE + "text-line-through-style") or look.get(_STYLE + "text-line-through-type")
            self.looks[name] = _Look(look.get(_FO + "font-weight") == "bold", struck not in (None, "", "none"))
        if table is not None and table.get(_TABLE + "display", "") == "false":
            self.hidden_styles.add(name)

    def _open_sheet(self, table: Any) -> None:
        self.has_sheet = True
        name = table.get(_TABLE + "name", "")
        if table.get(_TABLE + "style-name", "") in self.hidden_styles:
            self.sheet = None
            self.warnings.append(
                f"sheet {name} is hidden and not read: show it and save the file, if staff may read it"
            )
        else:
            self.sheet = _OpenSheet(name)
            self.sheets.append(self.sheet)

    def _read_column(self, sheet: _OpenSheet, element: Any) -> None:
        last = min(sheet.column + _times(element, "number-columns-repeated"), MAX_COLUMNS)
        if element.get(_TABLE + "visibility", "") in ("collapse", "filter"):
            sheet.hidden_columns.update(range(sheet.column, last))
        sheet.column = last

    def _read_row(self, sheet: _OpenSheet, element: Any) -> None:
        times = _times(element, "number-rows-repeated")
        number = sheet.row + 1
        sheet.row += times
        is_hidden = element.get(_TABLE + "visibility", "") in ("collapse", "filter")
        cells = self._cells(sheet, element, number, is_hidden=is_hidden)
        if is_hidden:
            sheet.not_shown.rows += [number] if cells else []
        elif not cells:
            sheet.is_after_gap = True
        else:
            for row in range(number, number + min(times, self.room)):
                sheet.rows.append(Row(row, cells, follows_gap=sheet.is_after_gap))
                sheet.not_shown.last_row = row
                sheet.is_after_gap = False
            sheet.not_shown.left_out += max(0, times - self.room)
            self.room -= min(times, self.room)

    def _cells(self, sheet: _OpenSheet, row: Any, number: int, *, is_hidden: bool) -> dict[int, Cell]:
        cells: dict[int, Cell] = {}
        column = 0
        for element in row:
            if not isinstance(element.tag, str) or not element.tag.endswith("table-cell"):
                continue
            times = _times(element, "number-columns-repeated")
            cell = (
                self._cell(sheet, element, f"{column_name(column)}{number}") if len(element) or element.attrib else None
            )
            if cell is not None and not element.tag.endswith("}covered-table-cell"):
                for place in range(column, min(column + times, MAX_COLUMNS)):
                    if place not in sheet.hidden_columns:
                        cells[place] = cell
                    elif not is_hidden:
                        sheet.not_shown.columns.add(place)
                across, down = _times(element, "number-columns-spanned"), _times(element, "number-rows-spanned")
                if across > 1 or down > 1:
                    sheet.merged.append(Area(number, column, number + down - 1, column + across - 1))
            column += times
        return cells

    def _cell(self, sheet: _OpenSheet, element: Any, reference: str) -> Cell | None:
        """The cell as it was shown; None for an empty one, and for one whose words are struck through."""
        look = self.looks.get(element.get(_TABLE + "style-name", ""), _PLAIN)
        paragraphs = []
        for child in element:
            match _name(child):
                case "p":
                    paragraphs.append(_words(child))
                case "annotation":
                    sheet.not_shown.has_comments = True
                case _:
                    sheet.notes += [
                        (int(reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), box) for box in _box_words(child)
                    ]
        words = fold(" ".join(paragraphs))
        if not words:
            if element.get(_TABLE + "formula", "") and not element.get(_OFFICE + "value-type", ""):
                sheet.not_shown.without_value.append(reference)
            return None
        if look.is_struck:
            sheet.not_shown.struck.append(reference)
            return None
        return self._shown(sheet, element, words, look, reference)

    def _shown(self, sheet: _OpenSheet, element: Any, words: str, look: _Look, reference: str) -> Cell:
        kind: CellKind = "number"
        match element.get(_OFFICE + "value-type", ""):
            case "date":
                return Cell(_written_out(words, element.get(_OFFICE + "date-value", "")), "date", look.is_bold)
            case "time":
                kind = "date"
            case "string" | "" | "boolean":
                if re.match(r"(?:#[A-Z/0!?]+|Err:\d+)", words) and element.get(_TABLE + "formula", ""):
                    sheet.not_shown.errors.append(reference)
                return cell_of(words, is_bold=look.is_bold)
        return Cell(words, kind, look.is_bold)

    def _read_range(self, element: Any) -> None:
        """A range with a filter: its first row names the columns."""
        if element.get(_TABLE + "contains-header", "") == "false":
            return
        found = _ADDRESS.fullmatch(element.get(_TABLE + "target-range-address", ""))
        if found is None:
            return
        name = (found["quoted"] or found["plain"]).replace("''", "'")
        for sheet in self.sheets:
            if sheet.name == name and (found["first"], found["left"]) != (found["last"], found["right"]):
                area = (int(found["first"]), _column(found["left"]), int(found["last"]), _column(found["right"]))
                sheet.tables.append(Area(*area))


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_TABLE, _STYLE, _OFFICE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{part}:1.0}}" for part in ("table", "style", "office")
)
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_PLAIN = _Look()
_ADDRESS = re.compile(
    r"\$?(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^.']+))\.\$?(?P<left>[A-Z]+)\$?(?P<first>\d+):"
    r"(?:.*\.)?\$?(?P<right>[A-Z]+)\$?(?P<last>\d+)"
)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _times(element: Any, name: str) -> int:
    stated = element.get(_TABLE + name, "")
    return max(1, int(stated)) if stated.isdecimal() else 1


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _words(paragraph: Any) -> str:
    """The words of a paragraph; its blanks, tabs and line breaks are elements."""
    parts = [paragraph.text or ""]
    for child in paragraph:
        match _name(child):
            case "s" | "tab" | "line-break":
                parts.append(" ")
            case "annotation":
                pass
            case _:
                parts.append(_words(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _box_words(element: Any) -> Iterator[str]:
    """The words of text boxes and shapes, a paragraph each."""
    if _name(element).startswith(("frame", "custom-shape", "rect", "g", "shapes", "text-box")):
        for paragraph in element.iter("{*}p"):
            words = fold(_words(paragraph))
            if words:
                yield words


_IN_FIGURES = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}")
_SHORT = re.compile(r"(\d{1,2}[ -])?[A-Z][a-z]{2}([ -]\d{2}(?:\d{2})?)?")


def _written_out(words: str, stated: str) -> str:
    """A date in figures or with a short month by its value, "1 September 2025" for "01/09/2025", "September 2025" for
    "Sep-25"; any other as it is shown."""
    short = _SHORT.fullmatch(words)
    try:
        moment = datetime.fromisoformat(stated[:19])
    except ValueError:
        return words
    if short:
        return " ".join(filter(None, (short[1] and str(moment.day), f"{moment:%B}", short[2] and str(moment.year))))
    if not _IN_FIGURES.search(words):
        return words
    return shown_moment(moment if ":" in words else moment.replace(hour=0, minute=0))


def _title(meta: bytes) -> str:
    return fold(_parsed(meta).findtext(".//{*}title") or "")


def _margins(styles: bytes) -> Iterator[str]:
    """The lines of printed headers and footers; fields such as the page number are left out."""
    for area in _parsed(styles).iter("{*}header", "{*}footer"):
        for paragraph in area.iter("{*}p"):
            words = fold(_plain_words(paragraph))
            if re.search(r"[^\W\d_]{3}", words) and not re.fullmatch(r"Page\s*(?:of|/)?", words):
                yield words


def _plain_words(element: Any) -> str:
    """The words of a paragraph and its spans, without fields."""
    spans = (f"{_plain_words(child) if _name(child) == 'span' else ' '}{child.tail or ''}" for child in element)
    return (element.text or "") + "".join(spans)


def _parsed(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
