"""PDFs are read page by page: headings, paragraphs and tables, without what every page repeats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, Spacer

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
