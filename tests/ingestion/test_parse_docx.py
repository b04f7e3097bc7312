"""Word documents are read whole and in order: tables, text boxes, content controls and tracked changes among them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from docx.document import Document as WordDocument
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument
from ingestion.parse.docx import read_docx
from ingestion.parse.wordprocessor import Cell, Paragraph, Span, Table, list_number, table_items
from tests.ingestion.files import parsed, shown, word

W = nsdecls("w")


def body(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def headings(document: ParsedDocument) -> list[tuple[str, ...]]:
    return [section.heading for section in document.sections if section.heading]


def read(write: Callable[[WordDocument], Any]) -> ParsedDocument:
    return parsed(word(write), "trust/policy.docx")


def add_xml(document: WordDocument, xml: str) -> None:
    sections: Any = document.element.body.sectPr
    sections.addprevious(parse_xml(xml))


def test_docx_golden(golden: Callable[[str, str], None]) -> None:
    def write(document: WordDocument) -> None:
        document.core_properties.title = "Microsoft Word - policy.docx"
        document.sections[0].header.paragraphs[0].text = "Saltmarsh Primary School"
        document.sections[0].footer.paragraphs[0].text = "Version 3.1\tNext review: 1 September 2027"
        document.add_paragraph("Saltmarsh Primary School")
        document.add_paragraph("Behaviour policy", style="Title")
        cover = document.add_table(rows=3, cols=2)
        rows = [("Policy owner", "Headteacher"), ("Ratified by", "Governors, 14 July 2026"), ("Status", "Approved")]
        for row, (label, value) in zip(cover.rows, rows, strict=True):
            row.cells[0].text, row.cells[1].text = label, value
        document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        document.add_heading("1 Rewards", level=1)
        document.add_paragraph("Pupils are praised:")
        document.add_paragraph("in class", style="List Bullet")
        document.add_paragraph("in assembly", style="List Bullet")
        document.add_heading("1.1 Certificates", level=2)
        ladder = document.add_table(rows=3, cols=3, style="Table Grid")
        cells = [("Step", "What", "Who"), ("1", "Reminder", "Teacher"), ("2", "Reflection time", "Teacher")]
        for number, (row, texts) in enumerate(zip(ladder.rows, cells, strict=True)):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.paragraphs[0].add_run(text).bold = number == 0
        document.add_paragraph("After the table.")

    golden("parse/docx.txt", shown(read(write)))


def test_bold_lines_are_headings_where_no_styles_are_used() -> None:
    def write(document: WordDocument) -> None:
        title = document.add_paragraph().add_run("Leave of absence")
        title.bold, title.font.size = True, Pt(24)
        document.add_paragraph("Every member of staff may ask for leave, as this policy sets out below.")
        for heading in ("Bereavement", "Moving house"):
            document.add_paragraph().add_run(heading).bold = True
            document.add_paragraph(f"{heading}: up to five days are granted by the headteacher, and are paid.")
        document.add_paragraph().add_run("This whole sentence is bold, and is a warning.").bold = True

    document = read(write)
    assert document.title == "Leave of absence"
    assert headings(document)[-2:] == [("Bereavement",), ("Moving house",)]
    assert "This whole sentence is bold, and is a warning." in body(document)


def test_a_heading_faked_with_a_character_style_is_one() -> None:
    def write(document: WordDocument) -> None:
        for heading in ("Bereavement", "Moving house"):
            document.add_paragraph().add_run(heading, style="Strong")
            document.add_paragraph(f"{heading}: up to five days are granted by the headteacher, and are paid.")

    assert headings(read(write)) == [("Bereavement",), ("Moving house",)]


def number_by(document: WordDocument, *patterns: tuple[str, str]) -> Callable[[Any, int], None]:
    """Adds a list whose levels count in those forms and patterns; what it returns puts a paragraph on a level."""
    numbering: Any = document.part.numbering_part.element
    levels = "".join(
        f"<w:lvl w:ilvl='{level}'><w:start w:val='1'/><w:numFmt w:val='{form}'/><w:lvlText w:val='{text}'/></w:lvl>"
        for level, (form, text) in enumerate(patterns)
    )
    numbering.insert(0, parse_xml(f"<w:abstractNum {W} w:abstractNumId='90'>{levels}</w:abstractNum>"))
    numbering.append(parse_xml(f"<w:num {W} w:numId='90'><w:abstractNumId w:val='90'/></w:num>"))

    def number(paragraph: Any, level: int) -> None:
        stated = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        stated.get_or_add_ilvl().val = level
        stated.get_or_add_numId().val = 90

    return number


def test_numbered_clauses_carry_their_number_and_items_of_a_list_do_not() -> None:
    def write(document: WordDocument) -> None:
        number = number_by(document, ("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"))
        for level, text in ((0, "Duties"), (1, "Staff report at once."), (2, "by telephone"), (1, "Leads log it.")):
            number(document.add_paragraph(text), level)
        grid = document.add_table(rows=1, cols=2)
        number(grid.cell(0, 0).paragraphs[0], 1)
        grid.cell(0, 0).paragraphs[0].add_run("Records")
        grid.cell(0, 1).text = "seven years"

    [section] = read(write).sections
    assert [(block.kind, block.text) for block in section.blocks] == [
        ("list_item", "Duties"),
        ("paragraph", "1.1 Staff report at once."),
        ("list_item", "by telephone"),
        ("paragraph", "1.2 Leads log it."),
        ("table_row", "1.3 Records | seven years"),
    ]


@pytest.mark.parametrize(
    ("form", "count", "shown_as"),
    [
        ("decimal", 12, "12"),
        ("lowerLetter", 3, "c"),
        ("upperLetter", 28, "BB"),
        ("lowerRoman", 44, "xliv"),
        ("upperRoman", 9, "IX"),
        ("lowerRoman", 10**9, "1000000000"),
    ],
)
def test_numbers_are_shown_in_the_form_that_a_list_sets(form: str, count: int, shown_as: str) -> None:
    assert list_number(count, form) == shown_as


def test_numbers_that_word_sets_before_headings_are_kept() -> None:
    def write(document: WordDocument) -> None:
        number = number_by(document, ("decimal", "%1"), ("decimal", "%1.%2"))
        for level, text in ((1, "Purpose"), (2, "Aims"), (1, "Sanctions"), (2, "Ladder"), (2, "Phones")):
            number(document.add_heading(text, level=level), level - 1)
        document.add_paragraph("Phones stay off.")

    assert headings(read(write)) == [
        ("1 Purpose",),
        ("1 Purpose", "1.1 Aims"),
        ("2 Sanctions",),
        ("2 Sanctions", "2.1 Ladder"),
        ("2 Sanctions", "2.2 Phones"),
    ]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_merged_cell_is_told_once_across_and_in_each_row_down() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=4, cols=3)
        for number, row in enumerate(table.rows):
            for column, cell in enumerate(row.cells):
                cell.text = f"{number}{column}"
        merged = table.cell(0, 1).merge(table.cell(0, 2))
        merged.text = "wide"
        down = table.cell(1, 0).merge(table.cell(2, 0))
        down.text = "Level 1"
        across = table.cell(3, 0).merge(table.cell(3, 2))
        across.text = "A note on the whole table."

    assert body(read(write)) == [
        "00 | wide | ",
        "Level 1 | 11 | 12",
        "Level 1 | 21 | 22",
        "A note on the whole table.",
    ]


def test_a_table_of_one_column_is_paragraphs_and_may_hold_headings() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=2, cols=1)
        table.cell(0, 0).paragraphs[0].style = "Heading 1"
        table.cell(0, 0).paragraphs[0].text = "Eligibility"
        table.cell(1, 0).text = "I am an employee."
        table.cell(1, 0).add_paragraph("I have asked once.", style="List Bullet")

    [section] = read(write).sections
    assert section.heading == ("Eligibility",)
    assert [(block.kind, block.text) for block in section.blocks] == [
        ("paragraph", "I am an employee."),
        ("list_item", "I have asked once."),
    ]


def test_a_table_within_a_table_is_read_in_its_place() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=1, cols=2)
        table.cell(0, 0).text = "Left"
        inner = table.cell(0, 1).add_table(rows=1, cols=2)
        inner.cell(0, 0).text, inner.cell(0, 1).text = "C1", "Warning"

    assert body(read(write)) == ["Left", "C1 | Warning"]


def test_rows_that_repeat_on_each_page_are_the_header() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=3, cols=2)
        for row, texts in zip(table.rows, [("Step", "What"), ("C1", "Warning"), ("C2", "Detention")], strict=True):
            row.cells[0].text, row.cells[1].text = texts
        properties: Any = table.rows[0]._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:tblHeader"))

    [section] = read(write).sections
    assert [block.kind for block in section.blocks] == ["table_header", "table_row", "table_row"]


# ── what python-docx leaves out ──────────────────────────────────────────────────────────────────────────────────────


def box(text: str) -> str:
    content = f"<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>"
    return (
        f"<w:p {W} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' "
        "xmlns:wps='http://schemas.microsoft.com/office/word/2010/wordprocessingShape' "
        "xmlns:v='urn:schemas-microsoft-com:vml'>"
        "<w:r><w:t>Beside the box.</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></w:drawing>"
        "</mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )


def test_a_text_box_is_read_once() -> None:
    assert body(read(lambda document: add_xml(document, box("In the box.")))) == ["Beside the box.", "In the box."]


def test_a_text_box_stands_on_the_page_of_its_paragraph_whatever_break_follows() -> None:
    def write(document: WordDocument) -> None:
        add_xml(document, box("In the box."))
        document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
        rendered(document.add_paragraph("On page two."))

    document = read(write)
    assert body(document) == ["Beside the box.", "In the box.", "On page two."]
    assert locators(document) == ["page 1", "page 1", "page 2"]


def test_a_text_box_in_a_page_footer_is_told_once() -> None:
    def write(document: WordDocument) -> None:
        document.add_paragraph("Words.")
        footer: Any = document.sections[0].footer.paragraphs[0]
        footer._p.addnext(parse_xml(box("Version: 2.4")))

    assert read_docx(word(write)).cover.margins == ("Beside the box.", "Version: 2.4")


INNER = "<w:p><w:r><w:t>Words.</w:t></w:r></w:p>"
CONTROLS = {
    "block": f"<w:sdt {W}><w:sdtContent>{INNER}</w:sdtContent></w:sdt>",
    "run": f"<w:p {W}><w:sdt><w:sdtContent><w:r><w:t>Words.</w:t></w:r></w:sdtContent></w:sdt></w:p>",
    "row": f"<w:tbl {W}><w:sdt><w:sdtContent><w:tr><w:tc>{INNER}</w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>",
    "cell": f"<w:tbl {W}><w:tr><w:sdt><w:sdtContent><w:tc>{INNER}</w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>",
}


@pytest.mark.parametrize("xml", CONTROLS.values(), ids=CONTROLS)
def test_content_controls_are_read_at_every_level(xml: str) -> None:
    assert body(read(lambda document: add_xml(document, xml))) == ["Words."]


def test_tracked_changes_are_read_as_accepted() -> None:
    changed = (
        f"<w:p {W}><w:r><w:t xml:space='preserve'>Phones are kept </w:t></w:r>"
        "<w:del w:id='1' w:author='A'><w:r><w:delText>until Friday</w:delText></w:r></w:del>"
        "<w:ins w:id='2' w:author='A'><w:r><w:t>until the end of the day</w:t></w:r></w:ins>"
        "<w:moveFrom w:id='3' w:author='A'><w:r><w:t> moved</w:t></w:r></w:moveFrom><w:r><w:t>.</w:t></w:r></w:p>"
    )
    assert body(read(lambda document: add_xml(document, changed))) == ["Phones are kept until the end of the day."]


def test_links_and_fields_keep_their_words_and_hidden_text_is_left_out() -> None:
    xml = (
        f"<w:p {W}><w:hyperlink w:anchor='a'><w:r><w:t>the form</w:t></w:r></w:hyperlink>"
        "<w:r><w:instrText> PAGE </w:instrText></w:r>"
        "<w:fldSimple w:instr='DATE'><w:r><w:t> of May</w:t></w:r></w:fldSimple>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:tab/><w:t>end</w:t></w:r></w:p>"
    )
    assert body(read(lambda document: add_xml(document, xml))) == ["the form of May end"]


def test_a_contents_list_stands_under_its_own_heading() -> None:
    def write(document: WordDocument) -> None:
        document.styles.add_style("toc 1", 1)
        for entry in ("1 Purpose\t2", "2 Sanctions\t3"):
            document.add_paragraph(entry, style="toc 1")
        document.add_heading("1 Purpose", level=1)
        document.add_paragraph("Why we have it.")

    document = read(write)
    assert [(section.heading, [block.text for block in section.blocks]) for section in document.sections] == [
        (("Contents",), ["1 Purpose 2", "2 Sanctions 3"]),
        (("1 Purpose",), ["Why we have it."]),
    ]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def locators(document: ParsedDocument) -> list[str]:
    return [str(block.locator) for section in document.sections for block in section.blocks]


def rendered(paragraph: Any) -> None:
    """Marks, as Word does on saving, that a page starts with this paragraph."""
    run = paragraph.runs[0]._r
    run.insert(0, OxmlElement("w:lastRenderedPageBreak"))


def test_pages_are_counted_where_word_marked_them() -> None:
    def write(document: WordDocument) -> None:
        document.add_paragraph("On page one.")
        rendered(document.add_paragraph("On page two."))
        broken: Any = document.add_paragraph("Begins on two,")
        broken.add_run(" ends on three.")
        broken.runs[1]._r.insert(0, OxmlElement("w:lastRenderedPageBreak"))
        document.add_paragraph("On page three.")

    assert locators(read(write)) == ["page 1", "page 2", "pages 2–3", "page 3"]


def test_a_break_asked_for_and_then_rendered_counts_once() -> None:
    def write(document: WordDocument) -> None:
        document.add_paragraph("Cover.").add_run().add_break(WD_BREAK.PAGE)
        rendered(document.add_paragraph("On page two."))
        rendered(document.add_paragraph("On page three."))

    assert locators(read(write)) == ["page 1", "page 2", "page 3"]


def test_cells_of_one_row_that_run_over_count_one_page() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=2, cols=2)
        for cell in table.rows[0].cells:
            cell.text = "First words"
            broken: Any = cell.paragraphs[0].add_run(" and more")
            broken._r.insert(0, OxmlElement("w:lastRenderedPageBreak"))
        table.cell(1, 0).text = table.cell(1, 1).text = "Next row"

    assert locators(read(write)) == ["pages 1–2", "page 2"]


def test_a_break_before_a_row_whose_cells_all_mark_it_counts_once() -> None:
    def write(document: WordDocument) -> None:
        document.add_paragraph("On page one.").add_run().add_break(WD_BREAK.PAGE)
        table = document.add_table(rows=1, cols=2)
        for cell in table.rows[0].cells:
            cell.text = "On page two"
            rendered(cell.paragraphs[0])
        document.add_paragraph("Also on page two.")

    assert locators(read(write)) == ["page 1", "page 2", "page 2"]


def test_a_break_within_a_cell_makes_no_page() -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(rows=2, cols=2)
        for number, row in enumerate(table.rows):
            for cell in row.cells:
                cell.text = f"Row {number}"
        table.cell(0, 0).paragraphs[0].add_run().add_break(WD_BREAK.PAGE)
        rendered(document.add_paragraph("On page two."))

    assert locators(read(write)) == ["page 1", "page 1", "page 2"]


def test_without_marks_pages_are_known_only_between_short_stretches() -> None:
    def write(words: int) -> Callable[[WordDocument], None]:
        def into(document: WordDocument) -> None:
            document.add_heading("Sanctions", level=1)
            document.add_paragraph("word " * words).add_run().add_break(WD_BREAK.PAGE)
            document.add_paragraph("After the break.")

        return into

    assert locators(read(write(20))) == ["page 1", "page 2"]
    assert locators(read(write(900))) == ["section “Sanctions”", "section “Sanctions”"]


def test_footnotes_follow_their_paragraph() -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    def write(document: WordDocument) -> None:
        notes = (
            f"<w:footnotes {W}><w:footnote w:id='-1'><w:p><w:r><w:separator/></w:r></w:p></w:footnote>"
            "<w:footnote w:id='2'><w:p><w:r><w:t>See the handbook.</w:t></w:r></w:p></w:footnote></w:footnotes>"
        )
        part = Part(PackURI("/word/footnotes.xml"), "application/xml", notes.encode(), document.part.package)
        document.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")
        paragraph: Any = document.add_paragraph("As agreed.")
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), "2")
        paragraph.add_run()._r.append(reference)
        document.add_paragraph("Next.")

    assert body(read(write)) == ["As agreed.", "See the handbook.", "Next."]


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_parts(change: Callable[[str, bytes], bytes]) -> bytes:
    """A document of a few words, each of its parts changed."""
    out = BytesIO()
    data = word(lambda document: document.add_paragraph("Words."))
    with zipfile.ZipFile(BytesIO(data)) as package, zipfile.ZipFile(out, "w") as changed:
        for name in package.namelist():
            changed.writestr(name, change(name, package.read(name)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("docm", b"application/vnd.ms-word.document.macroEnabled.main+xml"),
        ("dotx", b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"),
        ("dotm", b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
    ],
)
def test_templates_and_documents_with_macros_are_read_alike(suffix: str, kind: bytes) -> None:
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    data = with_parts(lambda name, content: content.replace(plain, kind))
    assert kind in zipfile.ZipFile(BytesIO(data)).read("[Content_Types].xml")
    assert body(parsed(data, f"trust/a.{suffix}")) == ["Words."]


def test_a_document_saved_as_strict_open_xml_is_named() -> None:
    usual, strict = b"schemas.openxmlformats.org/officeDocument/2006", b"purl.oclc.org/ooxml/officeDocument"
    with pytest.raises(DocumentNotRead, match="it is saved as Strict Open XML: in Word, save it as"):
        parsed(with_parts(lambda name, content: content.replace(usual, strict)), "trust/policy.docx")


def test_a_document_with_a_damaged_part_is_named() -> None:
    with pytest.raises(DocumentNotRead, match="it is damaged: open it in Word, which may mend it, and save it again"):
        parsed(with_parts(lambda name, content: content[:90] if "document.xml" in name else content), "trust/a.docx")


def test_cells_that_claim_more_columns_than_a_table_can_have_are_over_one_each() -> None:
    cell = Cell((Paragraph("a", Span(1, 1)),), columns=64)
    [table] = table_items([[cell] * 60] * 2, page=1, marked=[False, False])
    assert isinstance(table, Table)
    assert [len(row) for row in table.rows] == [64 + 59, 64 + 59]
