"""Scanned pages are read by Tesseract, and whoever reads them is told so; without it, they are named."""

from __future__ import annotations

import os
from collections.abc import Callable
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument
from ingestion.parse import ocr, pdf_scans
from tests.ingestion.files import BODY, HEADING, NEW_PAGE, TITLE, paragraphs, parsed, pdf

PHONES = (
    "Pupils switch their mobile phones off and put them out of sight from the moment they come through the school "
    "gate until they have left the site. Staff who see a phone take it to the office, where a parent collects it."
)
DOORS = "Staff greet pupils at the door and learn their names in the first week of term, so that every child is known."
YEARLY = "The policy is reviewed each year by the board of trustees, after staff and parents were asked."
LADDER = [
    ("Step", "What happens", "Who decides"),
    ("Warning", "A warning, spoken quietly and by name", "Class teacher"),
    ("Detention", "Detention of 15 minutes on the same day", "Head of year"),
    ("Removal", "Removal to the reflection room for the rest of the lesson and a call home", "Deputy head"),
]


@pytest.fixture
def tesseract() -> None:
    """Tesseract, which every developer may lack, and the check of a change may not."""
    if ocr.is_installed():
        return
    if os.environ.get("CI"):
        pytest.fail("Tesseract is missing: install tesseract-ocr where the checks run")
    pytest.skip("Tesseract is not installed")


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts a shell script in Tesseract's place."""

    def put(script: str) -> None:
        program = tmp_path / "tesseract"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


def scanned(
    data: bytes, *, turned: int = 0, askew: float = 0.0, blur: float = 0.0, dots_per_inch: int = 200, stamp: str = ""
) -> bytes:
    """The PDF as a scanner makes it of the printed pages; `turned` and `askew` in degrees, against the clock."""
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    with pdfium.PdfDocument(data) as document:
        for page in document:
            picture = page.render(scale=dots_per_inch / 72, grayscale=True).to_pil()
            if askew:
                picture = picture.rotate(askew, fillcolor=255, resample=Image.Resampling.BICUBIC)
            picture = picture.rotate(turned, expand=True).filter(ImageFilter.GaussianBlur(blur))
            size = A4 if picture.height > picture.width else A4[::-1]
            canvas.setPageSize(size)
            canvas.drawImage(ImageReader(picture), 0, 0, *size)
            canvas.drawString(40, 20, stamp)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def joined(*parts: bytes) -> bytes:
    """One PDF of several."""
    out = BytesIO()
    with pdfium.PdfDocument.new() as whole:
        for data in parts:
            with pdfium.PdfDocument(data) as part:
                whole.import_pages(part)
        whole.save(out)
    return out.getvalue()


def body(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(str(block.locator), block.text) for section in document.sections for block in section.blocks]


def assert_read(found: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    """The same paragraphs on the same pages. A word in twenty may be misread: Tesseract's versions differ in that."""
    assert [where for where, _ in found] == [where for where, _ in expected], found
    for (_, words), (_, meant) in zip(found, expected, strict=True):
        alike = SequenceMatcher(None, words.split(), meant.split(), autojunk=False).ratio()
        assert alike >= 0.95, (words, meant)


def reason(data: bytes) -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, "a.pdf")
    return str(error.value)


def ladder() -> Table:
    return Table([[Paragraph(cell, BODY) for cell in row] for row in LADDER], colWidths=(80, 240, 120))


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("tesseract")
def test_a_scanned_policy_is_read_with_its_headings_paragraphs_and_pages() -> None:
    policy = pdf(
        Paragraph("Behaviour policy", TITLE),
        Paragraph("1 Purpose", HEADING),
        *paragraphs(DOORS, PHONES),
        NEW_PAGE,
        Paragraph("2 Review", HEADING),
        *paragraphs(YEARLY),
        header="Kestrel Heath Academy",
        footer="Version 5.0 | Page {page} of 2",
    )
    document = parsed(scanned(policy), "a.pdf")
    assert [(section.heading, str(section.locator)) for section in document.sections] == [
        ((), "page 1"),
        (("1 Purpose",), "page 1"),
        (("2 Review",), "page 2"),
    ]
    assert_read(body(document)[1:], [("page 1", DOORS), ("page 1", PHONES), ("page 2", YEARLY)])
    assert (document.title, document.metadata.version) == ("Behaviour policy", "5.0")
    assert document.warnings == ("pages 1–2 were read from pictures by OCR: check quotations against the original",)


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_page_scanned_on_its_side_or_upside_down_is_read_upright(turned: int) -> None:
    document = parsed(scanned(pdf(Paragraph("3 Phones", HEADING), *paragraphs(PHONES, DOORS)), turned=turned), "a.pdf")
    assert document.sections[-1].heading == ("3 Phones",)
    assert_read(body(document), [("page 1", PHONES), ("page 1", DOORS)])


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize("askew", [0.0, 1.2])
def test_a_scanned_table_is_read_by_rows_and_columns(askew: float) -> None:
    data = scanned(pdf(Paragraph("2 The ladder", HEADING), *paragraphs(DOORS), ladder()), askew=askew)
    [section] = parsed(data, "a.pdf").sections
    assert [block.cells for block in section.blocks if block.cells] == LADDER


@pytest.mark.usefixtures("tesseract")
def test_scanned_pages_among_others_are_read_in_their_place() -> None:
    written = [pdf(*paragraphs(text)) for text in (f"First. {DOORS}", f"Third. {DOORS}", f"Fourth. {DOORS}")]
    data = joined(written[0], scanned(pdf(*paragraphs(PHONES))), *written[1:], scanned(pdf(*paragraphs(YEARLY))))
    document = parsed(data, "a.pdf")
    assert_read(
        body(document),
        [
            ("page 1", f"First. {DOORS}"),
            ("page 2", PHONES),
            ("page 3", f"Third. {DOORS}"),
            ("page 4", f"Fourth. {DOORS}"),
            ("page 5", YEARLY),
        ],
    )
    assert document.warnings == ("pages 2 and 5 were read from pictures by OCR: check quotations against the original",)


@pytest.mark.usefixtures("tesseract")
def test_a_stamp_over_a_scanned_page_does_not_pass_for_its_text() -> None:
    document = parsed(scanned(pdf(*paragraphs(PHONES)), stamp="Page 1 scanned by the office"), "a.pdf")
    assert_read(body(document)[:1], [("page 1", PHONES)])


@pytest.mark.usefixtures("tesseract")
def test_a_page_whose_fonts_do_not_tell_their_letters_is_read_by_its_looks() -> None:
    document = parsed(unmapped("Phones are kept in the office."), "a.pdf")
    assert [text for _, text in body(document)] == ["Phones are kept in the office."]
    assert document.warnings == ("page 1 was read from a picture by OCR: check quotations against the original",)


def test_a_cover_with_a_picture_behind_its_words_keeps_them(stand_in: Callable[[str], None]) -> None:
    stand_in(hocr("Behaviour poljcy"))
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, *A4)
    canvas.drawString(60, 500, "Behaviour policy")
    canvas.save()
    document = parsed(out.getvalue(), "a.pdf")
    assert body(document) == [("page 1", "Behaviour policy")]
    assert document.warnings == ()


def test_the_words_that_a_scanner_put_beneath_a_page_are_used_and_named() -> None:
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, *A4)
    text = canvas.beginText(60, 700)
    text.setTextRenderMode(3)
    for line in (DOORS[:60], DOORS[60:]):
        text.textLine(line.strip())
    canvas.drawText(text)
    canvas.save()
    document = parsed(out.getvalue(), "a.pdf")
    assert [words for _, words in body(document)] == [DOORS]
    assert document.warnings == (
        "page 1 is a picture whose words a scanner's OCR found: check quotations against the original",
    )


# ── what is hard to read, or not at all ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("confidence", "warning"),
    [
        (79, "page 1 was read by OCR and is hard to read: scan again, darker and straight"),
        (81, None),
    ],
)
def test_a_page_that_is_hard_to_read_is_named(
    confidence: int, warning: str | None, stand_in: Callable[[str], None]
) -> None:
    stand_in(hocr("Phones stay off", confidence=confidence))
    document = parsed(blank_picture(), "a.pdf")
    assert body(document) == [("page 1", "Phones stay off")]
    assert document.warnings[1:] == ((warning,) if warning else ())


def test_a_page_of_which_most_words_would_be_wrong_is_left_out(stand_in: Callable[[str], None]) -> None:
    stand_in(hocr("eet oe eee Pe hee", confidence=36))
    document = parsed(joined(pdf(*paragraphs(DOORS)), blank_picture()), "a.pdf")
    assert body(document) == [("page 1", DOORS)]
    assert document.warnings == ("page 2 left out: OCR could not make out the words; scan again, darker and straight",)
    assert reason(blank_picture()) == "OCR could make out no text on its page: scan it again, darker and straight"


@pytest.mark.usefixtures("tesseract")
def test_pictures_without_words_are_named() -> None:
    document = parsed(joined(pdf(*paragraphs(DOORS)), blank_picture(), blank_picture()), "a.pdf")
    assert document.warnings == (
        "OCR found no words on pages 2–3: look whether there is a text that it should have found",
    )


def test_without_tesseract_a_scan_is_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    data = scanned(pdf(*paragraphs(PHONES), NEW_PAGE, *paragraphs(DOORS)))
    mend = "install Tesseract on the machine that runs Staffroom, or run OCR on the file and save it again"
    assert reason(data) == f"needs OCR: no text on any of its 2 pages, it is a scan; {mend}"
    assert reason(unmapped("Phones are off.")) == (
        f"needs OCR: no text on its page, its fonts do not say which letters they show; {mend}"
    )
    document = parsed(joined(pdf(*paragraphs(DOORS)), data), "a.pdf")
    assert body(document) == [("page 1", DOORS)]
    assert document.warnings == (f"needs OCR: no text on pages 2–3; {mend}",)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("sleep 5", "Tesseract took longer than 0.3 seconds"),
        ("cat > /dev/null; exit 3", "Tesseract stopped with status 3"),
        (
            "cat > /dev/null; echo \"Failed loading language 'eng'\" >&2; exit 1",
            "Tesseract lacks its English model: install tesseract-ocr-eng",
        ),
    ],
)
def test_a_page_on_which_tesseract_fails_is_named_and_the_others_are_read(
    script: str, why: str, stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(script)
    if "took longer" in why:
        monkeypatch.setattr(ocr, "MAX_SECONDS", 0.3)
    sentence = f"could not be read by OCR: {why}; mend that, or run OCR on the file and save it again"
    document = parsed(joined(pdf(*paragraphs(DOORS)), blank_picture(), blank_picture()), "a.pdf")
    assert body(document) == [("page 1", DOORS)]
    assert document.warnings == (f"pages 2–3 {sentence}",)
    assert reason(blank_picture()) == f"page 1 {sentence}"


def test_a_document_of_too_many_scans_keeps_the_pages_that_were_read(
    stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(f"sleep 0.2; {hocr('Phones stay off')}")
    monkeypatch.setattr(pdf_scans, "MAX_AT_ONCE", 1)
    monkeypatch.setattr(pdf_scans, "MAX_SECONDS_IN_ALL", 0.1)
    document = parsed(joined(blank_picture(), blank_picture(), blank_picture()), "a.pdf")
    assert body(document) == [("page 1", "Phones stay off")]
    assert document.warnings[-1].startswith("pages 2–3 could not be read by OCR: the document's scans take longer than")


def test_a_page_as_large_as_a_poster_is_drawn_within_bounds_for_one_thread(stand_in: Callable[[str], None]) -> None:
    stand_in(f"read -r kind wide high rest; cat > /dev/null; {hocr('${wide}x${high} threads${OMP_THREAD_LIMIT}')}")
    [(_, words)] = body(parsed(blank_picture(size=(2384, 3370)), "a.pdf"))
    size, threads = words.split()
    wide, high = map(int, size.split("x"))
    assert 15_000_000 < wide * high <= 20_100_000
    assert threads == "threads1"


# ── what the tests read ──────────────────────────────────────────────────────────────────────────────────────────────


def blank_picture(*, size: tuple[float, float] = A4) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, invariant=True, pagesize=size)
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, *size)
    canvas.save()
    return out.getvalue()


def hocr(words: str, *, confidence: int = 95) -> str:
    """A shell command that prints what Tesseract prints of one line of words."""
    spans = "".join(
        f"<span class='ocrx_word' title='bbox {200 + 300 * number} 500 {480 + 300 * number} 540; x_wconf {confidence}'>"
        f"{word}</span>"
        for number, word in enumerate(words.split())
    )
    line = f"<span class='ocr_line' title='bbox 200 500 2000 540; baseline 0 -9; x_size 40'>{spans}</span>"
    page = f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p class='ocr_par'>{line}</p></body></html>"
    return f'cat > /dev/null; echo "{page}"'


def unmapped(words: str) -> bytes:
    """A page that shows the words, and whose font says that each letter is a private one."""
    ranges = b"1 begincodespacerange <00><FF> endcodespacerange 1 beginbfrange <00><FF><E000> endbfrange"
    return objects(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        stream(f"BT /F1 16 Tf 60 700 Td ({words}) Tj ET".encode()),
        stream(b"/CIDInit /ProcSet findresource begin begincmap " + ranges + b" endcmap end"),
    )


def stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def objects(*bodies: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    parts = [b"%PDF-1.4\n"]
    offsets: list[int] = []
    for number, content in enumerate(bodies, 1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = sum(map(len, parts))
    size = len(bodies) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n"
    return b"".join([*parts, end % (size, table, size, start)])
