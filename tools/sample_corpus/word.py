"""A source as a Word document, made as schools make them: cover sheet, real headings, tables and text boxes.

The trust's own template keeps the cover table's values in content controls; the schools' templates do not.
"""

from copy import deepcopy
from datetime import datetime, time
from io import BytesIO
from math import ceil
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_BREAK, WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph

from tools.sample_corpus.archive import settled
from tools.sample_corpus.cover import cover_rows, footer_line
from tools.sample_corpus.look import Look, look_of
from tools.sample_corpus.measure import column_shares
from tools.sample_corpus.source import (
    Block,
    Box,
    Edition,
    Heading,
    Item,
    ItemList,
    PageBreak,
    Paragraph,
    Run,
    Runs,
    Source,
    Table,
    plain,
)

TEXT_WIDTH = Cm(16.4)
BODY_POINTS = 10.5
CHARACTERS_ACROSS = 92
CROWDED_COLUMNS = 5
"""From this many columns on, a table is set smaller."""


def render_word(source: Source) -> bytes:
    """The document, not yet paginated: `pagination.mark_pages` adds where its pages break."""
    writer = Writer(source)
    writer.write()
    out = BytesIO()
    writer.document.save(out)
    return settled(out.getvalue(), saved_at(source))


def saved_at(source: Source) -> datetime:
    return datetime.combine(source.dated, time(9, 0))


class Writer:
    """Puts one source's blocks into a Word document, top to bottom."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.look: Look = look_of(source)
        self.document: WordDocument = Document()
        self.drawings = 0
        self.controls = 0
        self.numbering: dict[int, tuple[int, int]] = {}
        """List depth → the Word list it is in, and the last number given there."""

    def write(self) -> None:
        set_up_page(self.document)
        set_up_styles(self.document, self.look)
        self.write_properties()
        self.write_running_lines()
        if self.source.layout == "footer":
            self.write_title()
            self.write_blocks(self.source.blocks)
            self.write_history(self.source.history)
        else:
            self.write_cover()
            self.write_blocks(self.source.blocks)

    def write_properties(self) -> None:
        properties = self.document.core_properties
        properties.title = self.source.title
        properties.subject = self.source.kind or ""
        properties.author = self.source.organisation
        properties.last_modified_by = self.source.organisation
        properties.comments = ""
        properties.language = "en-GB"
        properties.revision = 1

    def write_running_lines(self) -> None:
        section = self.document.sections[0]
        header = section.header.paragraphs[0]
        header.add_run(f"{self.source.organisation}\t{self.source.title}")
        rule(header, "bottom", self.look.accent)
        footer = section.footer.paragraphs[0]
        footer.add_run(f"{footer_line(self.source)}\tPage ")
        add_field(footer, "PAGE", "1")
        footer.add_run(" of ")
        add_field(footer, "NUMPAGES", "1")
        rule(footer, "top", self.look.accent)

    def write_cover(self) -> None:
        organisation = self.document.add_paragraph(self.source.organisation, style="Cover organisation")
        organisation.paragraph_format.space_before = Pt(90)
        self.write_title()
        rows = cover_rows(self.source)
        if self.source.layout == "lines":
            for _, label, value in rows:
                line = self.document.add_paragraph()
                line.add_run(f"{label}: ").bold = True
                line.add_run(value)
        elif rows:
            self.write_cover_table(rows)
        self.write_history(self.source.history)
        self.write_page_break()

    def write_title(self) -> None:
        if self.source.layout == "footer":
            self.document.add_paragraph(self.source.organisation, style="Cover organisation")
        self.document.add_paragraph(self.source.title, style="Title")

    def write_cover_table(self, rows: tuple[tuple[str, str, str], ...]) -> None:
        table = self.new_table(len(rows), (0.3, 0.7))
        for row, (key, label, value) in zip(table.rows, rows, strict=True):
            shade(row.cells[0]._tc, self.look.tint)
            row.cells[0].paragraphs[0].add_run(label).bold = True
            paragraph = row.cells[1].paragraphs[0]
            paragraph.add_run(value)
            if self.source.school is None:
                self.wrap_in_control(paragraph, key, label)

    def wrap_in_control(self, paragraph: WordParagraph, key: str, label: str) -> None:
        """A content control about the paragraph's only run, as a template's author would have put it."""
        self.controls += 1
        run = paragraph.runs[0]._r
        control = parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtPr><w:alias w:val='{label}'/><w:tag w:val='{key}'/>"
            f"<w:id w:val='{7000 + self.controls}'/><w:text/></w:sdtPr><w:sdtContent/></w:sdt>"
        )
        run.addprevious(control)
        control.find(qn("w:sdtContent")).append(run)

    def write_history(self, history: tuple[Edition, ...]) -> None:
        if not history:
            return
        self.document.add_paragraph("Version history", style="Cover label")
        cells = tuple((words(edition.version), words(edition.date), words(edition.change)) for edition in history)
        header = (words("Version"), words("Date"), words("Change"))
        self.write_table(Table(header=header, rows=cells), shares=(0.13, 0.25, 0.62))

    def write_page_break(self) -> None:
        self.document.add_paragraph(style="After table").add_run().add_break(WD_BREAK.PAGE)

    def write_blocks(self, blocks: tuple[Block, ...]) -> None:
        for block in blocks:
            match block:
                case Heading(level, runs):
                    self.add_runs(self.document.add_paragraph(style=f"Heading {min(level, 4)}"), runs)
                case Paragraph(runs):
                    self.add_runs(self.document.add_paragraph(style="Body Text"), runs)
                case ItemList(items):
                    self.numbering.clear()
                    for item in items:
                        self.write_item(item)
                case Table():
                    self.write_table(block, shares=column_shares(block, line=CHARACTERS_ACROSS))
                case Box(inner):
                    self.write_box(inner)
                case PageBreak():
                    self.write_page_break()

    def write_item(self, item: Item) -> None:
        style = "List Bullet" if item.number is None else "List Number"
        if item.depth:
            style += f" {min(item.depth, 2) + 1}"
        paragraph = self.document.add_paragraph(style=style)
        if item.number is not None:
            self.number_item(paragraph, style, item)
        self.add_runs(paragraph, item.runs)

    def number_item(self, paragraph: WordParagraph, style: str, item: Item) -> None:
        """Joins the list in hand when its number follows on, else starts a Word list at its number."""
        assert item.number is not None
        list_id, last = self.numbering.get(item.depth, (0, 0))
        if not list_id or item.number != last + 1:
            list_id = self.new_word_list(style, item.number)
        self.numbering[item.depth] = (list_id, item.number)
        properties: Any = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = list_id

    def new_word_list(self, style: str, start: int) -> int:
        numbering: Any = self.document.part.numbering_part.element
        style_element: Any = self.document.styles[style].element
        model = numbering.num_having_numId(style_element.pPr.numPr.numId.val)
        added = numbering.add_num(model.abstractNumId.val)
        added.add_lvlOverride(ilvl=0).add_startOverride(start)
        return int(added.numId)

    def write_table(self, table: Table, *, shares: tuple[float, ...]) -> None:
        word_table = self.new_table(len(table.printed_rows), shares)
        points = 9.0 if len(table.header) >= CROWDED_COLUMNS else 9.5
        for index, cells in enumerate(table.printed_rows):
            row = word_table.rows[index]
            for column, (cell, runs) in enumerate(zip(row.cells, cells, strict=True)):
                is_label = table.is_label(index, column)
                self.add_runs(cell.paragraphs[0], runs, bold=is_label, points=points)
                if is_label:
                    shade(cell._tc, self.look.tint)
            row_properties: Any = row._tr.get_or_add_trPr()
            row_properties.append(OxmlElement("w:cantSplit"))
            if index == 0 and table.has_header:
                row_properties.append(OxmlElement("w:tblHeader"))
        self.document.add_paragraph(style="After table")

    def new_table(self, rows: int, shares: tuple[float, ...]) -> WordTable:
        table: WordTable = self.document.add_table(rows=rows, cols=len(shares), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.LEFT
        table.autofit = False
        for column, share in zip(table.columns, shares, strict=True):
            column.width = Emu(int(TEXT_WIDTH * share))
            for cell in column.cells:
                cell.width = Emu(int(TEXT_WIDTH * share))
                cell.paragraphs[0].style = self.document.styles["Table text"]
        return table

    def write_box(self, blocks: tuple[Block, ...]) -> None:
        """A text box, with the drawing that Word 2010 and later shows and the VML that it writes beside it."""
        self.drawings += 1
        inner = self.written_apart(blocks)
        height = box_height(blocks)
        box = parse_xml(text_box_xml(self.drawings, int(TEXT_WIDTH), height, self.look))
        for content in box.iter(qn("w:txbxContent")):
            content.extend(deepcopy(inner))
        holder = self.document.add_paragraph(style="Body Text")
        holder.add_run()._r.append(box)

    def written_apart(self, blocks: tuple[Block, ...]) -> list[Any]:
        """The elements that the blocks become, taken out of the body again."""
        body: Any = self.document.element.body
        before = len(body)
        self.write_blocks(blocks)
        added = list(body)[before - 1 : -1]
        for element in added:
            body.remove(element)
        return added

    def add_runs(
        self, paragraph: WordParagraph, runs: Runs, *, bold: bool = False, points: float | None = None
    ) -> None:
        for run in runs:
            added = paragraph.add_run(run.text)
            added.bold = True if run.bold or bold else None
            added.italic = True if run.italic else None
            if points:
                added.font.size = Pt(points)
            if run.link:
                added.font.underline = True
                added.font.color.rgb = RGBColor.from_string("0B5394")
                self.wrap_in_link(added._r, run.link)

    def wrap_in_link(self, run: Any, address: str) -> None:
        link: Any = OxmlElement("w:hyperlink")
        relation = self.document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link.set(qn("r:id"), relation)
        run.addprevious(link)
        link.append(run)


def words(text: str) -> Runs:
    return (Run(text),)


def set_up_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.3)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.1)


def set_up_styles(document: WordDocument, look: Look) -> None:
    """Body text in one face; paragraphs keep together, so that each page starts with the start of a paragraph."""
    styles: Any = document.styles
    for style in styles:
        if style.type in (WD_STYLE_TYPE.PARAGRAPH, WD_STYLE_TYPE.CHARACTER):
            set_face(style, look.word_face)
    normal = styles["Normal"]
    normal.font.size = Pt(BODY_POINTS)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.keep_together = True
    normal.paragraph_format.widow_control = True
    styles["Body Text"].paragraph_format.space_after = Pt(7)
    for name in ("List Bullet", "List Number"):
        for depth in ("", " 2", " 3"):
            styles[name + depth].paragraph_format.space_after = Pt(3)
    for level, points in enumerate((15, 12, 11, 10.5), start=1):
        heading = styles[f"Heading {level}"]
        heading.font.size = Pt(points)
        heading.font.color.rgb = RGBColor.from_string(look.accent)
        heading.font.bold, heading.font.italic = True, False
        heading.paragraph_format.space_before = Pt(16 if level == 1 else 11)
        heading.paragraph_format.space_after = Pt(5)
        heading.paragraph_format.keep_with_next = True
    title = styles["Title"]
    title.font.size, title.font.bold = Pt(26), True
    title.font.color.rgb = RGBColor.from_string(look.accent)
    title.paragraph_format.space_after = Pt(16)
    for border in title.element.iter(qn("w:bottom")):
        border.set(qn("w:color"), look.accent)
    add_style(styles, "Cover organisation", points=13, bold=True, after=4)
    add_style(styles, "Cover label", points=11, bold=True, after=4).paragraph_format.space_before = Pt(18)
    table_text = add_style(styles, "Table text", points=9.5, after=2)
    table_text.paragraph_format.space_before = Pt(2)
    add_style(styles, "After table", points=4, after=4)
    for name in ("Header", "Footer"):
        styles[name].font.size = Pt(8.5)
        styles[name].font.color.rgb = RGBColor.from_string("555555")
        stops = styles[name].paragraph_format.tab_stops
        stops.clear_all()
        stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)


def add_style(styles: Any, name: str, *, points: float, after: float, bold: bool = False) -> Any:
    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles["Normal"]
    style.font.size = Pt(points)
    style.font.bold = bold
    style.paragraph_format.space_after = Pt(after)
    return style


def set_face(style: Any, face: str) -> None:
    """The face for every script, in place of the theme's."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), face)


def shade(cell: Any, colour: str) -> None:
    cell.get_or_add_tcPr().append(parse_xml(f"<w:shd {nsdecls('w')} w:val='clear' w:color='auto' w:fill='{colour}'/>"))


def rule(paragraph: WordParagraph, side: str, colour: str) -> None:
    """A thin line above or below the paragraph."""
    properties: Any = paragraph._p.get_or_add_pPr()
    border = parse_xml(
        f"<w:pBdr {nsdecls('w')}><w:{side} w:val='single' w:sz='6' w:space='4' w:color='{colour}'/></w:pBdr>"
    )
    properties.insert_element_before(border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def add_field(paragraph: WordParagraph, instruction: str, shown: str) -> None:
    """A field as Word writes it: begin, instruction, separator, the value last shown, end."""
    for part in ("begin", "instruction", "separate", "shown", "end"):
        run = paragraph.add_run(shown if part == "shown" else "")
        if part == "instruction":
            run._r.append(parse_xml(f"<w:instrText {nsdecls('w')} xml:space='preserve'> {instruction} </w:instrText>"))
        elif part != "shown":
            run._r.append(parse_xml(f"<w:fldChar {nsdecls('w')} w:fldCharType='{part}'/>"))


def box_height(blocks: tuple[Block, ...]) -> int:
    """About how tall the box must be, in EMU; the box grows or shrinks to its text when Word lays it out."""
    lines = 0
    for block in blocks:
        match block:
            case Heading(_, runs) | Paragraph(runs):
                lines += lines_of(runs)
            case ItemList(items):
                lines += sum(lines_of(item.runs) for item in items)
            case Table(header, rows):
                lines += 2 * (1 + len(rows)) + len(header) // 4
            case _:
                lines += 1
    return int(Pt(lines * BODY_POINTS * 1.25 + 8 * len(blocks) + 10))


def lines_of(runs: Runs) -> int:
    return sum(max(1, ceil(len(line) / (CHARACTERS_ACROSS - 6))) for line in plain(runs).split("\n"))


def text_box_xml(number: int, width: int, height: int, look: Look) -> str:
    points = f"width:{width / 12700:.1f}pt;height:{height / 12700:.1f}pt"
    return f"""
    <mc:AlternateContent {nsdecls("w", "wp", "a", "r")}
        xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
        xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
        xmlns:v="urn:schemas-microsoft-com:vml">
      <mc:Choice Requires="wps"><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">
        <wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/>
        <wp:docPr id="{100 + number}" name="Text Box {number}"/><wp:cNvGraphicFramePr/>
        <a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">
          <wps:wsp><wps:cNvSpPr txBox="1"/>
            <wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>
              <a:prstGeom prst="rect"><a:avLst/></a:prstGeom>
              <a:solidFill><a:srgbClr val="{look.tint}"/></a:solidFill>
              <a:ln w="9525"><a:solidFill><a:srgbClr val="{look.accent}"/></a:solidFill></a:ln></wps:spPr>
            <wps:txbx><w:txbxContent/></wps:txbx>
            <wps:bodyPr rot="0" vert="horz" wrap="square" lIns="108000" tIns="72000" rIns="108000" bIns="90000"
              anchor="t"><a:spAutoFit/></wps:bodyPr>
          </wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice>
      <mc:Fallback><w:pict><v:shape id="TextBox{number}" type="#_x0000_t202"
        style="{points}" fillcolor="#{look.tint}" strokecolor="#{look.accent}">
        <v:textbox><w:txbxContent/></v:textbox></v:shape></w:pict></mc:Fallback>
    </mc:AlternateContent>"""
