"""OpenDocument texts are read whole and in order, and say the same as their Word twins."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from docx.document import Document as WordDocument

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument
from tests.ingestion.files import parsed, shown, word

URN = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(
    f"xmlns:{short}='{name}'"
    for short, name in {
        "office": f"{URN}:office:1.0",
        "text": f"{URN}:text:1.0",
        "table": f"{URN}:table:1.0",
        "draw": f"{URN}:drawing:1.0",
        "style": f"{URN}:style:1.0",
        "fo": f"{URN}:xsl-fo-compatible:1.0",
        "svg": f"{URN}:svg-compatible:1.0",
        "meta": f"{URN}:meta:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)
NAMED_STYLES = """
<style:default-style style:family="paragraph"><style:text-properties fo:font-size="11pt"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"/>
<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="paragraph"
  style:parent-style-name="Standard" style:default-outline-level="1"/>
<style:style style:name="Title" style:family="paragraph" style:parent-style-name="Standard">
  <style:text-properties fo:font-size="28pt"/></style:style>
<style:style style:name="Strong" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
"""
AUTOMATIC_STYLES = """
<style:style style:name="NewPage" style:family="paragraph" style:parent-style-name="Standard">
  <style:paragraph-properties fo:break-before="page"/></style:style>
<style:style style:name="Bold" style:family="paragraph" style:parent-style-name="Standard">
  <style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="Hidden" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Shaded" style:family="table-cell">
  <style:table-cell-properties fo:background-color="#ddeeff"/></style:style>
<text:list-style style:name="Bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>
</text:list-style>
<text:list-style style:name="Steps">
  <text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
  <text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>
<text:list-style style:name="Clauses">
  <text:list-level-style-number text:level="1" style:num-format="1"/>
  <text:list-level-style-number text:level="2" style:num-format="1" text:display-levels="2"/></text:list-style>
"""
WORDS = "Phones are kept in the office until the end of the day, and are then returned."


def odt(
    body: str,
    *,
    margins: str = "",
    meta: str = "",
    styles: str = NAMED_STYLES,
    kind: str = "text",
    manifest: str = "",
    without: str = "",
) -> bytes:
    """An OpenDocument file with that body, as a word processor packs it."""
    parts = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": (
            f"<office:document-content {SPACES}><office:automatic-styles>{AUTOMATIC_STYLES}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
        ),
        "styles.xml": (
            f"<office:document-styles {SPACES}><office:styles>{styles}</office:styles><office:master-styles>"
            f"<style:master-page style:name='Standard'>{margins}</style:master-page></office:master-styles>"
            "</office:document-styles>"
        ),
        "meta.xml": f"<office:document-meta {SPACES}><office:meta>{meta}</office:meta></office:document-meta>",
        "META-INF/manifest.xml": (
            f"<manifest:manifest xmlns:manifest='{URN}:manifest:1.0'>{manifest}</manifest:manifest>"
        ),
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in parts.items():
            if name != without:
                package.writestr(name, text)
    return out.getvalue()


def read(xml: str, **more: Any) -> ParsedDocument:
    return parsed(odt(xml, **more), "trust/policy.odt")


def body(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def headings(document: ParsedDocument) -> list[tuple[str, ...]]:
    return [section.heading for section in document.sections if section.heading]


def locators(document: ParsedDocument) -> list[str]:
    return [str(block.locator) for section in document.sections for block in section.blocks]


def p(text: str, style: str = "Standard") -> str:
    return f"<text:p text:style-name='{style}'>{text}</text:p>"


def h(level: int, text: str) -> str:
    return f"<text:h text:style-name='Heading_20_1' text:outline-level='{level}'>{text}</text:h>"


def cell(*texts: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}>{''.join(map(p, texts))}</table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def table(*rows: str) -> str:
    return f"<table:table>{''.join(rows)}</table:table>"


def items(*contents: str, style: str = "", attributes: str = "") -> str:
    name = f"text:style-name='{style}'" if style else ""
    entries = "".join(f"<text:list-item>{content}</text:list-item>" for content in contents)
    return f"<text:list {name} {attributes}>{entries}</text:list>"


def test_odt_golden(golden: Callable[[str, str], None]) -> None:
    cover = table(
        row(cell("Policy owner"), cell("Headteacher")),
        row(cell("Ratified by"), cell("Governors, 14 July 2026")),
        row(cell("Status"), cell("Approved")),
    )
    ladder = table(
        f"<table:table-header-rows>{row(cell('Step'), cell('What'), cell('Who'))}</table:table-header-rows>",
        row(cell("1"), cell("Reminder"), cell("Teacher")),
        row(cell("2"), cell("Reflection<text:s text:c='2'/>time"), cell("Teacher")),
    )
    document = read(
        p("Saltmarsh Primary School")
        + p("Behaviour policy", "Title")
        + cover
        + "<text:soft-page-break/>"
        + h(1, "1 Rewards")
        + p("Pupils are praised:")
        + items(p("in class"), p("in assembly"), style="Bullets")
        + h(2, "1.1 Certificates")
        + ladder
        + p("After the<text:tab/>table."),
        margins=(
            f"<style:header>{p('Saltmarsh Primary School')}</style:header>"
            f"<style:footer>{p('Version 3.1<text:tab/>Next review: 1 September 2027')}</style:footer>"
        ),
        meta="<dc:title>Behaviour</dc:title><meta:document-statistic meta:page-count='2'/>",
    )
    golden("parse/odt.txt", shown(document))


def test_a_document_and_its_word_twin_read_alike() -> None:
    def write(document: WordDocument) -> None:
        document.add_heading("Sanctions", level=1)
        document.add_paragraph("A pupil may be given:")
        document.add_paragraph("a reminder", style="List Bullet")
        document.add_heading("Ladder", level=2)
        grid = document.add_table(rows=3, cols=2)
        for number, texts in enumerate([("Step", "What"), ("C1", "Warning"), ("C2", "Detention")]):
            for column, text in enumerate(texts):
                grid.cell(number, column).paragraphs[0].add_run(text).bold = number == 0
        document.add_paragraph().add_run("Phones").bold = True
        document.add_paragraph(WORDS)

    bold = [f"<table:table-cell>{p(text, 'Bold')}</table:table-cell>" for text in ("Step", "What")]
    xml = (
        h(1, "Sanctions")
        + p("A pupil may be given:")
        + items(p("a reminder"), style="Bullets")
        + h(2, "Ladder")
        + table(row(*bold), row(cell("C1"), cell("Warning")), row(cell("C2"), cell("Detention")))
        + p("<text:span text:style-name='Strong'>Phones</text:span>")
        + p(WORDS)
    )
    assert read(xml).sections == parsed(word(write), "trust/policy.docx").sections


# ── headings and numbers ─────────────────────────────────────────────────────────────────────────────────────────────


def test_bold_lines_are_headings_where_no_styles_are_used() -> None:
    document = read(p("Bereavement", "Bold") + p("Five days are granted.") + p("Moving house", "Bold") + p("One day."))
    assert headings(document) == [("Bereavement",), ("Moving house",)]


def test_headings_are_numbered_as_the_outline_says() -> None:
    outline = (
        "<text:outline-style style:name='Outline'>"
        "<text:outline-level-style text:level='1' style:num-format='1'/>"
        "<text:outline-level-style text:level='2' style:num-format='1' text:display-levels='2'/></text:outline-style>"
    )
    xml = "".join(h(level, text) for level, text in [(1, "Purpose"), (2, "Aims"), (1, "Sanctions"), (2, "Ladder")])
    assert headings(read(xml + p(WORDS), styles=NAMED_STYLES + outline)) == [
        ("1 Purpose",),
        ("1 Purpose", "1.1 Aims"),
        ("2 Sanctions",),
        ("2 Sanctions", "2.1 Ladder"),
    ]


def test_a_number_that_the_file_states_is_taken_as_it_stands() -> None:
    assert headings(read(h(1, "<text:number>7.</text:number>Leave") + p(WORDS))) == [("7 Leave",)]


def test_a_heading_in_a_list_is_a_heading_with_its_number() -> None:
    xml = items(h(1, "Scope"), style="Steps") + p(WORDS)
    xml += items(p("Duties", "Heading_20_1"), style="Steps", attributes="text:continue-numbering='true'") + p(WORDS)
    assert headings(read(xml)) == [("1 Scope",), ("2 Duties",)]


def test_numbered_clauses_carry_their_number_and_items_of_a_list_do_not() -> None:
    clauses = items(p("Duties") + items(p("Staff report at once."), p("Leads log it.")), style="Clauses")
    more = items(items(p("Records are kept.")), style="Clauses", attributes="text:continue-numbering='true'")
    document = read(clauses + p("Between.") + more + items(p("Listen."), p("Write."), style="Steps"))
    assert [(block.kind, block.text) for section in document.sections for block in section.blocks] == [
        ("list_item", "Duties"),
        ("paragraph", "1.1 Staff report at once."),
        ("paragraph", "1.2 Leads log it."),
        ("paragraph", "Between."),
        ("paragraph", "1.3 Records are kept."),
        ("list_item", "Listen."),
        ("list_item", "Write."),
    ]


def test_a_second_list_counts_anew_unless_it_continues() -> None:
    clause = items(p("First.") + items(p("Within.")), style="Clauses")
    again = items(p("Again.") + items(p("Within.")), style="Clauses", attributes="text:continue-numbering='true'")
    assert [text for text in body(read(clause + clause + again)) if "Within" in text] == [
        "1.1 Within.",
        "1.1 Within.",
        "2.1 Within.",
    ]


def test_a_list_whose_parts_share_one_id_is_read() -> None:
    parts = [items(p(text), style="Steps", attributes="xml:id='list1'") for text in ("Listen.", "Write.")]
    assert body(read("".join(parts))) == ["Listen.", "Write."]


def test_a_contents_list_stands_under_its_own_heading() -> None:
    contents = (
        "<text:table-of-content><text:table-of-content-source><text:index-title-template>Contents"
        "</text:index-title-template></text:table-of-content-source><text:index-body>"
        f"<text:index-title>{p('Contents')}</text:index-title>{p('Purpose<text:tab/>2')}{p('Sanctions<text:tab/>3')}"
        "</text:index-body></text:table-of-content>"
    )
    document = read(contents + h(1, "Purpose") + p("Why we have it."))
    assert [(section.heading, [block.text for block in section.blocks]) for section in document.sections] == [
        (("Contents",), ["Purpose 2", "Sanctions 3"]),
        (("Purpose",), ["Why we have it."]),
    ]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_merged_cell_is_told_once_across_and_in_each_row_down() -> None:
    covered = "<table:covered-table-cell/>"
    xml = table(
        row(cell("00"), cell("wide", attributes="table:number-columns-spanned='2'"), covered),
        row(cell("Level 1", attributes="table:number-rows-spanned='2'"), cell("11"), cell("12")),
        row(covered, cell("21"), cell("22")),
        row(
            cell("A note on the whole table.", attributes="table:number-columns-spanned='3'"),
            "<table:covered-table-cell table:number-columns-repeated='2'/>",
        ),
    )
    assert body(read(xml)) == ["00 | wide | ", "Level 1 | 11 | 12", "Level 1 | 21 | 22", "A note on the whole table."]


def test_a_cell_over_rows_and_columns_keeps_the_columns_beside_it() -> None:
    both = "table:number-rows-spanned='2' table:number-columns-spanned='2'"
    covered = "<table:covered-table-cell/>"
    xml = table(row(cell("Both", attributes=both), covered, cell("a")), row(covered, covered, cell("b")))
    assert body(read(xml)) == ["Both | a", "Both | b"]


def test_cells_and_rows_repeated_to_the_edge_of_the_sheet_add_nothing() -> None:
    xml = table(
        row(cell("Term"), cell("Dates"), "<table:table-cell table:number-columns-repeated='1022'/>"),
        row(cell("Autumn"), cell("2 September"), "<table:table-cell table:number-columns-repeated='1022'/>"),
        row(
            "<table:table-cell table:number-columns-repeated='1024'/>",
            attributes="table:number-rows-repeated='1000000'",
        ),
    )
    assert body(read(xml)) == ["Term | Dates", "Autumn | 2 September"]


def test_a_row_that_repeats_is_told_as_often_and_never_without_end() -> None:
    twice = row(cell("Break"), cell("15 minutes"), attributes="table:number-rows-repeated='2'")
    assert body(read(table(twice))) == ["Break | 15 minutes"] * 2
    endless = row(cell("Break"), cell("15 minutes"), attributes="table:number-rows-repeated='999999999'")
    assert len(body(read(table(endless)))) == 64


def test_header_rows_and_shaded_first_rows_name_the_columns() -> None:
    shaded = [cell(text, attributes="table:style-name='Shaded'") for text in ("Step", "What")]
    rows = (row(cell("C1"), cell("Warning")), row(cell("C2"), cell("Detention")))
    for head in (
        f"<table:table-header-rows>{row(cell('Step'), cell('What'))}</table:table-header-rows>",
        row(*shaded),
    ):
        [section] = read(table(head, *rows)).sections
        assert [block.kind for block in section.blocks] == ["table_header", "table_row", "table_row"]


def test_the_empty_cell_that_ends_a_row_where_others_run_further_is_no_column() -> None:
    wide = "table:number-columns-spanned='2'"
    covered = "<table:covered-table-cell/>"
    xml = table(
        row(cell("Complaints", attributes=wide), covered, cell()),
        row(cell("Number"), cell("This term", attributes=wide), covered),
        row(cell("Stage 1"), cell("4", attributes=wide), covered),
    )
    assert body(read(xml)) == ["Complaints", "Number | This term", "Stage 1 | 4"]


def test_an_empty_cell_beyond_the_last_column_is_none() -> None:
    columns = "<table:table-column table:number-columns-repeated='2'/>"
    across = row(
        cell("Complaints", attributes="table:number-columns-spanned='2'"), "<table:covered-table-cell/>", cell()
    )
    assert body(read(table(columns, across, row(cell("Stage 1"), cell("4"))))) == ["Complaints", "Stage 1 | 4"]


def test_a_table_within_a_table_is_read_in_its_place() -> None:
    inner = f"<table:table-cell>{table(row(cell('C1'), cell('Warning')))}</table:table-cell>"
    assert body(read(table(row(cell("Left"), inner)))) == ["Left", "C1 | Warning"]


# ── beside the text ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_text_boxes_and_shapes_follow_their_paragraph_once() -> None:
    box = (
        f"<draw:frame><draw:text-box>{p('In the box.')}{table(row(cell('a'), cell('b')))}</draw:text-box>"
        "<svg:title>Alternative words</svg:title></draw:frame>"
    )
    shapes = f"<draw:g><draw:custom-shape>{p('In a shape.')}</draw:custom-shape><draw:g><draw:line/></draw:g></draw:g>"
    document = read(
        p(f"Beside{box} it.{shapes}") + f"<draw:frame><draw:text-box>{p('On the page.')}</draw:text-box></draw:frame>"
    )
    assert body(document) == ["Beside it.", "In the box.", "a | b", "In a shape.", "On the page."]


def test_footnotes_and_endnotes_follow_their_paragraph() -> None:
    note = (
        "<text:note text:note-class='{kind}'><text:note-citation>1</text:note-citation>"
        f"<text:note-body>{p('See the {{kind}}.')}</text:note-body></text:note>"
    ).replace("{{kind}}", "{kind}")
    xml = p(f"As agreed{note.format(kind='footnote')} by all{note.format(kind='endnote')}.") + p("Next.")
    assert body(read(xml)) == ["As agreed by all.", "See the footnote.", "See the endnote.", "Next."]


def test_tracked_changes_are_read_as_accepted() -> None:
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion>"
        f"{p('until Friday')}</text:deletion></text:changed-region></text:tracked-changes>"
    )
    kept = p(
        "Phones are kept <text:change text:change-id='1'/><text:change-start text:change-id='2'/>"
        "until the end of the day<text:change-end text:change-id='2'/>."
    )
    assert body(read(deleted + kept)) == ["Phones are kept until the end of the day."]


def test_comments_hidden_words_and_hidden_sections_are_left_out() -> None:
    comment = f"<office:annotation><dc:creator>A. Clerk</dc:creator>{p('Is this right?')}</office:annotation>"
    hidden = "<text:span text:style-name='Hidden'>secret</text:span>"
    section = f"<text:section text:name='a' text:display='none'>{p('Old wording.')}</text:section>"
    shown_section = f"<text:section text:name='b'>{p('In a section.')}</text:section>"
    assert body(read(p(f"One{comment} two {hidden}three.") + section + shown_section)) == [
        "One two three.",
        "In a section.",
    ]


def test_links_fields_and_line_breaks_keep_their_words() -> None:
    xml = p(
        "See <text:a xlink:href='https://example.org'><text:span>the form</text:span></text:a> of "
        "<text:date>1 May</text:date>,<text:line-break/>page <text:page-number>3</text:page-number>"
    )
    assert body(read(xml)) == ["See the form of 1 May, page 3"]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────

SOFT = "<text:soft-page-break/>"


def test_pages_are_counted_where_the_program_marked_them() -> None:
    xml = p("On page one.") + SOFT + p("On page two.") + p(f"Begins on two, {SOFT}ends on three.") + p("On three.")
    assert locators(read(xml)) == ["page 1", "page 2", "pages 2–3", "page 3"]


def test_a_break_asked_for_and_marked_as_well_counts_once() -> None:
    xml = p("Cover.") + SOFT + p("On page two.", "NewPage") + SOFT + p("On page three.")
    assert locators(read(xml)) == ["page 1", "page 2", "page 3"]


def test_a_break_asked_for_of_the_first_paragraph_or_within_a_cell_makes_no_page() -> None:
    within = f"<table:table-cell>{p('a', 'NewPage')}</table:table-cell>"
    xml = p("On page one.", "NewPage") + table(row(within, cell("b"))) + SOFT + p("On page two.")
    assert locators(read(xml)) == ["page 1", "page 1", "page 2"]


def test_a_box_fixed_to_a_page_is_cited_there() -> None:
    boxed = f"<draw:frame text:anchor-page-number='2'><draw:text-box>{p('In the box.')}</draw:text-box></draw:frame>"
    document = read(boxed + p("On page one.") + SOFT + p("On page two."))
    assert list(zip(body(document), locators(document), strict=True)) == [
        ("In the box.", "page 2"),
        ("On page one.", "page 1"),
        ("On page two.", "page 2"),
    ]


def test_page_numbers_are_not_guessed_where_the_file_counts_other_pages() -> None:
    xml = h(1, "Sanctions") + p("Before.") + SOFT + p("After.")

    def counted(pages: int) -> list[str]:
        return locators(read(xml, meta=f"<meta:document-statistic meta:page-count='{pages}'/>"))

    assert counted(2) == ["page 1", "page 2"]
    assert counted(5) == ["section “Sanctions”", "section “Sanctions”"]


# ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────────────


def test_page_headers_and_footers_state_what_the_document_is_and_are_not_its_text() -> None:
    margins = (
        f"<style:header>{table(row(cell('Saltmarsh'), cell('Version: 2.4')))}</style:header>"
        f"<style:footer>{p('Review date: 1 May 2027')}</style:footer>"
        f"<style:footer-first>{p('DRAFT')}</style:footer-first>"
    )
    document = read(p(WORDS), margins=margins, meta="<dc:title>Mobile phone policy</dc:title>")
    assert body(document) == [WORDS]
    assert document.title == "Mobile phone policy"
    assert (document.metadata.version, document.metadata.review_due) == ("2.4", "2027-05-01")
    assert document.metadata.status == "draft"


# ── what cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────


def reason(data: bytes, path: str = "a.odt") -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, path)
    return str(error.value)


def test_a_template_is_read_like_a_text() -> None:
    assert body(parsed(odt(p(WORDS), kind="text-template"), "a.ott")) == [WORDS]


def test_a_text_under_a_password_is_named() -> None:
    encrypted = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    assert reason(odt("", manifest=encrypted)) == "it is locked with a password: save it again without one"


def test_another_kind_of_opendocument_file_is_named() -> None:
    assert reason(odt("", kind="spreadsheet")) == (
        "it is an OpenDocument spreadsheet under the name of a text: save it as PDF"
    )


def test_a_zip_without_a_text_is_named() -> None:
    assert reason(odt("", without="content.xml")).startswith("it is a zip archive without an OpenDocument text in it")


def test_a_text_that_is_no_zip_or_was_cut_short_is_named() -> None:
    data = odt(p(WORDS))
    for damaged in (b"These are plain words", data[: len(data) // 2]):
        assert reason(damaged).startswith("it is not an OpenDocument text, or was cut short")


def test_a_damaged_part_is_named() -> None:
    assert reason(odt("<text:p>never closed")) == (
        "its part content.xml is damaged: open it in LibreOffice and save it again"
    )


def test_a_text_without_words_is_named() -> None:
    assert reason(odt(p(" "))) == "there is no text in it: put the document's text in it, or remove it"
