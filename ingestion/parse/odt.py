"""What does an OpenDocument text say, in the order of its body?

The package is a zip of a few XML parts, which lxml reads with entities, network and huge trees switched off. odfdo and
odfpy hand out the same XML with a class around each element: for the numbers of lists, the cells that a merged one
covers, what a style inherits and where pages end, it has to be walked all the same.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any

from lxml import etree

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.parse.odt_styles import (
    DRAW,
    HREF,
    MANIFEST,
    MATH,
    META,
    OFFICE,
    PARAGRAPHS,
    STYLE,
    TABLE,
    TEXT,
    TITLE,
    Numbered,
    Numbering,
    OpenList,
    Style,
    Styles,
)
from ingestion.parse.reading import Reading, fold
from ingestion.parse.wordprocessor import (
    MAX_COLUMNS,
    MAX_PARAGRAPHS,
    Cell,
    Item,
    Pages,
    Paragraph,
    Span,
    Words,
    outline_of,
    refuse_too_long,
    table_items,
    titles_of,
)

MAX_ROWS_REPEATED = 64
"""A row of words that claims to repeat more often is told so many times."""

TEXT_KINDS = ("text", "text-template", "text-master", "text-master-template")
OTHER_KINDS = {"spreadsheet": "spreadsheet", "presentation": "presentation", "graphics": "drawing"}


def read_odt(data: bytes) -> Reading:
    """The text of an OpenDocument text or template under its headings. Raises DocumentNotRead: none, one under a
    password, another kind of OpenDocument file, a damaged one."""
    package = _Package(data)
    content, styles = package.part("content.xml"), package.part("styles.xml")
    text = content.find(f"{OFFICE}body/{OFFICE}text") if content is not None else None
    if content is None or text is None:
        raise DocumentNotRead("there is no text document in it: open it in LibreOffice and save it as .odt")
    refuse_too_long(paragraphs=_PARAGRAPH_COUNT(text), runs=_RUN_COUNT(text))
    body = _Body(Styles(styles, content), package)
    items = list(body.items(text))
    title, page_count = _properties(package)
    # Word leaves out some of its marks when it saves as ODT, and then the pages after them would be wrong ones.
    has_pages = body.pages.are_known(items) and page_count in (None, body.pages.number)
    return Reading(
        sections=outline_of(items, has_pages=has_pages).sections(),
        cover=Cover(
            titles=tuple(titles_of(items, title)),
            margins=tuple(_margins(styles)) if styles is not None else (),
        ),
    )


_PARAGRAPH_COUNT, _RUN_COUNT = (
    etree.XPath(f"count({path})", namespaces={"text": TEXT.strip("{}")}, smart_strings=False)
    for path in (".//text:p | .//text:h", ".//text:span")
)


# ── the package ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Package:
    """The parts of an OpenDocument file."""

    def __init__(self, data: bytes) -> None:
        try:
            self.archive = zipfile.ZipFile(BytesIO(data))
        except zipfile.BadZipFile as error:
            raise DocumentNotRead(
                "it is not an OpenDocument text, or was cut short: open it in LibreOffice and save it again"
            ) from error
        self.names = frozenset(self.archive.namelist())
        manifest = self.part("META-INF/manifest.xml")
        if manifest is not None and next(manifest.iter(f"{MANIFEST}encryption-data"), None) is not None:
            raise DocumentNotRead("it is locked with a password: save it again without one")
        kind = self._bytes("mimetype").decode("ascii", "replace").strip().rpartition("opendocument.")[2]
        if kind and kind not in TEXT_KINDS and kind.removesuffix("-template") in OTHER_KINDS:
            named = OTHER_KINDS[kind.removesuffix("-template")]
            raise DocumentNotRead(f"it is an OpenDocument {named} under the name of a text: save it as PDF")
        if "content.xml" not in self.names:
            raise DocumentNotRead(
                "it is a zip archive without an OpenDocument text in it: save it from LibreOffice as .odt"
            )

    def part(self, name: str) -> Any:
        """The root of an XML part; None where the package has none of that name."""
        if name not in self.names:
            return None
        parser = etree.XMLParser(
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,  # LibreOffice gives one list's id to each part of it, which is no fault to refuse it for
        )
        try:
            return etree.fromstring(self._bytes(name), parser)
        except etree.XMLSyntaxError as error:
            raise DocumentNotRead(f"its part {name} is damaged: open it in LibreOffice and save it again") from error

    def _bytes(self, name: str) -> bytes:
        if name not in self.names:
            return b""
        try:
            return self.archive.read(name)
        except RuntimeError as error:  # what zipfile raises for an entry under a password
            raise DocumentNotRead("it is locked with a password: save it again without one") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise DocumentNotRead(f"its part {name} is damaged: open it in LibreOffice and save it again") from error


def _properties(package: _Package) -> tuple[str, int | None]:
    """The title that the file states of itself, and how many pages it says it has; None where it does not say (1 is
    what programs write that did not count)."""
    meta = package.part("meta.xml")
    if meta is None:
        return "", None
    statistic = next(meta.iter(f"{META}document-statistic"), None)
    stated = statistic.get(f"{META}page-count", "") if statistic is not None else ""
    return meta.findtext(f".//{TITLE}") or "", int(stated) if stated.isdigit() and stated not in ("0", "1") else None


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_INDEXES = frozenset(
    f"{TEXT}{name}"
    for name in ("table-of-content", "illustration-index", "table-index", "object-index", "user-index",
                 "alphabetical-index", "bibliography")
)  # fmt: skip
_NOT_READ = frozenset({
    f"{TEXT}tracked-changes",  # holds what was deleted; what was inserted stands in the text
    f"{OFFICE}annotation", f"{OFFICE}annotation-end", f"{OFFICE}forms", f"{OFFICE}event-listeners",
    f"{TEXT}ruby-text", f"{TEXT}script", f"{TEXT}note-citation", f"{TEXT}index-title-template",
    f"{TEXT}hidden-paragraph",
})  # fmt: skip


class _Body:
    """Walks a document's body: paragraphs and tables in reading order, each with its pages and its look."""

    def __init__(self, styles: Styles, package: _Package) -> None:
        self.styles = styles
        self.package = package
        self.numbering = Numbering(styles)
        self.pages = Pages()
        self.is_top = True
        """Nothing stands yet on this page, so that a break asked for here is the one that made the page."""
        self.depth = 0
        """How many cells and boxes are open: within these no paragraph starts a page."""

    def items(self, parent: Any, *, entry: str = "") -> Iterator[Item]:
        """What stands in a container; `entry` is the style that entries of a contents list are read under."""
        for element in parent:
            if element.tag in PARAGRAPHS:
                yield from self._paragraph(element, entry=entry)
            elif element.tag == f"{TEXT}list":
                yield from self._list(element, self.numbering.opened(element))
            elif element.tag == f"{TABLE}table":
                yield from self._table(element)
            elif element.tag == f"{TEXT}soft-page-break":
                self._page_ends()
            elif element.tag in _INDEXES:
                body = element.find(f"{TEXT}index-body")
                if body is not None:
                    yield from self.items(body, entry="toc 1" if element.tag == f"{TEXT}table-of-content" else "")
            elif element.tag == f"{TEXT}index-title":
                yield from self.items(element, entry="toc heading" if entry else "")
            elif element.tag.startswith(DRAW):
                stated = element.get(f"{TEXT}anchor-page-number", "")
                page = int(stated) if re.fullmatch(r"[1-9]\d{0,4}", stated) else self.pages.number
                for box in _boxes(element):
                    yield from self._boxed(box, page)
            elif element.tag not in _NOT_READ and not self.styles.hides(element):
                yield from self.items(element, entry=entry)

    def _enclosed(self, parent: Any) -> list[Item]:
        """What stands in a cell or a box."""
        self.depth += 1
        items = list(self.items(parent))
        self.depth -= 1
        return items

    def _boxed(self, box: Any, page: int) -> list[Item]:
        with self.pages.held(page):
            return self._enclosed(box)

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _page_ends(self) -> None:
        self.pages.render()
        self.is_top = True

    def _page_starts(self, style: Style) -> None:
        """Before a paragraph or a table. Word marks also the breaks that were asked for, right before them."""
        if style.breaks_before and not self.is_top and not self.depth:
            self.pages.ask()
        self.is_top = False

    # ── paragraphs and lists ─────────────────────────────────────────────────────────────────────────────────────────

    def _paragraph(self, element: Any, *, entry: str = "", numbered: Numbered | None = None) -> Iterator[Item]:
        style = self.styles.of("paragraph", element.get(f"{TEXT}style-name"))
        self._page_starts(style)
        # Word writes a heading that is in a list as a paragraph of a heading's style.
        level = style.level if style.name != "toc heading" else 0
        if element.tag == f"{TEXT}h":
            stated = element.get(f"{TEXT}outline-level", "")
            level = int(stated) if stated.isdigit() and int(stated) > 0 else style.level or 1
            numbered = numbered or self.numbering.heading(element, level)
        words = Words()
        if not _is_hidden(element):
            self._gather(element, words, style)
        if fold(words.text):
            named = entry or style.name
            yield Paragraph(
                text=words.text,
                pages=words.pages,
                style=named,
                level=0 if named.startswith("toc ") else level,
                number=numbered.number if numbered else "",
                list_kind=numbered.kind if numbered else None,
                is_bold=words.is_bold,
                half_points=words.half_points,
            )
        for box, page in words.boxes:
            yield from self._boxed(box, page)
        for note, page in words.notes:
            yield Paragraph(note, Span(page, page))
        if style.breaks_after and not self.depth:
            self.pages.ask()
            self.is_top = True

    def _list(self, element: Any, list_: OpenList) -> Iterator[Item]:
        for item in element:
            if item.tag not in (f"{TEXT}list-item", f"{TEXT}list-header"):
                if item.tag == f"{TEXT}soft-page-break":
                    self._page_ends()
                continue
            numbered = None
            first = next((child for child in item if child.tag in PARAGRAPHS or child.tag == f"{TEXT}list"), None)
            if item.tag == f"{TEXT}list-item" and first is not None and first.tag in PARAGRAPHS:
                numbered = self.numbering.next(list_, item)
            is_first = True
            for child in item:
                if child.tag == f"{TEXT}list":
                    yield from self._list(child, self.numbering.deeper(child, list_, is_first=is_first))
                    is_first = False
                elif child.tag in PARAGRAPHS:
                    yield from self._paragraph(child, numbered=numbered)
                    numbered = None
                elif child.tag != f"{TEXT}number":
                    yield from self.items([child])

    def _gather(self, parent: Any, words: Words, style: Style) -> None:
        self._say(parent.text, words, style)
        for element in parent:
            name = element.tag
            if name == f"{TEXT}span":
                look = self.styles.within(style, element.get(f"{TEXT}style-name"))
                if not look.is_hidden:
                    self._gather(element, words, look)
            elif name in (f"{TEXT}s", f"{TEXT}tab"):
                words.parts.append(" " if name == f"{TEXT}s" else "\t")
            elif name == f"{TEXT}line-break":
                words.parts.append("\n")
            elif name == f"{TEXT}soft-page-break":
                self.pages.render()
            elif name == f"{TEXT}note":
                self._note(element, words)
            elif name.startswith(DRAW):
                self._drawing(element, words, style)
            elif name != f"{TEXT}number" and name not in _NOT_READ and not _is_hidden(element):
                self._gather(element, words, style)
            self._say(element.tail, words, style)

    def _say(self, text: str | None, words: Words, style: Style) -> None:
        if text and not style.is_hidden:
            words.say(text, self.pages, is_bold=style.is_bold, half_points=style.half_points)

    def _note(self, note: Any, words: Words) -> None:
        body = note.find(f"{TEXT}note-body")
        text = fold(" ".join(_plain(paragraph) for paragraph in body.iter(*PARAGRAPHS))) if body is not None else ""
        if text:
            words.notes.append((text, self.pages.number))

    def _drawing(self, drawing: Any, words: Words, style: Style) -> None:
        """A formula is said in its line; the words of boxes and shapes follow their paragraph."""
        for object_ in drawing.iter(f"{DRAW}object"):
            name = f"{object_.get(HREF, '').removeprefix('./').rstrip('/')}/content.xml"
            root = self.package.part(name)
            if root is not None and root.tag == f"{MATH}math":
                parts = root.iter(*(f"{MATH}{kind}" for kind in ("mi", "mn", "mo", "mtext")))
                self._say("".join(part.text or "" for part in parts), words, style)
        words.boxes += [(box, self.pages.number) for box in _boxes(drawing)]

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self, table: Any) -> Iterator[Item]:
        style = self.styles.of("table", table.get(f"{TABLE}style-name"))
        self._page_starts(style)
        grid: list[list[Cell]] = []
        marked: list[bool] = []
        columns = 0
        spans: dict[int, tuple[int, int]] = {}  # column → rows still to come of the cell above, and its columns
        declared = sum(_count(column, "number-columns-repeated") for column in table.iter(f"{TABLE}table-column"))
        for row, is_header in self._rows(table):
            cells = self._row(row, spans)
            # LibreOffice ends some rows with a cell beyond the last column, where Word had left the row shorter.
            while cells and not cells[-1].items and 0 < declared <= sum(cell.columns for cell in cells[:-1]):
                cells.pop()
            repeated = min(_count(row, "number-rows-repeated"), MAX_ROWS_REPEATED) if _has_words(cells) else 1
            grid += [cells] * repeated
            marked += [is_header] * repeated
            columns += sum(cell.columns for cell in cells) * repeated
            refuse_too_long(paragraphs=0, runs=columns)
        # Tables that repeat their rows within rows that repeat grow with each that is around them.
        items = list(islice(table_items(grid, page=self.pages.number, marked=marked), MAX_PARAGRAPHS + 1))
        refuse_too_long(paragraphs=len(items), runs=0)
        yield from items

    def _rows(self, parent: Any, *, is_header: bool = False) -> Iterator[tuple[Any, bool]]:
        for element in parent:
            if element.tag == f"{TABLE}table-row":
                yield element, is_header
            elif element.tag == f"{TEXT}soft-page-break":
                self._page_ends()
            elif element.tag in (f"{TABLE}table-header-rows", f"{TABLE}table-rows", f"{TABLE}table-row-group"):
                yield from self._rows(element, is_header=is_header or element.tag == f"{TABLE}table-header-rows")

    def _row(self, row: Any, spans: dict[int, tuple[int, int]]) -> list[Cell]:
        """The cells of a row. They start on one page: where a row runs over, each of its cells may say so."""
        start, asked = self.pages.number, self.pages.asked
        end = start
        cells: list[Cell] = []
        column = 0
        covered = 0  # columns to the right that the cell before runs over
        for element in row:
            times = min(_count(element, "number-columns-repeated"), MAX_COLUMNS)
            if element.tag == f"{TABLE}covered-table-cell":
                for _ in range(times):
                    rows, columns = spans.pop(column, (0, 0))
                    if rows:
                        cells.append(Cell(columns=columns, continues_above=True))
                        spans[column] = (rows - 1, columns)
                        covered = columns
                    elif not covered:
                        cells.append(Cell())  # a file that says of no cell what covers this one
                        covered = 1
                    covered -= 1
                    column += 1
                continue
            if element.tag != f"{TABLE}table-cell":
                continue
            self.pages.number, self.pages.asked = start, asked
            items = tuple(self._enclosed(element))
            end = max(end, self.pages.number)
            columns = min(_count(element, "number-columns-spanned"), MAX_COLUMNS)
            rows = min(_count(element, "number-rows-spanned"), 10_000)
            style = self.styles.of("table-cell", element.get(f"{TABLE}style-name"))
            for _ in range(times):
                cells.append(Cell(items=items, columns=columns, fill=style.fill))
                spans[column] = (rows - 1, columns)
                covered = columns - 1
                column += 1
        self.pages.number = end
        return cells


def _boxes(drawing: Any) -> Iterator[Any]:
    """What of a drawing holds words: text boxes, and shapes with words of their own; of frames, groups and links what
    is in them."""
    if drawing.tag == f"{DRAW}text-box" or any(child.tag in PARAGRAPHS | {f"{TEXT}list"} for child in drawing):
        yield drawing
        return
    for element in drawing:
        if element.tag.startswith(DRAW):
            yield from _boxes(element)


def _plain(paragraph: Any) -> str:
    """A paragraph's words where only words count; not those of paragraphs in boxes within it, nor comments."""
    parts = [paragraph.text or ""]
    for element in paragraph:
        if element.tag in (f"{TEXT}s", f"{TEXT}line-break"):
            parts.append(" ")
        elif element.tag == f"{TEXT}tab":
            parts.append("\t")
        elif element.tag not in _NOT_READ and element.tag not in PARAGRAPHS and element.tag != f"{TEXT}note":
            parts.append(_plain(element))
        parts.append(element.tail or "")
    return "".join(parts)


def _is_hidden(element: Any) -> bool:
    """Text that the file says its condition hides."""
    if element.get(f"{TEXT}is-hidden") == "true":
        return True
    return any(child.get(f"{TEXT}is-hidden") == "true" for child in element.iterchildren(f"{TEXT}hidden-paragraph"))


def _count(element: Any, name: str) -> int:
    stated = element.get(f"{TABLE}{name}", "")
    return max(int(stated), 1) if re.fullmatch(r"\d{1,9}", stated) else 1


def _has_words(cells: list[Cell]) -> bool:
    return any(cell.items for cell in cells)


# ── margins ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _margins(styles: Any) -> Iterator[str]:
    """The lines of page headers and footers, watermarks among them, each once."""
    seen: set[str] = set()
    for page in styles.iter(f"{STYLE}master-page"):
        for margin in page:
            if not re.match(r"(?:header|footer)", margin.tag.rpartition("}")[2]):
                continue
            for paragraph in margin.iter(*PARAGRAPHS):
                if any(above.tag in _NOT_READ for above in paragraph.iterancestors()):
                    continue
                line = "\t".join(filter(None, map(fold, _plain(paragraph).split("\t"))))
                if line and line not in seen:
                    seen.add(line)
                    yield line
