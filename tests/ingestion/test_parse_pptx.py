"""Slide decks are read slide by slide, each in the order in which people read it, and cited by slide."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches, Pt

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument
from tests.ingestion.files import parsed, shown

TITLE_SLIDE, TITLE_AND_CONTENT, TITLE_ONLY, BLANK = 0, 1, 5, 6
NAMES = (
    "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' "
    "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' "
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' "
    "xmlns:dgm='http://schemas.openxmlformats.org/drawingml/2006/diagram' "
    "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' "
    "xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math' "
    "xmlns:a14='http://schemas.microsoft.com/office/drawing/2010/main'"
)


class Deck:
    """A deck as a test writes it."""

    def __init__(self) -> None:
        self.deck: Any = Presentation()

    def slide(self, title: str = "", layout: int = TITLE_ONLY) -> Any:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[layout])
        if title:
            slide.shapes.title.text = title
        return slide

    def saved(self) -> bytes:
        out = BytesIO()
        self.deck.save(out)
        return out.getvalue()

    def read(self) -> ParsedDocument:
        return parsed(self.saved(), "trust/cpd/launch.pptx")


def box(shapes: Any, text: str, left: float = 1, top: float = 2, width: float = 2, height: float = 1) -> Any:
    """A text box, its place in inches."""
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    shape.text_frame.text = text
    return shape


def body(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def headings(document: ParsedDocument) -> list[tuple[str, ...]]:
    return [section.heading for section in document.sections]


def kinds(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for section in document.sections for block in section.blocks]


def test_pptx_golden(golden: Callable[[str, str], None]) -> None:
    deck = Deck()
    deck.deck.core_properties.title = "Trust presentation template"
    cover = deck.slide("Phone-free schools: staff launch", TITLE_SLIDE)
    cover.placeholders[1].text = "Saltmarsh Primary School\nVersion: 1.1\nReview date: 31 July 2027"
    why = deck.slide("Why", TITLE_AND_CONTENT)
    frame = why.placeholders[1].text_frame
    frame.text = "Attention is the gateway to learning"
    frame.add_paragraph().text = "Less filming"
    frame.paragraphs[1].level = 1
    why.notes_slide.notes_text_frame.text = "Avoid saying that phones are bad.\nPause here."
    ladder = deck.slide("Ladder")
    table = ladder.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(6), Inches(2)).table
    rows = [("Step", "What"), ("1", "Kept to the end of the day"), ("2", "A parent collects it")]
    for number, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(number, column).text = text
    golden("parse/pptx.txt", shown(deck.read()))


def test_each_slide_is_a_section_of_its_own_though_titles_repeat() -> None:
    deck = Deck()
    for text in ("Ready.", "Safe."):
        box(deck.slide("Rules").shapes, text)
    document = deck.read()
    assert [(section.heading, section.blocks[0].text, str(section.locator)) for section in document.sections] == [
        (("Rules",), "Ready.", "slide 1"),
        (("Rules",), "Safe.", "slide 2"),
    ]


def test_a_slide_without_a_title_does_not_fall_under_the_one_before() -> None:
    deck = Deck()
    box(deck.slide("Rules").shapes, "Ready.")
    box(deck.slide(layout=BLANK).shapes, "Phones are kept in the office until the end of the day.")
    assert headings(deck.read()) == [("Rules",), ("Slide 2",)]


def test_a_short_line_on_top_in_larger_type_is_the_title_of_a_slide_without_one() -> None:
    deck = Deck()
    shapes = deck.slide(layout=BLANK).shapes
    box(shapes, "Kept until the end of the day", top=3).text_frame.paragraphs[0].runs[0].font.size = Pt(18)
    box(shapes, "Where phones go", top=1).text_frame.paragraphs[0].runs[0].font.size = Pt(32)
    document = deck.read()
    assert (headings(document), body(document)) == ([("Where phones go",)], ["Kept until the end of the day"])
    assert document.title == "Where phones go"


def test_the_first_slide_names_the_deck_before_its_template_does() -> None:
    deck = Deck()
    deck.deck.core_properties.title = "Trust presentation template"
    box(deck.slide("Coaching launch").shapes, "Welcome.")
    assert deck.read().title == "Coaching launch"
    untitled = Deck()
    untitled.deck.core_properties.title = "Coaching at Saltmarsh"
    box(untitled.slide(layout=BLANK).shapes, "Welcome to all of you, and thank you for coming here today.")
    box(untitled.slide("Agenda").shapes, "Tea.")
    assert untitled.read().title == "Coaching at Saltmarsh"


# ── reading order ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ({"below": (1, 4, 3, 1), "above": (1, 2, 3, 1)}, ["above", "below"]),
        (
            {"list 2": (5, 3, 3, 3), "head 1": (1, 2, 3, 0.5), "list 1": (1, 3, 3, 3), "head 2": (5, 2, 3, 0.5)},
            ["head 1", "list 1", "head 2", "list 2"],
        ),
        (
            {"d": (3.2, 4, 2, 1), "b": (3.2, 2, 2, 1), "a": (1, 2, 2, 1), "c": (1, 4, 2, 1), "all": (1, 6, 8, 1)},
            ["a", "b", "c", "d", "all"],
        ),
        ({"inner": (2, 3, 1, 1), "outer": (1, 2, 5, 4)}, ["outer", "inner"]),
    ],
    ids=["down", "columns", "rows of cards", "one within another"],
)
def test_boxes_are_read_where_they_stand_and_not_in_the_order_of_the_file(
    places: dict[str, tuple[float, float, float, float]], order: list[str]
) -> None:
    deck = Deck()
    shapes = deck.slide("Title").shapes
    for text, place in places.items():
        box(shapes, text, *place)
    assert body(deck.read()) == order


def test_grouped_shapes_are_read_together_however_deep() -> None:
    deck = Deck()
    shapes = deck.slide("Title").shapes
    box(shapes, "after", top=6)
    outer = shapes.add_group_shape()
    box(outer.shapes, "in the group", top=2)
    box(outer.shapes.add_group_shape().shapes, "in the group within", top=4)
    assert body(deck.read()) == ["in the group", "in the group within", "after"]


# ── what a slide holds ───────────────────────────────────────────────────────────────────────────────────────────────


def test_bullets_are_items_whether_stated_or_inherited() -> None:
    deck = Deck()
    slide = deck.slide("Title", TITLE_AND_CONTENT)
    slide.placeholders[1].text_frame.text = "inherited"
    plain = slide.placeholders[1].text_frame.add_paragraph()
    plain.text = "switched off"
    plain._p.get_or_add_pPr().append(parse_xml(f"<a:buNone {NAMES}/>"))
    stated = box(slide.shapes, "stated", top=7).text_frame.paragraphs[0]
    stated._p.get_or_add_pPr().append(parse_xml(f"<a:buAutoNum {NAMES} type='arabicPeriod'/>"))
    box(slide.shapes, "none", top=8)
    box(slide.shapes, "• typed", top=9)
    assert kinds(deck.read()) == [
        ("list_item", "inherited"),
        ("paragraph", "switched off"),
        ("list_item", "stated"),
        ("paragraph", "none"),
        ("list_item", "typed"),
    ]


@pytest.mark.parametrize(
    ("says_so", "bold", "kind"),
    [(True, False, "table_header"), (False, True, "table_header"), (False, False, "table_row")],
)
def test_a_first_row_names_the_columns_where_the_table_says_so_or_it_alone_is_bold(
    says_so: bool, bold: bool, kind: str
) -> None:
    deck = Deck()
    table = deck.slide("Title").shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    table.first_row = says_so
    for number, text in enumerate(("Step", "What", "C1", "Warning")):
        table.cell(number // 2, number % 2).text = text
    for cell in table.rows[0].cells:
        cell.text_frame.paragraphs[0].runs[0].font.bold = bold
    assert kinds(deck.read()) == [(kind, "Step | What"), ("table_row", "C1 | Warning")]


def test_a_table_of_one_row_that_only_places_lists_is_read_as_lists() -> None:
    deck = Deck()
    table = deck.slide("Title").shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Lessons:\n• plan together", "Meetings:\n• end at five"
    assert kinds(deck.read()) == [
        ("paragraph", "Lessons:"),
        ("list_item", "plan together"),
        ("paragraph", "Meetings:"),
        ("list_item", "end at five"),
    ]


def test_a_merged_cell_is_told_once_across_and_in_each_row_down() -> None:
    deck = Deck()
    table = deck.slide("Title").shapes.add_table(4, 3, 0, 0, Inches(4), Inches(1)).table
    for number in range(12):
        table.cell(number // 3, number % 3).text = f"{number // 3}{number % 3}"
    for (top, left), (bottom, right), text in (
        ((0, 1), (0, 2), "wide"),
        ((1, 0), (2, 1), "Level 1"),
        ((3, 0), (3, 2), "A note on all."),
    ):
        table.cell(top, left).merge(table.cell(bottom, right))
        table.cell(top, left).text = text
    assert body(deck.read()) == ["00 | wide | ", "Level 1 |  | 12", "Level 1 |  | 22", "A note on all."]


def test_a_chart_says_its_title_and_what_it_compares() -> None:
    deck = Deck()
    data = CategoryChartData()
    data.categories = ["Autumn", "Spring"]
    data.add_series("Detentions", (41, 12))
    place = (Inches(1), Inches(2), Inches(5), Inches(3))
    chart = deck.slide("Title").shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Detentions by term"
    assert kinds(deck.read()) == [
        ("paragraph", "Detentions by term"),
        ("list_item", "Detentions"),
        ("list_item", "Autumn"),
        ("list_item", "Spring"),
    ]


def test_smartart_is_read_from_the_top_down_each_with_what_hangs_on_it() -> None:
    def point(key: str, text: str, kind: str = "node") -> str:
        return f"<dgm:pt modelId='{key}' type='{kind}'><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"

    def link(parent: str, child: str, order: int) -> str:
        return f"<dgm:cxn modelId='{parent}{child}' srcId='{parent}' destId='{child}' srcOrd='{order}'/>"

    points = [point("3", "Escalate"), point("2", "in writing"), point("1", "Report"), point("4", "drawn", "pres")]
    links = [link("0", "3", 1), link("1", "2", 0), link("0", "1", 0), link("2", "1", 0)]
    data = (
        f"<dgm:dataModel {NAMES}><dgm:ptLst><dgm:pt modelId='0' type='doc'/>{''.join(points)}</dgm:ptLst>"
        f"<dgm:cxnLst>{''.join(links)}</dgm:cxnLst></dgm:dataModel>"
    )
    deck = Deck()
    slide = deck.slide("Title")
    kind = "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"
    part = Part(PackURI("/ppt/diagrams/data1.xml"), kind, slide.part.package, data.encode())
    relation = slide.part.relate_to(part, RELATIONSHIP_TYPE.DIAGRAM_DATA)
    frame = (
        f"<p:graphicFrame {NAMES}><p:nvGraphicFramePr><p:cNvPr id='9' name='d'/><p:cNvGraphicFramePr/><p:nvPr/>"
        "</p:nvGraphicFramePr><p:xfrm><a:off x='0' y='0'/><a:ext cx='9' cy='9'/></p:xfrm><a:graphic>"
        "<a:graphicData uri='http://schemas.openxmlformats.org/drawingml/2006/diagram'>"
        f"<dgm:relIds r:dm='{relation}' r:lo='{relation}' r:qs='{relation}' r:cs='{relation}'/>"
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )
    slide.shapes._spTree.append(parse_xml(frame))
    assert kinds(deck.read()) == [("list_item", "Report"), ("list_item", "in writing"), ("list_item", "Escalate")]


def test_what_a_program_wrote_in_several_ways_is_read_once() -> None:
    def shape(text: str) -> str:
        return (
            "<p:sp><p:nvSpPr><p:cNvPr id='9' name='s'/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>"
            f"{text}</p:txBody></p:sp>"
        )

    formula = (
        "<a:p><a:r><a:t>A ratio of </a:t></a:r><mc:AlternateContent><mc:Choice Requires='a14'><a14:m><m:oMath><m:r>"
        "<m:t>1:4</m:t></m:r></m:oMath></a14:m></mc:Choice><mc:Fallback><a:r><a:t>1 to 4</a:t></a:r></mc:Fallback>"
        "</mc:AlternateContent></a:p>"
    )
    deck = Deck()
    tree = deck.slide("Title").shapes._spTree
    tree.append(
        parse_xml(
            f"<mc:AlternateContent {NAMES}><mc:Choice Requires='a14'>{shape(formula)}</mc:Choice>"
            f"<mc:Fallback>{shape('<a:p><a:r><a:t>older</a:t></a:r></a:p>')}</mc:Fallback></mc:AlternateContent>"
        )
    )
    assert body(deck.read()) == ["A ratio of 1:4"]


def test_shapes_that_are_switched_off_and_slide_numbers_are_left_out() -> None:
    deck = Deck()
    shapes = deck.slide("Title").shapes
    box(shapes, "Old wording.").element.nvSpPr.cNvPr.set("hidden", "1")
    paragraph = box(shapes, "").text_frame.paragraphs[0]._p
    paragraph.append(parse_xml(f"<a:fld {NAMES} id='{{0}}' type='slidenum'><a:t>7</a:t></a:fld>"))
    box(shapes, "New wording.")
    assert body(deck.read()) == ["New wording."]


def test_footers_and_words_fixed_on_every_slide_state_what_the_deck_is_and_are_not_its_text() -> None:
    deck = Deck()
    slide = deck.slide("Title", TITLE_AND_CONTENT)
    slide.placeholders[1].text = "Words."
    fixed = slide.slide_layout.placeholders
    for inherited, text in ((fixed[3], "Review date: 1 May 2027"), (fixed[4], "4")):
        slide.shapes.clone_placeholder(inherited)
        slide.placeholders[inherited.placeholder_format.idx].text = text
    master = deck.deck.slide_master.shapes._spTree
    other = Deck()
    stamp = box(other.slide(layout=BLANK).shapes, "DRAFT").element
    master.append(stamp)
    document = deck.read()
    assert body(document) == ["Words."]
    assert (document.metadata.review_due, document.metadata.status) == ("2027-05-01", "draft")


# ── slides that are not read ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_hidden_slide_is_left_out_with_a_warning_and_the_others_keep_their_numbers() -> None:
    deck = Deck()
    for number, text in enumerate(("One.", "Two.", "Three.", "Four."), start=1):
        slide = deck.slide(f"Slide title {number}")
        box(slide.shapes, text)
        if number in (2, 3):
            slide._element.set("show", "0")
    document = deck.read()
    assert [(block.text, str(block.locator)) for section in document.sections for block in section.blocks] == [
        ("One.", "slide 1"),
        ("Four.", "slide 4"),
    ]
    assert document.warnings == ("hidden slides 2 and 3 are not read: show what staff may read, and save the file",)


def test_slides_without_a_word_are_named() -> None:
    deck = Deck()
    for number in range(1, 6):
        box(deck.slide(layout=BLANK).shapes, "" if number in (2, 5) else f"On slide {number}.")
    assert deck.read().warnings == (
        "no text on slides 2 and 5: they may be pictures; put their words on the slide or in its notes",
    )


def reason(data: bytes) -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, "a.pptx")
    return str(error.value)


def test_a_deck_without_a_word_is_named() -> None:
    deck = Deck()
    slide = deck.slide(layout=BLANK)
    assert reason(deck.saved()) == (
        "no text on any of its slides: they may be pictures; put their words on the slides or in their notes"
    )
    slide._element.set("show", "0")
    assert reason(deck.saved()) == "all its slides are hidden: show what staff may read, and save the file"


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The package with each part changed; None leaves a part out."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as package, zipfile.ZipFile(out, "w") as changed:
        for name in package.namelist():
            content = change(name, package.read(name))
            if content is not None:
                changed.writestr(name, content)
    return out.getvalue()


def small_deck() -> bytes:
    deck = Deck()
    box(deck.slide("Rules").shapes, "Ready.")
    return deck.saved()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("pptm", b"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
        ("potx", b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"),
        ("ppsx", b"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"),
    ],
)
def test_templates_shows_and_decks_with_macros_are_read_alike(suffix: str, kind: bytes) -> None:
    plain = rb"application/vnd\.openxmlformats-officedocument\.presentationml\.presentation\.main\+xml"
    data = repacked(small_deck(), lambda name, content: re.sub(plain, kind, content))
    assert kind in zipfile.ZipFile(BytesIO(data)).read("[Content_Types].xml")
    assert body(parsed(data, f"trust/a.{suffix}")) == ["Ready."]


def test_a_deck_that_cannot_be_opened_is_named_with_its_cause() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)
    assert reason(ole + "EncryptedPackage".encode("utf-16-le")) == (
        "it is locked with a password: save it again without one"
    )
    assert reason(ole).startswith("it is a PowerPoint 97–2003 document under a new name")
    assert reason(b"Some words").startswith("it is not a slide deck, or was cut short")
    deck = small_deck()
    assert reason(deck[: len(deck) // 2]).startswith("it is not a slide deck, or was cut short")
    assert reason(repacked(deck, lambda name, content: content[:200] if name.endswith("slide1.xml") else content)) == (
        "it is damaged: open it in PowerPoint, which may mend it, and save it again"
    )


def test_a_zip_or_a_workbook_under_the_name_of_a_deck_is_named() -> None:
    only_notes = repacked(small_deck(), lambda name, content: content if name == "docProps/core.xml" else None)
    assert reason(only_notes).startswith("it is a zip archive without a slide deck in it")
    strict = repacked(
        small_deck(),
        lambda name, content: content.replace(b"schemas.openxmlformats.org/officeDocument", b"purl.oclc.org/ooxml"),
    )
    assert reason(strict).startswith("it is saved as Strict Open XML: in PowerPoint, save it as .pptx")
    from tests.ingestion.files import word

    assert reason(word(lambda document: document.add_paragraph("A text."))) == (
        "there is no slide deck in it: save it from PowerPoint as .pptx"
    )
