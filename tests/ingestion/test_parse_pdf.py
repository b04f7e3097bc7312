"""PDFs are read page by page: headings, paragraphs and tables, without what every page repeats."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pypdfium2 as pdfium
import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from ingestion.model import Locator, ParsedDocument
from tests.ingestion.files import BODY, BOLD, HEADING, NEW_PAGE, TITLE, paragraphs, parsed, pdf, ruled, shown

LONG = (
    "Staff greet pupils at the door, learn their names in the first week, and use the words of this policy when they "
    "speak of behaviour, so that the same thing is said in every room."
)


def body(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def test_pdf_golden(golden: Callable[[str, str], None]) -> None:
    data = pdf(
        Paragraph("Kestrel Heath Academy", BODY),
        Paragraph("Behaviour policy", TITLE),
        ruled([("Version", "5.0"), ("Next review", "1 September 2027")], (120, 300), header=False),
        NEW_PAGE,
        Paragraph("1 Purpose", HEADING),
        *paragraphs(LONG),
        Paragraph("Staff must:", BODY),
        *[Paragraph(text, BODY, bulletText="•") for text in ("be at the door by the bell;", "take the register.")],
        Paragraph("2 The ladder", HEADING),
        ruled([("Step", "What happens"), ("C1", "Warning"), ("C2", "Detention of 15 minutes")], (80, 300)),
        Paragraph("3 Review", HEADING),
        *paragraphs("The policy is reviewed each year."),
        header="Kestrel Heath Academy",
        footer="Version 5.0 | Page {page} of 2",
        title="Microsoft Word - behaviour.docx",
    )
    golden("parse/pdf.txt", shown(parsed(data, "schools/kestrel/behaviour.pdf")))


def test_headers_and_footers_are_left_out_but_tell_what_the_document_is() -> None:
    pages = [
        flowable
        for number in range(4)
        for flowable in (Paragraph(f"{number} Part", HEADING), *paragraphs(LONG), NEW_PAGE)
    ]
    data = pdf(*pages, header="Trust name", footer="Version 2.2 · Next review September 2027 · Page {page}")
    document = parsed(data, "a.pdf")
    assert body(document) == [LONG] * 4
    assert (document.metadata.version, document.metadata.review_due) == ("2.2", "2027-09")


def test_a_paragraph_that_runs_over_the_page_is_one_with_both_pages() -> None:
    filler = [Spacer(1, 625), Paragraph(" ".join([LONG] * 3), BODY)]
    document = parsed(pdf(*filler, *paragraphs("A new one.")), "a.pdf")
    [section] = document.sections
    assert [(block.text, str(block.locator)) for block in section.blocks] == [
        (" ".join([LONG] * 3), "pages 1–2"),
        ("A new one.", "page 2"),
    ]


def test_a_table_that_runs_over_the_page_keeps_its_header_once() -> None:
    rows = [("Step", "Behaviour", "Response"), *[(f"C{number}", LONG, "Detention") for number in range(1, 30)]]
    document = parsed(pdf(Paragraph("5 Ladder", HEADING), ruled(rows, (60, 300, 100))), "a.pdf")
    blocks = document.sections[-1].blocks
    assert [block.kind for block in blocks] == ["table_header", *["table_row"] * 29]
    assert blocks[0].cells == ("Step", "Behaviour", "Response")
    assert blocks[-1].cells == ("C29", LONG, "Detention")
    assert (blocks[1].locator, blocks[-1].locator.number > 1) == (Locator("page", 1, 1), True)


def test_text_in_two_columns_is_read_down_the_first_and_then_the_second() -> None:
    left = "<br/>".join(["Learn that teachers", "change what pupils", "believe of themselves."] * 8)
    right = "<br/>".join(["Learn how to praise", "what is specific and", "true, every day."] * 8)
    document = parsed(pdf(ruled([("Learn that", "Learn how to"), (left, right)], (230, 230))), "a.pdf")
    words = " ".join(body(document))
    assert words.rindex("believe of themselves") < words.index("what is specific")


@pytest.mark.parametrize(
    ("ending", "start", "elsewhere", "joined"),
    [
        ("induc-", "tion", "The induction tutor.", "induction"),
        ("part-", "time", "A part-time post.", "part-time"),
        ("day-to-", "day", "Not today.", "day-to-day"),
        ("over-", "learning", "", "overlearning"),
    ],
)
def test_a_word_broken_at_a_line_end_is_mended(ending: str, start: str, elsewhere: str, joined: str) -> None:
    text = f"This is a long line of words which is set until the margin and then {ending}<br/>{start} goes on."
    document = parsed(pdf(*paragraphs(text, elsewhere or "Other words.")), "a.pdf")
    assert body(document)[0].endswith(f"and then {joined} goes on.")


def test_bookmarks_name_headings_and_their_levels() -> None:
    small = ParagraphStyle("small", BODY, fontName="Helvetica-Bold")

    def marked(text: str, level: int, style: ParagraphStyle) -> list[Paragraph | Mark]:
        return [Mark(text, level), Paragraph(text, style)]

    story = [
        Paragraph("Behaviour policy", TITLE),
        *marked("Sanctions", 0, HEADING),
        *marked("Phones", 1, small),
        *paragraphs(LONG),
        *marked("Vapes", 1, small),
        *paragraphs(LONG),
    ]
    document = parsed(pdf(*story), "a.pdf")
    assert [section.heading for section in document.sections if section.heading] == [
        ("Sanctions",),
        ("Sanctions", "Phones"),
        ("Sanctions", "Vapes"),
    ]


class Mark(Spacer):
    """A bookmark at this place of the story."""

    def __init__(self, text: str, level: int) -> None:
        super().__init__(1, 1)
        self.text, self.level = text, level

    def draw(self) -> None:
        self.canv.bookmarkPage(self.text)
        self.canv.addOutlineEntry(self.text, self.text, self.level)


def test_numbered_clauses_are_paragraphs_of_their_own() -> None:
    document = parsed(pdf(*paragraphs(f"2.20. {LONG}", f"2.21. {LONG} See 2.20 and 2.75.")), "a.pdf")
    assert [text[:5] for text in body(document)] == ["2.20.", "2.21."]


def test_a_sentence_in_bold_is_no_heading() -> None:
    document = parsed(pdf(*paragraphs(LONG), Paragraph("Phones are never returned to pupils.", BOLD)), "a.pdf")
    assert body(document) == [LONG, "Phones are never returned to pupils."]


def test_a_contents_list_is_kept_apart() -> None:
    entries = [Paragraph(f"{number} Part of the policy {number + 2}", BODY) for number in range(1, 6)]
    document = parsed(
        pdf(Paragraph("Contents", HEADING), *entries, NEW_PAGE, Paragraph("1 Part", HEADING), *paragraphs(LONG)),
        "a.pdf",
    )
    assert [section.heading for section in document.sections] == [("Contents",), ("1 Part",)]
    assert len(document.sections[0].blocks) == 5


def test_a_watermark_is_no_text_but_says_that_it_is_a_draft() -> None:
    document = parsed(pdf(*paragraphs(LONG), watermark="DRAFT"), "a.pdf")
    assert body(document) == [LONG]
    assert document.metadata.status == "draft"


def test_a_pdf_of_two_hundred_pages_is_read_whole() -> None:
    pages = [
        part
        for number in range(200)
        for part in (Paragraph(f"Part {number}", HEADING), *paragraphs(LONG, LONG), NEW_PAGE)
    ]
    document = parsed(pdf(*pages, footer="Page {page}"), "a.pdf")
    assert len(document.sections) == 200
    assert str(document.sections[199].locator) == "page 200"


def test_what_a_page_has_nothing_beside_is_its_text_though_every_page_has_the_like() -> None:
    pages = [part for door in range(1, 6) for part in (*paragraphs(f"Rule {door}: door {door} is locked."), NEW_PAGE)]
    document = parsed(pdf(*pages), "a.pdf")
    texts = [block.text for section in document.sections for block in section.blocks]
    assert [f"Rule {door}: door {door} is locked." in " ".join(texts) for door in range(1, 6)] == [True] * 5


# ── tables without ruled lines ───────────────────────────────────────────────────────────────────────────────────────

SANCTIONS = [
    ("Step", "What happens", "Who decides"),
    ("C1", "A warning, spoken quietly and by name", "Class teacher"),
    ("C2", "A move to another seat in the room", "Class teacher"),
    ("C3", "Detention of 15 minutes on the same day", "Head of year"),
    ("C4", "Removal to the reflection room for the rest of the lesson and a call home", "Deputy head"),
]
LEAVE = [
    ("Reason for leave", "Days", "With pay"),
    ("Moving house", "1", "Yes"),
    ("Bereavement of a close relative", "5", "Yes"),
    ("Jury service", "10", "Yes, less the court's allowance"),
]
TERMS = [
    ("Term", "Starts", "Ends", "Half term"),
    ("Autumn 2026", "2 September 2026", "18 December 2026", "26–30 October"),
    ("Spring 2027", "4 January 2027", "25 March 2027", "15–19 February"),
    ("Summer 2027", "12 April 2027", "21 July 2027", "31 May–4 June"),
]
PAY = [
    ("Point", "England", "Inner London"),
    ("M1", "£32,916", "£40,317"),
    ("M2", "£34,823", "£42,234"),
    ("M3", "£37,101", "£44,249"),
    ("M4", "£39,556", "£46,360"),
]
MIDDLE = [("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
UNDER_EACH_ROW = [("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.black)]
UNDER_THE_FIRST = [("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)]
EVERY_OTHER_ROW_GREY = [("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.lightgrey])]
FLUSH_RIGHT = [("ALIGN", (1, 0), (-1, -1), "RIGHT")]
CENTRED = [("ALIGN", (0, 0), (-1, -1), "CENTER")]


def columns(
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    style: Sequence[Any] = (),
    *,
    padding: float = 3,
    wraps: bool = True,
    bold: bool = True,
) -> Table:
    """A table of aligned columns. Cells that do not wrap can be set flush right."""
    cells: list[list[Any]] = [
        [Paragraph(cell, BOLD if bold and number == 0 else BODY) if wraps else cell for cell in row]
        for number, row in enumerate(rows)
    ]
    spacing: list[Any] = [("TOPPADDING", (0, 0), (-1, -1), padding), ("BOTTOMPADDING", (0, 0), (-1, -1), padding)]
    table = Table(cells, colWidths=list(widths), repeatRows=1)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *spacing, *style]))
    return table


@pytest.mark.parametrize(
    ("rows", "table", "is_headed"),
    [
        pytest.param(SANCTIONS, columns(SANCTIONS, (60, 250, 120)), True, id="bold header"),
        pytest.param(SANCTIONS, columns(SANCTIONS, (60, 120, 120)), True, id="wrapped cells"),
        pytest.param(SANCTIONS, columns(SANCTIONS, (60, 120, 120), MIDDLE), True, id="cells set to the middle"),
        pytest.param(SANCTIONS, columns(SANCTIONS, (60, 120, 120), UNDER_EACH_ROW, padding=0), True, id="lines across"),
        pytest.param(SANCTIONS, columns(SANCTIONS, (60, 250, 120), UNDER_THE_FIRST, bold=False), True, id="one line"),
        pytest.param(LEAVE, columns(LEAVE, (200, 80, 160)), True, id="leave"),
        pytest.param(LEAVE, columns(LEAVE, (200, 80, 160), padding=0, wraps=False), True, id="close rows"),
        pytest.param(TERMS, columns(TERMS, (90, 110, 110, 110)), True, id="term dates"),
        pytest.param(TERMS, columns(TERMS, (90, 110, 110, 110), CENTRED, wraps=False), True, id="centred"),
        pytest.param(PAY, columns(PAY, (60, 90, 90), FLUSH_RIGHT, wraps=False), True, id="figures flush right"),
        pytest.param(PAY, columns(PAY, (60, 90, 90), EVERY_OTHER_ROW_GREY, wraps=False), True, id="grey rows"),
    ],
)
def test_a_table_of_aligned_columns_is_read_by_rows(rows: list[tuple[str, ...]], table: Table, is_headed: bool) -> None:
    document = parsed(
        pdf(Paragraph("5 Rules", HEADING), *paragraphs(LONG), table, Spacer(1, 14), *paragraphs(LONG)), "a.pdf"
    )
    [section] = document.sections
    assert [block.cells for block in section.blocks if block.cells] == rows
    assert (section.blocks[1].kind == "table_header") == is_headed
    assert (section.blocks[0].text, section.blocks[-1].text) == (LONG, LONG)


def test_a_table_of_aligned_columns_that_runs_over_the_page_keeps_its_header_once() -> None:
    rows = [("Step", "Behaviour", "Response"), *[(f"C{number}", LONG, "Detention") for number in range(1, 25)]]
    document = parsed(pdf(Paragraph("5 Ladder", HEADING), columns(rows, (60, 300, 100))), "a.pdf")
    blocks = document.sections[-1].blocks
    assert [block.kind for block in blocks] == ["table_header", *["table_row"] * 24]
    assert [block.cells for block in blocks] == rows
    assert str(blocks[-1].locator) != "page 1"


@pytest.mark.parametrize("columns_of_page", [2, 3])
@pytest.mark.parametrize("space", [0, 7])
def test_prose_in_columns_is_no_table(columns_of_page: int, space: float) -> None:
    style = ParagraphStyle("column", BODY, spaceAfter=space)
    words = LONG.split()
    # No two paragraphs start alike: what stands at the head of each page would be a running header.
    texts = [f"Rule{n} {' '.join(words[n % 30 :] + words[: 5 * (n % 7)])}." for n in range(1, 40)]
    document = parsed(in_columns([Paragraph(text, style) for text in texts], columns_of_page), "a.pdf")
    assert not [block for section in document.sections for block in section.blocks if block.cells]
    assert re.findall(r"Rule\d+", " ".join(body(document))) == [f"Rule{number}" for number in range(1, 40)]


def in_columns(story: list[Any], number: int) -> bytes:
    out = BytesIO()
    width = (A4[0] - 120 - 16 * (number - 1)) / number
    frames = [
        Frame(60 + place * (width + 16), 60, width, A4[1] - 120, leftPadding=0, rightPadding=0)
        for place in range(number)
    ]
    template = BaseDocTemplate(out, pagesize=A4, invariant=True)
    template.addPageTemplates(PageTemplate(frames=frames))
    template.build(story)
    return out.getvalue()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([("•", LONG[:70]), ("•", LONG[20:80]), ("•", LONG[40:99]), ("•", LONG[:60])], id="bullets"),
        pytest.param([(f"2.{number}", LONG[:70]) for number in range(1, 6)], id="numbered clauses"),
        pytest.param([(f"({letter})", LONG[:60]) for letter in "abcde"], id="lettered items"),
        pytest.param([(f"{name} and how we meet it", str(3 + n)) for n, name in enumerate("ABCD")], id="contents"),
        pytest.param([("Harbour House", "Telephone 01632 960101"), ("1 Quay Street", "office@example.org")], id="two"),
    ],
)
def test_lists_clauses_and_contents_are_no_tables(lines: list[tuple[str, str]]) -> None:
    document = parsed(pdf(*paragraphs(LONG), columns(lines, (180, 280), wraps=False), *paragraphs(LONG)), "a.pdf")
    assert not [block for section in document.sections for block in section.blocks if block.cells]
    words = " ".join(body(document))
    assert all(first.strip("•") in words and second in words for first, second in lines)


# ── whatever else a PDF may be ───────────────────────────────────────────────────────────────────────────────────────


def test_a_word_broken_at_the_end_of_a_page_is_mended() -> None:
    line = Paragraph(f"{LONG} The induc-", BODY)
    story = [Paragraph("The induction of staff.", BODY), Spacer(1, 600), line, NEW_PAGE]
    document = parsed(pdf(*story, *paragraphs(f"tion tutor meets them. {LONG}")), "a.pdf")
    [_, (text, where)] = [(block.text, str(block.locator)) for block in document.sections[0].blocks]
    assert (text, where) == (f"{LONG} The induction tutor meets them. {LONG}", "pages 1–2")


def test_numbered_clauses_in_plain_type_are_headings_and_an_address_is_not() -> None:
    story = paragraphs(
        *("1 Purpose", LONG, "2 Phones", LONG, "2.1 In lessons", LONG, "2.2 At break", LONG, "3 Review", LONG),
        *("Write to the trust at", "5 Quay Street", LONG),
    )
    document = parsed(pdf(*story), "a.pdf")
    assert [section.heading for section in document.sections] == [
        ("1 Purpose",),
        ("2 Phones",),
        ("2 Phones", "2.1 In lessons"),
        ("2 Phones", "2.2 At break"),
        ("3 Review",),
    ]
    assert body(document)[-2:] == ["5 Quay Street", LONG]


def test_numbered_lines_in_a_row_are_a_list() -> None:
    document = parsed(
        pdf(*paragraphs("Staff:", "1. Ask for the phone", "2. Take it away", "3. Write it down", LONG)), "a.pdf"
    )
    assert [section.heading for section in document.sections] == [()]


def test_a_footnote_stands_behind_the_paragraph_that_runs_over_its_page() -> None:
    small = ParagraphStyle("small", BODY, fontSize=7, leading=9)
    first, second = " ".join([LONG] * 2).rsplit(" ", 12)[0], "and it goes on over the page."
    document = parsed(
        pdf(*paragraphs(first), Spacer(1, 560), Paragraph("1 See the staff handbook.", small), NEW_PAGE,
            *paragraphs(second, "A new one.")),
        "a.pdf",
    )  # fmt: skip
    assert body(document) == [f"{first} {second}", "1 See the staff handbook.", "A new one."]


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(turned: int) -> None:
    with pdfium.PdfDocument(
        pdf(Paragraph("2 Steps", HEADING), *paragraphs(LONG), ruled(SANCTIONS, (60, 250, 120)))
    ) as it:
        upright = [block.text for block in parsed(saved_pdf(it), "a.pdf").sections[0].blocks]
        page = it[0]
        # The page is laid on its side, and its content turned back, as by a printer driver for landscape paper.
        matrix = {90: (0, 1, -1, 0, A4[1], 0), 180: (-1, 0, 0, -1, A4[0], A4[1]), 270: (0, -1, 1, 0, 0, A4[0])}[turned]
        for drawn in page.get_objects(max_depth=1):
            drawn.transform(pdfium.PdfMatrix(*matrix))
        width, height = (A4[1], A4[0]) if turned != 180 else A4
        page.set_mediabox(0, 0, width, height)
        page.set_cropbox(0, 0, width, height)
        page.set_rotation(turned)
        page.gen_content()
        page.close()
        document = parsed(saved_pdf(it), "a.pdf")
    assert document.sections[0].heading == ("2 Steps",)
    assert [block.text for block in document.sections[0].blocks] == upright
    assert [block.cells for block in document.sections[0].blocks if block.cells] == SANCTIONS


def saved_pdf(document: pdfium.PdfDocument) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def test_what_was_filled_into_a_form_stands_beside_its_label() -> None:
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.drawString(60, 700, "Name of pupil:")
    canvas.acroForm.textfield(name="pupil", value="A. N. Other", x=160, y=692, width=200, height=20)
    canvas.drawString(60, 660, "Year group:")
    canvas.acroForm.choice(name="year", value="Year 9", options=["Year 8", "Year 9"], x=160, y=652, width=90, height=20)
    canvas.drawString(60, 620, "Parents agree:")
    canvas.acroForm.checkbox(name="agree", checked=True, x=160, y=615)
    canvas.drawString(60, 580, "Nothing is to be filled in here.")
    canvas.acroForm.textfield(name="empty", value="", x=260, y=572, width=100, height=20)
    canvas.freeTextAnnotation("Seen by the office", Rect=[60, 530, 260, 550], DA="/Helv 10 Tf")
    canvas.textAnnotation("A note that someone stuck on", Rect=[300, 530, 320, 550])
    canvas.save()
    assert body(parsed(out.getvalue(), "form.pdf")) == [
        "Name of pupil: A. N. Other",
        "Year group: Year 9",
        "Parents agree: ☒",
        "Nothing is to be filled in here.",
        "Seen by the office",
    ]


def test_ligatures_are_spelled_out() -> None:
    document = parsed(pdf(*paragraphs("The o\ufb03ce \ufb01les reports.")), "a.pdf")
    assert "\ufb01" not in body(document)[0]


@pytest.mark.parametrize("damage", [b"startxref\n7\n", b"startxref\n99999999\n"])
def test_a_pdf_whose_list_of_parts_is_damaged_is_read_from_its_parts(damage: bytes) -> None:
    data = re.sub(rb"startxref\s+\d+\s+", damage, pdf(*paragraphs(LONG), NEW_PAGE, *paragraphs("The end.")))
    data = re.sub(rb"\d{10} 00000 n", b"0000000000 00000 n", data)
    assert body(parsed(data, "a.pdf")) == [LONG, "The end."]
