"""A source as a slide deck: a title slide, then one slide for each of its `## ` headings, with speaker notes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Emu, Inches, Pt

from tools.sample_corpus.archive import settled
from tools.sample_corpus.cover import cover_rows
from tools.sample_corpus.look import Look, look_of
from tools.sample_corpus.measure import column_shares
from tools.sample_corpus.source import (
    Block,
    Box,
    Heading,
    Item,
    ItemList,
    PageBreak,
    Paragraph,
    Run,
    Runs,
    Source,
    SourceError,
    Table,
    plain,
)
from tools.sample_corpus.word import saved_at

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
LEFT, TOP = Inches(0.7), Inches(1.6)
TEXT_WIDTH = Inches(11.9)
TEXT_HEIGHT = Inches(5.3)
CHARACTERS_ACROSS = 90
NOTES = "Notes:"


@dataclass
class Slide:
    """What one slide holds."""

    title: str
    lines: list[tuple[Runs, int, str]] = field(default_factory=list)
    """Words, depth, and the mark before them ("" for a paragraph)."""
    tables: list[Table] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def render_slides(source: Source) -> bytes:
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    look = look_of(source)
    write_properties(deck, source)
    write_title_slide(deck, source, look)
    for slide in slides_of(source):
        write_slide(deck, slide, look)
    out = BytesIO()
    deck.save(out)
    return settled(out.getvalue(), saved_at(source))


def slides_of(source: Source) -> list[Slide]:
    """The body cut at its first-level headings. Raises SourceError for text before the first of them."""
    slides: list[Slide] = []
    for block in source.blocks:
        if isinstance(block, Heading) and block.level == 1:
            slides.append(Slide(plain(block.runs)))
        elif not slides:
            raise SourceError(f"{source.path}: a deck's text before its first heading belongs to no slide")
        else:
            add_to_slide(slides[-1], block)
    return slides


def add_to_slide(slide: Slide, block: Block) -> None:
    match block:
        case Paragraph(runs) if plain(runs).startswith(NOTES):
            slide.notes.append(plain(runs).removeprefix(NOTES).strip())
        case Paragraph(runs) if slide.notes:
            slide.notes.append(plain(runs))
        case Heading(_, runs):
            slide.lines.append((tuple(Run(run.text, bold=True) for run in runs), 0, ""))
        case Paragraph(runs):
            slide.lines.append((runs, 0, ""))
        case ItemList(items) if slide.notes:
            slide.notes += [plain(item.runs) for item in items]
        case ItemList(items):
            slide.lines += [(item.runs, item.depth, mark_of(item)) for item in items]
        case Table():
            slide.tables.append(block)
        case Box(blocks):
            slide.boxes.append("\n".join(box_lines(blocks)))
        case PageBreak():
            pass


def mark_of(item: Item) -> str:
    return "•" if item.number is None else f"{item.number}."


def box_lines(blocks: Iterable[Block]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        match block:
            case Paragraph(runs) | Heading(_, runs):
                lines.append(plain(runs))
            case ItemList(items):
                lines += [f"{mark_of(item)} {plain(item.runs)}" for item in items]
    return lines


def write_properties(deck: Any, source: Source) -> None:
    properties = deck.core_properties
    properties.title = source.title
    properties.subject = source.kind or ""
    properties.author = properties.last_modified_by = source.organisation
    properties.revision = 1


def write_title_slide(deck: Any, source: Source, look: Look) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    title, subtitle = slide.shapes.title, slide.placeholders[1]
    place(title, LEFT, Inches(1.7), TEXT_WIDTH, Inches(1.6))
    title.text = source.title
    restyle(title.text_frame, points=40, bold=True, colour=look.accent)
    place(subtitle, LEFT, Inches(3.5), TEXT_WIDTH, Inches(3.3))
    subtitle.text = "\n".join(
        [source.organisation, *(f"{label}: {value}" for key, label, value in cover_rows(source) if key != "kind")]
    )
    restyle(subtitle.text_frame, points=18, bold=False, colour="444444")


def write_slide(deck: Any, content: Slide, look: Look) -> None:
    layout = deck.slide_layouts[1 if content.lines else 5]
    slide = deck.slides.add_slide(layout)
    place(slide.shapes.title, LEFT, Inches(0.45), TEXT_WIDTH, Inches(1.0))
    slide.shapes.title.text = content.title
    slide.shapes.title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    restyle(slide.shapes.title.text_frame, points=30, bold=True, colour=look.accent)
    below = int(TOP)
    if content.lines:
        below = write_lines(slide.placeholders[1], content)
    for table in content.tables:
        below = write_table(slide, table, below, look)
    for box in content.boxes:
        below = write_box(slide, box, below, look)
    if content.notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(content.notes)


def write_lines(body: Any, content: Slide) -> int:
    """Fills the slide's text placeholder; says where it ends, in EMU from the slide's top."""
    alone = not content.tables and not content.boxes
    points = 20 if sum(1 + len(plain(runs)) // CHARACTERS_ACROSS for runs, _, _ in content.lines) <= 11 else 16
    rows = sum(1 + int(len(plain(runs)) * points / 20 / CHARACTERS_ACROSS) for runs, _, _ in content.lines)
    height = int(TEXT_HEIGHT) if alone else int(Pt(points * 1.55 * rows + 14))
    place(body, LEFT, TOP, TEXT_WIDTH, height)
    frame = body.text_frame
    for index, (runs, depth, mark) in enumerate(content.lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.level = depth
        paragraph.space_after = Pt(4)
        set_mark(paragraph, mark)
        for run in runs:
            added = paragraph.add_run()
            added.text = run.text.replace("\n", "\v")
            added.font.size = Pt(points if depth == 0 else points - 2)
            added.font.bold = run.bold or None
            added.font.italic = run.italic or None
            if run.link:
                added.hyperlink.address = run.link
    return int(TOP) + height + int(Pt(8))


def set_mark(paragraph: Any, mark: str) -> None:
    """A paragraph has no bullet, a numbered entry has PowerPoint's own numbering."""
    properties = paragraph._p.get_or_add_pPr()
    if not mark:
        properties.set("marL", "0")
        properties.set("indent", "0")
        properties.append(properties.makeelement(f"{{{DRAWING}}}buNone"))
    elif mark != "•":
        numbered = properties.makeelement(f"{{{DRAWING}}}buAutoNum")
        numbered.set("type", "arabicPeriod")
        numbered.set("startAt", mark.removesuffix("."))
        properties.append(numbered)


DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def write_table(slide: Any, table: Table, top: int, look: Look) -> int:
    rows = table.printed_rows
    shares = column_shares(table, line=CHARACTERS_ACROSS)
    points = 16 if len(rows) <= 7 else 13
    height = int(Pt(points * 2.1)) * len(rows)
    shape = slide.shapes.add_table(len(rows), len(shares), LEFT, Emu(top), TEXT_WIDTH, Emu(height))
    for column, share in zip(shape.table.columns, shares, strict=True):
        column.width = Emu(int(TEXT_WIDTH * share))
    for row_number, row in enumerate(rows):
        for column_number, runs in enumerate(row):
            cell = shape.table.cell(row_number, column_number)
            is_label = table.is_label(row_number, column_number)
            cell.text = plain(runs)
            cell.fill.solid()
            cell.fill.fore_color.rgb = colour_of(look.tint if is_label else "FFFFFF")
            restyle(cell.text_frame, points=points, bold=is_label, colour="222222")
    return top + height + int(Pt(14))


def write_box(slide: Any, text: str, top: int, look: Look) -> int:
    lines = sum(1 + len(line) // CHARACTERS_ACROSS for line in text.split("\n"))
    height = int(Pt(18 * 1.4 * lines + 18))
    box = slide.shapes.add_textbox(LEFT, Emu(top), TEXT_WIDTH, Emu(height))
    box.fill.solid()
    box.fill.fore_color.rgb = colour_of(look.tint)
    box.line.color.rgb = colour_of(look.accent)
    box.text_frame.word_wrap = True
    box.text_frame.text = text
    restyle(box.text_frame, points=18, bold=False, colour="222222")
    return top + height + int(Pt(14))


def place(shape: Any, left: int, top: int, width: int, height: int) -> None:
    shape.left, shape.top, shape.width, shape.height = Emu(left), Emu(top), Emu(width), Emu(height)


def restyle(frame: Any, *, points: float, bold: bool, colour: str) -> None:
    for paragraph in frame.paragraphs:
        for run in paragraph.runs:
            run.font.size = Pt(points)
            run.font.bold = bold
            run.font.color.rgb = colour_of(colour)


def colour_of(rrggbb: str) -> RGBColor:
    return RGBColor(*bytes.fromhex(rrggbb))
