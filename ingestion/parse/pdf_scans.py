"""What do the scanned pages of a PDF say? They are drawn as pictures, read by OCR, and made pages with words."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium

from ingestion.parse import ocr
from ingestion.parse.pdf_aligned import WIDE_BLANK, Stretch, aligned_tables
from ingestion.parse.pdf_layout import Item, Line, Page
from ingestion.parse.pdf_look import body_size, lines_of
from ingestion.parse.pdf_rules import NOTHING_DRAWN

DOTS_PER_INCH = 300
"""What Tesseract's models were trained on; finer costs time and reads no better."""
MAX_DOTS = 20_000_000
"""A picture of more dots is drawn coarser: A3 at 300 dots an inch has 17 million."""
UNREADABLE_SHARE = 0.3
"""Where more of a page's characters have no known meaning, its words are not those that a reader sees."""
MAX_AT_ONCE = 4
MAX_SECONDS_IN_ALL = 360
"""For the scans of one document, 150 to 400 pages: those that are left then are named, and the rest is kept."""
COVERED = 0.6
"""A picture over this share of the page is the page: a scan."""
THIN_WORDS = 15
"""So few words over such a picture are a stamp or a page number, put on when it was scanned."""
HARD_TO_READ = 80
"""Mean confidence, 0 to 100: a clean print reaches 95, a blurred copy 90."""
NOT_READ = 50
"""Mean confidence below which most words are wrong: such a page is left out."""
MIN_MORE_WORDS = 5
"""By so many words must OCR find more than the file states, for its reading to be taken."""
FACE_SHARE = 0.94
"""What OCR measures as the height of type, from the top of "b" to the foot of "p", is this share of its size."""
STEPS_OF_TYPE = ((0.82, 0.8), (1.28, 1.0), (1.75, 1.5), (2.4, 2.0), (float("inf"), 3.0))
"""Up to how many times the usual size type is taken for how many times: OCR measures one type up to a quarter off."""


@dataclass(frozen=True)
class Scans:
    """What came of a document's scanned pages, by their numbers: read, read but with many doubtful words, found
    without words, too faint, or not read for a reason. `needed` are those that no OCR was there to read."""

    read: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()
    wordless: tuple[int, ...] = ()
    faint: tuple[int, ...] = ()
    failed: tuple[tuple[int, str], ...] = ()
    needed: tuple[int, ...] = ()


def with_scans_read(document: pdfium.PdfDocument, pages: Sequence[Page]) -> tuple[list[Page], Scans]:
    """The pages, those that are pictures of text with the words that OCR finds on them."""
    scanned = [page for page in pages if needs_ocr(page)]
    if not scanned:
        return list(pages), Scans()
    if not ocr.is_installed():
        return [_without_unknown(page) for page in pages], Scans(needed=tuple(page.number for page in scanned))
    read: dict[int, ocr.ReadPicture] = {}
    doubtful, wordless, faint, failed = [], [], [], []
    for page, picture in zip(scanned, _readings(document, scanned), strict=True):
        if isinstance(picture, str):
            failed.append((page.number, picture))
        elif not _adds(picture, page):
            wordless += [] if page.items else [page.number]
        elif picture.confidence < NOT_READ:
            faint.append(page.number)
        else:
            read[page.number] = picture
            doubtful += [page.number] if picture.confidence < HARD_TO_READ else []
    stated = [page.items for page in pages if page.items and page not in scanned]
    drawn = _as_pages(read, scanned, body=body_size(stated) if stated else None)
    scans = Scans(tuple(read), tuple(doubtful), tuple(wordless), tuple(faint), tuple(failed))
    return [drawn.get(page.number, _without_unknown(page)) for page in pages], scans


def _without_unknown(page: Page) -> Page:
    """The page without words of which no one knows the letters."""
    return replace(page, items=()) if _is_unreadable(page) else page


def needs_ocr(page: Page) -> bool:
    """Whether the page shows words that the file does not state: it has none (and is not blank), it has only such as
    no one knows the meaning of, or so few over a picture of the whole page that they were stamped on."""
    if _is_unreadable(page):
        return True
    if not page.items:
        return not page.is_blank
    return page.picture_share >= COVERED and _word_count(page) < THIN_WORDS


def _is_unreadable(page: Page) -> bool:
    characters = sum(len(line.text) for line in lines_of(page.items))
    return page.unreadable > UNREADABLE_SHARE * (characters + page.unreadable)


def _word_count(page: Page) -> int:
    return sum(len(line.text.split()) for line in lines_of(page.items))


def _adds(picture: ocr.ReadPicture, page: Page) -> bool:
    """Whether OCR found words, and more than the file states; what the file states is surer."""
    words = sum(1 for line in picture.lines for word in line.words if any(map(str.isalnum, word.text)))
    return words > 0 and (page.unreadable > 0 or not page.items or words >= _word_count(page) + MIN_MORE_WORDS)


# ── drawing and reading ──────────────────────────────────────────────────────────────────────────────────────────────


def _readings(document: pdfium.PdfDocument, pages: Sequence[Page]) -> Iterator[ocr.ReadPicture | str]:
    """What OCR found on each page, or why it did not; a page a processor at a time, so that few pictures are held."""
    at_once = min(MAX_AT_ONCE, os.cpu_count() or 1)
    end = time.monotonic() + MAX_SECONDS_IN_ALL
    with ThreadPoolExecutor(at_once) as readers:
        for start in range(0, len(pages), at_once):
            if time.monotonic() > end:
                yield from [f"the document's scans take longer than {MAX_SECONDS_IN_ALL // 60} minutes"] * len(
                    pages[start:]
                )
                return
            # PDFium must not be used by two threads: pages are drawn here, and only Tesseract runs beside.
            pictures = [_picture(document, page) for page in pages[start : start + at_once]]
            yield from readers.map(_reading, pictures)


@dataclass(frozen=True)
class _Picture:
    grey: bytes
    width: int
    height: int
    dots_per_inch: int


def _picture(document: pdfium.PdfDocument, page: Page) -> _Picture:
    dots_per_inch = _dots_per_inch(page)
    drawn = document[page.number - 1]
    try:
        bitmap = drawn.render(scale=dots_per_inch / 72, grayscale=True)
    finally:
        drawn.close()
    try:
        width, height, stride = bitmap.width, bitmap.height, bitmap.stride
        rows = memoryview(bitmap.buffer).cast("B")
        grey = b"".join(rows[row * stride : row * stride + width] for row in range(height))
        return _Picture(grey, width, height, dots_per_inch)
    finally:
        bitmap.close()


def _reading(picture: _Picture) -> ocr.ReadPicture | str:
    try:
        return ocr.read_picture(
            picture.grey, width=picture.width, height=picture.height, dots_per_inch=picture.dots_per_inch
        )
    except ocr.OcrFailed as error:
        return str(error)


def _dots_per_inch(page: Page) -> int:
    square_inches = max(page.width * page.height, 1.0) / 72**2
    return max(1, min(DOTS_PER_INCH, int((MAX_DOTS / square_inches) ** 0.5)))


# ── what was read, as a page ─────────────────────────────────────────────────────────────────────────────────────────


def _as_pages(read: Mapping[int, ocr.ReadPicture], scanned: Sequence[Page], *, body: float | None) -> dict[int, Page]:
    """The pages that were read, by number. The type that most of them is set in counts as the size of `body`, which is
    that of the document's other pages, so that larger type stands out on both alike."""
    pages = {page.number: page for page in scanned}
    sizes = [
        line.size * 72 / _dots_per_inch(pages[number]) / FACE_SHARE
        for number, picture in read.items()
        for line in picture.lines
        for _ in line.words
    ]
    usual = median(sizes) if sizes else 0.0
    drawn = {number: _as_page(picture, pages[number], usual) for number, picture in read.items()}
    scale = body / usual if body and usual else 1.0
    return {
        number: replace(page, items=tuple(_scaled(item, scale) for item in page.items))
        for number, page in drawn.items()
    }


def _scaled(item: Item, scale: float) -> Item:
    if isinstance(item, Line):
        return replace(item, size=round(item.size * scale, 1))
    cells = [
        replace(cell, lines=tuple(replace(line, size=round(line.size * scale, 1)) for line in cell.lines))
        for cell in item.cells
    ]
    return replace(item, cells=tuple(cells))


def _as_page(picture: ocr.ReadPicture, page: Page, usual: float) -> Page:
    """The page as it stands upright, with the lines and tables that OCR saw, in Tesseract's order. `usual` is the size
    that most of the type has."""
    points = 72 / _dots_per_inch(page)
    lines = [_line(read.words, read, points, usual, page.number) for read in picture.lines]
    stretches = [
        Stretch(_line(words, read, points, usual, page.number), frozenset({number}))
        for number, read in enumerate(picture.lines)
        for words in _stretches(read, lines[number].size / points)
    ]
    tables = aligned_tables(stretches, NOTHING_DRAWN, page=page.number)
    in_tables = {source for _, sources in tables for source in sources}
    placed: list[tuple[int, Item]] = [(min(sources), table) for table, sources in tables]
    placed += [(number, line) for number, line in enumerate(lines) if number not in in_tables]
    lies = picture.quarter_turns % 2 == 1
    return replace(
        page,
        width=page.height if lies else page.width,
        height=page.width if lies else page.height,
        items=tuple(item for _, item in sorted(placed, key=lambda entry: entry[0])),
        unreadable=0,
    )


def _stretches(read: ocr.ReadLine, size: float) -> Iterator[Sequence[ocr.ReadWord]]:
    """The line cut at each blank that may part two columns."""
    start = 0
    for number, (before, word) in enumerate(pairwise(read.words), 1):
        if word.x0 - before.x1 >= WIDE_BLANK * size:
            yield read.words[start:number]
            start = number
    yield read.words[start:]


def _line(words: Sequence[ocr.ReadWord], read: ocr.ReadLine, points: float, usual: float, page: int) -> Line:
    return Line(
        text=" ".join(word.text for word in words),
        x0=words[0].x0 * points,
        x1=words[-1].x1 * points,
        top=read.top * points,
        bottom=read.bottom * points,
        base=read.base * points,
        size=_step_of_type(read, points, usual),
        is_bold=False,  # Tesseract does not tell
        page=page,
        paragraph=read.paragraph,
    )


def _step_of_type(read: ocr.ReadLine, points: float, usual: float) -> float:
    """The usual size, or one of a few steps of it: what OCR measures of one type differs from line to line."""
    ratio = read.size * points / FACE_SHARE / usual
    if len(read.words) == 1 and len(read.words[0].text) < 4:
        return usual
    return usual * next(step for limit, step in STEPS_OF_TYPE if ratio <= limit)
