"""What does a PDF say, page by page?

Lines and ruled tables come from `pdf_page`. Here running headers and footers are left out, lines are joined to
paragraphs, headings are told from the rest by bookmarks and type, and tables that run over a page are made whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ingestion.contents import CONTENTS_HEADING, CONTENTS_LINE
from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import BlockKind, Locator
from ingestion.parse.pdf_page import SOFT_HYPHEN, Cell, Line, Page, Table, read_page
from ingestion.parse.reading import Outline, Reading, fold
from ingestion.parse.text import item_of

MARGIN_SHARE = 0.12
"""Running headers and footers stand in this share of the page's height, at the top and at the bottom."""
PAGE_NUMBER = re.compile(r"(?:page\s*)?[-–—|\s]*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?[-–—|\s]*", re.IGNORECASE)
END_MARK_REACH = 4096
"""Bytes at the end among which "%%EOF" must stand; readers allow 1,024 and mail gateways add some."""
UNREADABLE_SHARE = 0.3

TITLE_LARGER = 1.3
"""A title is set in type at least this many times the body's."""
MAX_COVER_WORDS = 160
"""A first page of so few words, with a title, is a cover sheet: its large type names the document."""
LARGER = 1.09
"""A heading is set in type at least this many times the body's, or bold."""
MAX_HEADING_WORDS = 26
MAX_BOLD_HEADING_WORDS = 14
SHORT_LINE = 0.22
"""A line is short when it leaves more than this share of the column's width free: few words are as long."""
SMALLER = 0.9
"""Type at most this many times the body's, at the foot of a page, is a footnote's."""
PROSE_CELL_WORDS = 60
"""A cell of more words than this, in several paragraphs, holds a text: its table is a layout in columns."""


def read_pdf(data: bytes) -> Reading:
    """The text of a PDF under its headings, a page locator on every block.

    Raises DocumentNotRead: locked, cut short, damaged, or without text. Pages without text among others are named in
    the warnings.
    """
    document = _opened(data)
    try:
        pages = [_page(document, number) for number in range(1, len(document) + 1)]
        bookmarks = _bookmarks(document)
        stated_title = fold(document.get_metadata_value("Title"))
    finally:
        document.close()
    _need_text(pages)
    margins, flow = _without_margins(pages)
    body = _Look.of(flow)
    titles, title_lines = _title(flow, body, bookmarks)
    outline = Outline()
    _write(outline, _pieces(flow, body, bookmarks, title_lines), body)
    return Reading(
        outline.sections(),
        Cover(
            titles=tuple(filter(None, (*titles, stated_title))),
            margins=(*margins, *(text for page in pages for text in page.slanted)),
        ),
        warnings=tuple(_warnings(pages)),
    )


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _opened(data: bytes) -> pdfium.PdfDocument:
    if b"%PDF-" not in data[:1024]:
        raise DocumentNotRead("it is not a PDF, whatever its name says: save it as PDF from the program it came from")
    if b"%%EOF" not in data.rstrip(b"\x00\r\n\t ")[-END_MARK_REACH:]:
        raise DocumentNotRead("it was cut short, its end is missing: copy or download it again")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentNotRead("it is locked with a password: save it again without one") from error
        if error.err_code == raw.FPDF_ERR_SECURITY:
            raise DocumentNotRead(
                "it is locked in a way that is not known: save it again without protection"
            ) from error
        raise DocumentNotRead("it is damaged: save it again as PDF from the program it came from") from error
    if len(document) == 0:
        document.close()
        raise DocumentNotRead("it has no pages: save it again as PDF from the program it came from")
    return document


def _page(document: pdfium.PdfDocument, number: int) -> Page:
    try:
        return read_page(document, number)
    except pdfium.PdfiumError as error:
        raise DocumentNotRead(
            f"page {number} is damaged: save it again as PDF from the program it came from"
        ) from error


def _need_text(pages: Sequence[Page]) -> None:
    characters = sum(len(line.text) for page in pages for line in _lines_of(page.items))
    unreadable = sum(page.unreadable for page in pages)
    if unreadable > UNREADABLE_SHARE * (characters + unreadable):
        raise DocumentNotRead(
            "its fonts do not say which letters they show, so its text cannot be read: "
            "save it again as PDF from the program it came from, or run OCR on it"
        )
    if characters:
        return
    which = "its page" if len(pages) == 1 else f"any of its {len(pages)} pages"
    if any(page.has_picture for page in pages):
        raise DocumentNotRead(f"no text on {which}: it is probably a scan; run OCR on it and save again")
    if all(page.is_blank for page in pages):
        raise DocumentNotRead(
            f"nothing on {which} can be read: it is damaged or blank; save it again from the program it came from"
        )
    raise DocumentNotRead(f"no text on {which}: its letters are drawn as shapes; run OCR on it and save again")


def _warnings(pages: Sequence[Page]) -> Iterator[str]:
    scanned = [page.number for page in pages if page.has_picture and not page.items]
    if scanned:
        numbers = ", ".join(map(str, scanned))
        pages_words = "pages" if len(scanned) > 1 else "page"
        yield f"no text on {pages_words} {numbers}: probably scanned; run OCR on it and save again"


@dataclass(frozen=True)
class _Bookmark:
    level: int
    """From 1."""
    words: str


def _bookmarks(document: pdfium.PdfDocument) -> dict[int, list[_Bookmark]]:
    """The bookmarks by the page they lead to, from 1."""
    found: dict[int, list[_Bookmark]] = {}
    for entry in document.get_toc(max_depth=6):
        target = entry.get_dest()
        index = target.get_index() if target is not None else None
        if index is not None:
            found.setdefault(index + 1, []).append(_Bookmark(entry.level + 1, _letters(entry.get_title())))
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


# ── what every page repeats ──────────────────────────────────────────────────────────────────────────────────────────


def _lines_of(items: Iterable[Line | Table]) -> Iterator[Line]:
    for item in items:
        if isinstance(item, Line):
            yield item
        else:
            for cell in item.cells:
                yield from cell.lines


def _without_margins(pages: Sequence[Page]) -> tuple[list[str], list[list[Line | Table]]]:
    """The lines of running headers and footers, each once, and the items of each page without them.

    A running line is in the margin and stands there on several pages, word for word; its digits may differ, unless it
    is set as a heading is ("Week 4"). A page number alone is one.
    """
    size = _body_size([page.items for page in pages])
    alike: dict[tuple[str, int, float], Counter[str]] = {}
    for page in pages:
        for line in _margin_lines(page):
            alike.setdefault(_margin_key(line, page), Counter())[line.text] += 1
    enough = 2 if len(pages) < 6 else 3

    def is_running(line: Line, page: Page) -> bool:
        texts = alike[_margin_key(line, page)]
        is_set_apart = line.size >= size * LARGER or line.is_bold
        same = texts[line.text] if is_set_apart else texts.total()
        return same >= enough or PAGE_NUMBER.fullmatch(line.text.strip()) is not None

    margins: dict[str, None] = {}
    flow: list[list[Line | Table]] = []
    for page in pages:
        running = [line for line in _margin_lines(page) if is_running(line, page)]
        if len(running) == len(page.items):  # what a page has nothing beside is its text, and not what runs along it
            running = [line for line in running if PAGE_NUMBER.fullmatch(line.text.strip())]
        margins |= dict.fromkeys(fold(line.text) for line in running)
        dropped = set(map(id, running))
        flow.append([item for item in page.items if id(item) not in dropped])
    return [text for text in margins if re.search(r"[A-Za-z]{3}", text)], flow


def _margin_lines(page: Page) -> Iterator[Line]:
    top, bottom = page.height * MARGIN_SHARE, page.height * (1 - MARGIN_SHARE)
    for item in page.items:
        if isinstance(item, Line) and (item.bottom < top or item.top > bottom):
            yield item


def _margin_key(line: Line, page: Page) -> tuple[str, int, float]:
    """What makes lines of two pages the same: their words but for digits, their height on the page, their type."""
    return re.sub(r"\d+", "#", line.text.casefold()), round(min(line.top, page.height - line.top) / 6), line.size


# ── how the body looks ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Look:
    """The body's type: its size, the distance between its lines as a multiple of it, and the words it uses."""

    size: float
    pitch: float
    words: frozenset[str]

    @staticmethod
    def of(flow: Sequence[Sequence[Line | Table]]) -> _Look:
        pitches: Counter[float] = Counter()
        words: set[str] = set()
        for items in flow:
            lines = list(_lines_of(items))
            words.update(_whole_words(lines))
            for before, line in pairwise(lines):
                step = line.bottom - before.bottom
                if before.size == line.size and 0 < step < 3 * line.size:
                    pitches[round(step / line.size, 1)] += len(line.text)
        pitch = pitches.most_common(1)[0][0] if pitches else 1.2
        return _Look(_body_size(flow), pitch, frozenset(words))


def _body_size(flow: Sequence[Sequence[Line | Table]]) -> float:
    """The type size of most characters."""
    sizes: Counter[float] = Counter()
    for items in flow:
        for line in _lines_of(items):
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 11.0


_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def _whole_words(lines: Sequence[Line]) -> Iterator[str]:
    """The words of the lines, in lower case, without the halves of those that a line's end breaks."""
    is_broken = False
    for line in lines:
        text = line.text.lower().rstrip()
        if is_broken:
            text = _WORD.sub("", text, count=1)
        is_broken = text.endswith(("-", SOFT_HYPHEN))
        yield from _WORD.findall(re.sub(r"[a-z-]+$", "", text.rstrip(SOFT_HYPHEN)) if is_broken else text)


def _title(
    flow: Sequence[Sequence[Line | Table]], body: _Look, bookmarks: dict[int, list[_Bookmark]]
) -> tuple[list[str], frozenset[int]]:
    """The words set largest on the first page, and the lines (by id) that are therefore no headings: the title's own
    where no later page has such type; all of the first page's where it is a cover."""
    first = [item for item in flow[0] if isinstance(item, Line)]
    large = max((line.size for line in first), default=0.0)
    if large < body.size * TITLE_LARGER:
        return [], frozenset()
    start = next(index for index, line in enumerate(first) if line.size == large)
    run = _run_from(first, start, large)
    title = _joined(run, body.words)
    marked = {bookmark.words for bookmark in bookmarks.get(1, [])}
    if _heads_a_section(title, marked):
        return [title], frozenset()
    words = sum(len(line.text.split()) for line in _lines_of(flow[0]))
    has_sections = any(_heads_a_section(line.text, marked) for line in first if line.size > body.size)
    if len(flow) > 1 and words <= MAX_COVER_WORDS and not has_sections:
        return [title], frozenset(map(id, first))
    is_alone = len(run) == sum(1 for items in flow for line in _lines_of(items) if line.size >= large)
    return [title], frozenset(map(id, run)) if is_alone else frozenset()


def _heads_a_section(text: str, marked: set[str]) -> bool:
    return bool(CONTENTS_HEADING.fullmatch(text) or _NUMBERED.match(text)) or _letters(text) in marked


def _run_from(lines: list[Line], start: int, size: float) -> list[Line]:
    end = start
    while end < len(lines) and lines[end].size == size:
        end += 1
    return lines[start:end]


# ── lines into pieces ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Piece:
    """A paragraph, an item or a heading, of one or more lines. `level` > 0: a heading of that level."""

    lines: list[Line]
    kind: BlockKind = "paragraph"
    level: int = 0
    text: str = ""

    @property
    def locator(self) -> Locator:
        return Locator("page", self.lines[0].page, self.lines[-1].page)


@dataclass(frozen=True)
class _Grid:
    """A data table's rows, ready to be written."""

    rows: list[tuple[str, ...]]
    locators: list[Locator]
    headers: int


_Written = _Piece | _Grid


def _pieces(
    flow: Sequence[Sequence[Line | Table]],
    body: _Look,
    bookmarks: dict[int, list[_Bookmark]],
    title_lines: frozenset[int],
) -> list[_Written]:
    reader = _Reader(body, bookmarks, title_lines)
    for items in flow:
        reader.read_page_items(list(items))
    return reader.finish()


@dataclass
class _Reader:
    """Walks the pages in order and gathers pieces; knows what is open across a page break: a paragraph, a table."""

    body: _Look
    bookmarks: dict[int, list[_Bookmark]]
    title_lines: frozenset[int]
    written: list[_Written] = field(default_factory=list)
    notes: list[_Piece] = field(default_factory=list)
    table: _OpenTable | None = None
    layout: Table | None = None
    """The layout in columns read last, which may run over the page."""
    columns: tuple[str, ...] = ()
    """The headings of a layout in columns that may run over the page."""

    def read_page_items(self, items: list[Line | Table]) -> None:
        items, notes = self._without_notes(items)
        run: list[Line] = []
        for item in items:
            if isinstance(item, Line):
                run.append(item)
                continue
            self._read_lines(run)
            run = []
            self._read_table(item)
        self._read_lines(run)
        for note in self._split(notes, headings=False):
            self.notes.append(note)

    def finish(self) -> list[_Written]:
        self._close_table()
        self._place_notes()
        return self.written

    # ── prose ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _without_notes(self, items: list[Line | Table]) -> tuple[list[Line | Table], list[Line]]:
        """The page's items, and its footnotes: the small type that ends the page, from a number on."""
        start = len(items)
        for index in range(len(items) - 1, -1, -1):
            item = items[index]
            if not isinstance(item, Line) or item.size > self.body.size * SMALLER:
                break
            if _NOTE.match(item.text):
                start = index
        notes = [item for item in items[start:] if isinstance(item, Line)]
        if start == 0:  # a page all in small type is no footnote
            return items, []
        return items[:start], notes

    def _read_lines(self, lines: list[Line]) -> None:
        if not lines:
            return
        self._close_table()
        pieces = self._split(lines, headings=True)
        open_piece = self._open_paragraph()
        if open_piece is not None and pieces and self._runs_on(open_piece, pieces[0]):
            open_piece.lines += pieces.pop(0).lines
        self._place_notes()
        self.written += pieces

    def _open_paragraph(self) -> _Piece | None:
        last = self.written[-1] if self.written else None
        return last if isinstance(last, _Piece) and not last.level else None

    def _runs_on(self, open_piece: _Piece, piece: _Piece) -> bool:
        """Whether a paragraph that ended with its page goes on with the next one's first lines."""
        before, line = open_piece.lines[-1], piece.lines[0]
        if piece.level or piece.kind == "list_item" or abs(before.size - line.size) > 0.6:
            return False
        if line.page != before.page + 1 or _starts_clause(line.text):
            return False
        ends = before.text.rstrip().endswith((".", "!", "?", ":", ";", ".”", ".’"))
        return not ends and (line.text[:1].islower() or not before.is_bold or line.is_bold)

    def _place_notes(self) -> None:
        self.written += self.notes
        self.notes = []

    def _split(self, lines: list[Line], *, headings: bool) -> list[_Piece]:
        """Paragraphs, items and headings of lines that stand in one column."""
        right = max((line.x1 for line in lines), default=0.0)
        left = min((line.x0 for line in lines), default=0.0)
        pieces: list[_Piece] = []
        for line in lines:
            is_heading = headings and self._is_heading_like(line)
            if pieces and self._continues(pieces[-1], line, is_heading, left, right):
                pieces[-1].lines.append(line)
                continue
            kind, _ = item_of(line.text)
            if kind == "list_item" and _starts_clause(line.text):
                kind = "paragraph"
            pieces.append(_Piece([line], kind, level=1 if is_heading else 0))
        return self._settled(pieces) if headings else pieces

    def _is_heading_like(self, line: Line) -> bool:
        if id(line) in self.title_lines or not re.search(r"[A-Za-z]", line.text):
            return False
        return line.size >= self.body.size * LARGER or (line.is_bold and line.size >= self.body.size * 0.8)

    def _continues(self, piece: _Piece, line: Line, is_heading: bool, left: float, right: float) -> bool:
        before = piece.lines[-1]
        if bool(piece.level) != is_heading or abs(before.size - line.size) > 0.6:
            return False
        if (before.is_bold != line.is_bold) and (is_heading or _ends_sentence(before.text)):
            return False
        step = line.bottom - before.bottom
        # Large type is set further apart in some documents.
        reach = max(self.body.pitch * 1.22, 1.15, 1.8 if is_heading else 0.0) * max(line.size, 1.0)
        if not 0 < step <= reach:
            return False
        marker, _ = item_of(line.text)
        if marker == "list_item" or _starts_clause(line.text):
            return False
        if line.size <= self.body.size * SMALLER and _NOTE.match(line.text):
            return False
        # A line that ends well before the margin was ended by its writer, if a sentence ends or a name begins there.
        was_short = before.x1 < right - SHORT_LINE * (right - left)
        if was_short and not is_heading and (_ends_sentence(before.text) or not line.text[:1].islower()):
            return False
        # An item hangs from its bullet: a line back at the margin after a full stop is not the item's.
        is_out_of_item = piece.kind == "list_item" and len(piece.lines) > 1 and line.x0 < before.x0 - 3
        return not (is_out_of_item and _ends_sentence(before.text))

    def _settled(self, pieces: list[_Piece]) -> list[_Piece]:
        """The pieces, headings confirmed by what stands beneath them, or made paragraphs again."""
        for index, piece in enumerate(pieces):
            if not piece.level:
                continue
            text = _joined(piece.lines, self.body.words)
            piece.level = self._level(piece, text, pieces[index + 1] if index + 1 < len(pieces) else None)
        return pieces

    def _level(self, piece: _Piece, text: str, following: _Piece | None) -> int:
        line = piece.lines[0]
        letters = _letters(text)
        for bookmark in self.bookmarks.get(line.page, []):
            if bookmark.words and (letters == bookmark.words or letters.endswith(bookmark.words)):
                return bookmark.level
        words = len(text.split())
        is_larger = line.size >= self.body.size * LARGER
        if words > (MAX_HEADING_WORDS if is_larger else MAX_BOLD_HEADING_WORDS) or text.endswith((".", ",", ";")):
            return 0
        if not is_larger and (text.endswith(":") or (piece.kind == "list_item" and not _NUMBERED.match(text))):
            return 0
        if re.fullmatch(r"[\W\d]*", text):
            return 0
        return UNRANKED

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_table(self, table: Table) -> None:
        if _is_layout(table) or (self.table is None and _goes_on(self.layout, table)):
            self._close_table()
            self._read_layout(table)
            self.layout = table
            return
        self.layout = None
        rows, locators = _rows_of(table, self.body.words)
        if self.table is not None and self.table.takes(table):
            self.table.add(rows, locators)
            return
        self._close_table()
        self._place_notes()
        self.table = _OpenTable(table, list(rows), list(locators), _header_rows(table))

    def _close_table(self) -> None:
        if self.table is not None:
            self.written.append(_Grid(self.table.rows, self.table.locators, self.table.headers))
            self.table = None

    def _read_layout(self, table: Table) -> None:
        """A table that only places text: rows from the top, the cells of a row from the left. A row of short cells
        over a row of long ones names the columns, which stays so when the table runs over the page."""
        by_row: dict[int, list[Cell]] = {}
        for cell in table.cells:
            by_row.setdefault(cell.row, []).append(cell)
        for number, cells in sorted(by_row.items()):
            if len(cells) == 1:
                self.columns = ()
                self._read_lines(list(cells[0].lines))
                continue
            below = by_row.get(number + 1, [])
            if len(below) == len(cells) and _names_columns(cells):
                self.columns = tuple(_joined(cell.lines, self.body.words) for cell in cells)
                continue
            for column, cell in enumerate(cells):
                if cell.lines and len(self.columns) == len(cells) and self.columns[column]:
                    self._place_notes()
                    self.written.append(
                        _Piece([replace(cell.lines[0])], level=COLUMN_HEADING, text=self.columns[column])
                    )
                self._read_lines(list(cell.lines))


UNRANKED = 99
"""The level of a heading whose rank is found from its type, once all are known."""
COLUMN_HEADING = 98
"""The level of a column's heading: one below the heading in force."""

_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.|(?:section|part|appendix|annex|chapter)\s+\w+)\s*[:.–-]?\s+\S", re.I
)
_CLAUSE = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[A-Z(“‘\"']")
_NOTE = re.compile(r"\d{1,3}\s+\S")


def _starts_clause(text: str) -> bool:
    return bool(_CLAUSE.match(text))


def _ends_sentence(text: str) -> bool:
    return text.rstrip(" \"'”’)").endswith((".", "!", "?", ":", ";"))


def _joined(lines: Sequence[Line], known_words: frozenset[str]) -> str:
    """The lines as one text. A hyphen at a line's end stays where the document writes the word with one, and goes where
    it writes it without, or where the two halves are no words of it."""
    text = ""
    for line in lines:
        words = line.text.strip()
        if text.endswith((SOFT_HYPHEN, "-")) and words[:1].islower():
            head, tail = text[:-1], words
            first = re.search(r"[A-Za-z]+(?:-[A-Za-z]+)*$", head)
            second = re.match(r"[A-Za-z]+", tail)
            if first and second:
                text = head + _hyphen(first[0].lower(), second[0].lower(), known_words) + tail
                continue
        if text.endswith(SOFT_HYPHEN):
            text = text[:-1] + "-"
            text += words if text[-2:-1].strip() else f" {words}"
            continue
        text = f"{text} {words}" if text else words
    return fold(text.removesuffix(SOFT_HYPHEN) + "-" if text.endswith(SOFT_HYPHEN) else text)


def _hyphen(first: str, second: str, known_words: frozenset[str]) -> str:
    if f"{first}-{second}" in known_words or "-" in first:
        return "-"
    if first + second in known_words:
        return ""
    return "-" if first in known_words and second in known_words else ""


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _OpenTable:
    """A data table that may run over the page."""

    first: Table
    rows: list[tuple[str, ...]]
    locators: list[Locator]
    headers: int
    last_page: int = 0

    def __post_init__(self) -> None:
        self.last_page = self.first.page

    def takes(self, table: Table) -> bool:
        """Whether a table at the head of the next page is this one going on: as many columns, at the same place."""
        return _goes_on(replace(self.first, page=self.last_page), table)

    def add(self, rows: Sequence[tuple[str, ...]], locators: Sequence[Locator]) -> None:
        """The rows of the next page, without the header where it is repeated. Another header follows as a row, for its
        words must not be lost."""
        repeated = 0
        while repeated < min(self.headers, len(rows)) and rows[repeated] == self.rows[repeated]:
            repeated += 1
        self.rows += rows[repeated:]
        self.locators += locators[repeated:]
        self.last_page += 1


def _goes_on(before: Table | None, table: Table) -> bool:
    """Whether a table is one of the page before going on: as many columns, at the same place."""
    if before is None or table.page != before.page + 1 or table.width != before.width:
        return False
    return abs(table.box[0] - before.box[0]) < 6 and abs(table.box[2] - before.box[2]) < 6


def _is_layout(table: Table) -> bool:
    """A table that only places text on the page: one column, or cells that hold paragraphs and lists."""
    if table.width == 1 or len([cell for cell in table.cells if cell.lines]) < 2:
        return True
    # A wide table with long cells is still read by its rows, and so is a column of labels beside one of text.
    return any(
        _holds_text(cell) and ((table.width == 2 and cell.column == 0) or _is_page_of_text(cell))
        for cell in table.cells
    )


def _holds_text(cell: Cell) -> bool:
    return _words(cell) > PROSE_CELL_WORDS and (_paragraphs(cell) > 2 or _items(cell) > 3)


def _is_page_of_text(cell: Cell) -> bool:
    return _words(cell) > 3 * PROSE_CELL_WORDS


def _words(cell: Cell) -> int:
    return sum(len(line.text.split()) for line in cell.lines)


def _paragraphs(cell: Cell) -> int:
    """About how many paragraphs: lines that start with a marker, or after a gap."""
    starts = 1
    for before, line in pairwise(cell.lines):
        if item_of(line.text)[0] == "list_item" or line.top - before.bottom > 0.6 * line.size:
            starts += 1
    return starts


def _items(cell: Cell) -> int:
    return sum(1 for line in cell.lines if item_of(line.text)[0] == "list_item")


def _names_columns(cells: Sequence[Cell]) -> bool:
    return all(0 < _words(cell) <= 8 for cell in cells) and all(
        line.is_bold or cell.is_filled for cell in cells for line in cell.lines
    )


def _rows_of(table: Table, known_words: frozenset[str]) -> tuple[list[tuple[str, ...]], list[Locator]]:
    """The words by row and column. A cell over several columns stands in its first; one over several rows in each, for
    a row is read alone."""
    grid = [[""] * table.width for _ in range(table.height)]
    for cell in table.cells:
        words = _joined(cell.lines, known_words)
        for row in range(cell.row, min(cell.row + cell.rows, table.height)):
            grid[row][cell.column] = words
    return [tuple(row) for row in grid], [Locator("page", table.page, table.page)] * table.height


def _header_rows(table: Table) -> int:
    """1 where the first row alone is bold or on a ground of its own; 0 where nothing sets it apart."""
    first = [cell for cell in table.cells if cell.row == 0 and cell.lines]
    second = [cell for cell in table.cells if cell.row == 1 and cell.lines]
    if len(first) < 2 or not second:
        return 0
    if all(_is_bold(cell) for cell in first) and not all(_is_bold(cell) for cell in second):
        return 1
    return 1 if all(cell.is_filled for cell in first) and not all(cell.is_filled for cell in second) else 0


def _is_bold(cell: Cell) -> bool:
    return all(line.is_bold for line in cell.lines)


# ── pieces into sections ─────────────────────────────────────────────────────────────────────────────────────────────


def _write(outline: Outline, pieces: list[_Written], body: _Look) -> None:
    levels = _levels(pieces)
    level = 0
    contents = False
    for piece in pieces:
        if isinstance(piece, _Grid):
            outline.table(piece.rows, piece.locators, headers=piece.headers)
            continue
        text = piece.text or _joined(piece.lines, body.words)
        if contents and CONTENTS_LINE.search(text):
            for entry in _entries(piece.lines):
                outline.add("list_item", _joined(entry, body.words), piece.locator)
            continue
        contents = False
        if piece.level == COLUMN_HEADING:
            outline.heading(level + 1, text)
            continue
        if piece.level:
            contents = bool(CONTENTS_HEADING.fullmatch(text))
            level = levels[id(piece)]
            outline.heading(level, text)
            continue
        _, words = item_of(text)
        outline.add(piece.kind, words, piece.locator)


def _entries(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of a contents list by entry: each ends with its page number."""
    entry: list[Line] = []
    for line in lines:
        entry.append(line)
        if CONTENTS_LINE.search(line.text.rstrip()):
            yield entry
            entry = []
    if entry:
        yield entry


def _levels(pieces: Sequence[_Written]) -> dict[int, int]:
    """The level of each heading by the id of its piece: a bookmark's, else that of the bookmarked headings that look
    the same, else by rank of type, largest first; a number "5.2" goes one below "5" of the same type."""
    headings = [
        piece for piece in pieces if isinstance(piece, _Piece) and piece.level and piece.level != COLUMN_HEADING
    ]
    known: dict[tuple[float, bool], Counter[int]] = {}
    for piece in headings:
        if piece.level != UNRANKED:
            known.setdefault(_type_of(piece), Counter())[piece.level] += 1
    rank: dict[tuple[float, bool], int] = {}
    above = 0
    for look in sorted({_type_of(piece) for piece in headings}, reverse=True):
        above = known[look].most_common(1)[0][0] if look in known else above + 1
        rank[look] = above
    levels = {}
    for piece in headings:
        level = rank[_type_of(piece)] if piece.level == UNRANKED else piece.level
        number = re.match(r"\d{1,2}((?:\.\d{1,2})+)", piece.lines[0].text)
        if piece.level == UNRANKED and number and _mixes_depths(headings, _type_of(piece)):
            level += number[1].count(".")
        levels[id(piece)] = level
    return levels


def _mixes_depths(headings: Sequence[_Piece], look: tuple[float, bool]) -> bool:
    """Whether headings of this type are numbered both "5" and "5.2"."""
    depths = {
        found[0].count(".")
        for piece in headings
        if _type_of(piece) == look and (found := re.match(r"\d{1,2}(?:\.\d{1,2})*", piece.lines[0].text))
    }
    return len(depths) > 1


def _type_of(piece: _Piece) -> tuple[float, bool]:
    return round(piece.lines[0].size), piece.lines[0].is_bold
