"""What does a PDF say, page by page?

bytes ─pdf_page→ lines and tables (drawn: pdf_rules, aligned: pdf_aligned; scanned: pdf_scans, by ocr)
      ─pdf_margins→ without what every page repeats ─pdf_flow→ paragraphs, headings, rows ─pdf_outline→ sections
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ingestion.contents import CONTENTS_HEADING
from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.parse.pdf_flow import NUMBERED, Bookmark, pieces_of
from ingestion.parse.pdf_layout import Item, Line, Page
from ingestion.parse.pdf_look import Look, joined, lines_of, only_letters
from ingestion.parse.pdf_margins import without_margins
from ingestion.parse.pdf_outline import write_outline
from ingestion.parse.pdf_page import read_page
from ingestion.parse.pdf_scans import COVERED, Scans, with_scans_read
from ingestion.parse.reading import Outline, Reading, fold

END_MARK_REACH = 4096
"""Bytes at the end among which "%%EOF" must stand; readers allow 1,024 and mail gateways add some."""
PICTURE_SHARE = 0.1
"""A picture over less of the page is a logo or an ornament."""

TITLE_LARGER = 1.3
"""A title is set in type at least this many times the body's."""
MAX_COVER_WORDS = 160
"""A first page of so few words, with a title, is a cover sheet: its large type names the document."""


def read_pdf(data: bytes) -> Reading:
    """The text of a PDF under its headings, a page locator on every block.

    Raises DocumentNotRead: locked, cut short, damaged, or without text. Pages without text among others are named in
    the warnings.
    """
    document = _opened(data)
    try:
        document.init_forms()
        pages = [_page(document, number) for number in range(1, len(document) + 1)]
        pages, scans = with_scans_read(document, pages)
        bookmarks = _bookmarks(document)
        stated_title = fold(document.get_metadata_value("Title"))
    finally:
        document.close()
    _need_text(pages, scans)
    margins, flow = without_margins(pages)
    body = Look.of(flow)
    titles, title_lines = _title(flow, body, bookmarks)
    outline = Outline()
    write_outline(outline, pieces_of(flow, body, bookmarks, title_lines), body)
    return Reading(
        outline.sections(),
        Cover(
            titles=tuple(filter(None, (*titles, stated_title))),
            margins=(*margins, *(text for page in pages for text in page.slanted)),
        ),
        warnings=tuple(_warnings(pages, scans)),
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


# ── what was not read ────────────────────────────────────────────────────────────────────────────────────────────────

_MEND = "install Tesseract on the machine that runs Staffroom, or run OCR on the file and save it again"

_MEND_OCR = "mend that, or run OCR on the file and save it again"


def _need_text(pages: Sequence[Page], scans: Scans) -> None:
    """Raise DocumentNotRead, with the reason, where no page has text."""
    if any(page.items for page in pages):
        return
    which = "its page" if len(pages) == 1 else f"any of its {len(pages)} pages"
    if all(page.is_blank for page in pages):
        raise DocumentNotRead(
            f"nothing on {which} can be read: it is damaged or blank; save it again from the program it came from"
        )
    if scans.needed:
        cause = "its letters are drawn as shapes" if not any(page.picture_share for page in pages) else "it is a scan"
        if any(page.unreadable for page in pages):
            cause = "its fonts do not say which letters they show"
        raise DocumentNotRead(f"needs OCR: no text on {which}, {cause}; {_MEND}")
    if scans.failed:
        number, reason = scans.failed[0]
        raise DocumentNotRead(f"page {number} could not be read by OCR: {reason}; {_MEND_OCR}")
    if scans.faint:
        raise DocumentNotRead(f"OCR could make out no text on {which}: scan it again, darker and straight")
    raise DocumentNotRead(
        f"no text on {which}, and OCR found no words there: put the document's text in it, or remove it"
    )


def _warnings(pages: Sequence[Page], scans: Scans) -> Iterator[str]:
    """What a reader should know of how the pages were read, and what was not, a sentence each."""
    if scans.read:
        were = "was read from a picture" if len(scans.read) == 1 else "were read from pictures"
        yield f"{_named(scans.read)} {were} by OCR: check quotations against the original"
    beneath = [page.number for page in pages if page.unseen > 0.5 * _characters(page) and page.picture_share >= COVERED]
    if beneath:
        are = "is a picture" if len(beneath) == 1 else "are pictures"
        yield f"{_named(beneath)} {are} whose words a scanner's OCR found: check quotations against the original"
    if scans.doubtful:
        was, is_ = ("was", "is") if len(scans.doubtful) == 1 else ("were", "are")
        yield f"{_named(scans.doubtful)} {was} read by OCR and {is_} hard to read: scan again, darker and straight"
    if scans.faint:
        yield f"{_named(scans.faint)} left out: OCR could not make out the words; scan again, darker and straight"
    pictures = [number for number in scans.wordless if pages[number - 1].picture_share >= PICTURE_SHARE]
    if pictures:
        yield f"OCR found no words on {_named(pictures)}: look whether there is a text that it should have found"
    for reason in dict.fromkeys(reason for _, reason in scans.failed):
        numbers = [number for number, why in scans.failed if why == reason]
        yield f"{_named(numbers)} could not be read by OCR: {reason}; {_MEND_OCR}"
    if scans.needed:
        yield f"needs OCR: no text on {_named(scans.needed)}; {_MEND}"


def _characters(page: Page) -> int:
    return sum(len(line.text) for line in lines_of(page.items))


def _named(numbers: Sequence[int]) -> str:
    """ "page 2", "pages 2 and 5", "pages 1–4, 7 and 9"."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], number]
        else:
            spans.append([number])
    words = ["–".join(map(str, span)) for span in spans]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"page{'s' if len(numbers) > 1 else ''} {listed}"


# ── its bookmarks and its title ──────────────────────────────────────────────────────────────────────────────────────


def _bookmarks(document: pdfium.PdfDocument) -> dict[int, list[Bookmark]]:
    """The bookmarks by the page they lead to, from 1."""
    found: dict[int, list[Bookmark]] = {}
    for entry in document.get_toc(max_depth=6):
        target = entry.get_dest()
        index = target.get_index() if target is not None else None
        if index is not None:
            found.setdefault(index + 1, []).append(Bookmark(entry.level + 1, only_letters(entry.get_title())))
    return found


def _title(
    flow: Sequence[Sequence[Item]], body: Look, bookmarks: dict[int, list[Bookmark]]
) -> tuple[list[str], frozenset[int]]:
    """The words set largest on the first page, and the lines (by id) that are therefore no headings: the title's own
    where no later page has such type; all of the first page's where it is a cover."""
    first = [item for item in flow[0] if isinstance(item, Line)]
    large = max((line.size for line in first), default=0.0)
    if large < body.size * TITLE_LARGER:
        return [], frozenset()
    start = next(index for index, line in enumerate(first) if line.size == large)
    run = _run_from(first, start, large)
    title = joined(run, body.words)
    marked = {bookmark.words for bookmark in bookmarks.get(1, [])}
    if heads_a_section(title, marked):
        return [title], frozenset()
    words = sum(len(line.text.split()) for line in lines_of(flow[0]))
    has_sections = any(heads_a_section(line.text, marked) for line in first if line.size > body.size)
    if len(flow) > 1 and words <= MAX_COVER_WORDS and not has_sections:
        return [title], frozenset(map(id, first))
    is_alone = len(run) == sum(1 for items in flow for line in lines_of(items) if line.size >= large)
    return [title], frozenset(map(id, run)) if is_alone else frozenset()


def heads_a_section(text: str, marked: set[str]) -> bool:
    return bool(CONTENTS_HEADING.fullmatch(text) or NUMBERED.match(text)) or only_letters(text) in marked


def _run_from(lines: list[Line], start: int, size: float) -> list[Line]:
    end = start
    while end < len(lines) and lines[end].size == size:
        end += 1
    return lines[start:end]
