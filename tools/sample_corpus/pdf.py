"""A source as a PDF, as an office prints one: cover sheet, outline, ruled tables, running header and footer."""

from collections.abc import Callable
from html import escape
from io import BytesIO
from itertools import pairwise
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import CondPageBreak, Flowable, PageTemplate, Spacer
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus import Paragraph as PdfParagraph
from reportlab.platypus import Table as PdfTable
from reportlab.platypus.doctemplate import BaseDocTemplate
from reportlab.platypus.frames import Frame

from tools.sample_corpus.cover import cover_rows, footer_line
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
)

MARGIN = 2.3 * cm
WIDTH = A4[0] - 2 * MARGIN
CHARACTERS_ACROSS = 92
CROWDED_COLUMNS = 5
ROOM_UNDER_HEADING = 4 * cm
"""A heading nearer to the page's end than this goes to the next page."""


def render_pdf(source: Source) -> bytes:
    """The document; it is laid out twice, because the footer says how many pages there are."""
    check_characters(source)
    _, pages = laid_out(source, pages=0)
    content, _ = laid_out(source, pages=pages)
    return content


def check_characters(source: Source) -> None:
    """The standard faces hold the Western European characters; a few signs come from Symbol and Dingbats."""
    for character in sorted(set(source.text) - set("→←↑↓≥≤≠−✓✔✗☎●■▲◆")):
        try:
            character.encode("cp1252")
        except UnicodeEncodeError as error:
            raise SourceError(f"{source.path}: a PDF cannot show {character!r} in its standard faces") from error


def laid_out(source: Source, *, pages: int) -> tuple[bytes, int]:
    """The PDF with "of {pages}" in its footers, and how many pages it really has."""
    out = BytesIO()
    styles = Styles(look_of(source))
    document = OutlinedDocument(
        out,
        pagesize=A4,
        title=source.title,
        author=source.organisation,
        subject=source.kind or "",
        creator=source.organisation,
        lang="en-GB",
        invariant=1,
        allowSplitting=1,
    )
    frame = Frame(MARGIN, 2.2 * cm, WIDTH, A4[1] - 4.7 * cm, leftPadding=0, rightPadding=0, id="text")
    document.addPageTemplates(
        PageTemplate(id="page", frames=[frame], onPage=running_lines(source, styles, pages=pages))
    )
    document.build(story_of(source, styles))
    return out.getvalue(), int(document.page)


class Styles:
    """The paragraph styles of one document."""

    def __init__(self, look: Look) -> None:
        self.accent = HexColor(f"#{look.accent}")
        self.tint = HexColor(f"#{look.tint}")
        self.face = "Times-Roman" if look.serif else "Helvetica"
        self.bold_face = "Times-Bold" if look.serif else "Helvetica-Bold"
        points = 11 if look.serif else 10
        self.body = self.style("body", points, spaceAfter=7)
        self.boxed = self.style("boxed", points, spaceAfter=0)
        self.cell = self.style("cell", points - 0.8, spaceAfter=0)
        self.small_cell = self.style("small cell", points - 1.6, spaceAfter=0)
        self.organisation = self.style("organisation", 13, bold=True, spaceAfter=8)
        self.title = self.style("title", 26, bold=True, accent=True, spaceAfter=20)
        self.label = self.style("label", 11, bold=True, spaceBefore=20, spaceAfter=6)
        self.headings = [
            self.style(f"heading {level}", size, bold=True, accent=True, spaceBefore=before, spaceAfter=5)
            for level, size, before in ((1, 15, 16), (2, 12, 11), (3, 11, 9), (4, 10.5, 8))
        ]

    def style(self, name: str, points: float, *, bold: bool = False, accent: bool = False, **rest: Any) -> Any:
        return ParagraphStyle(
            name,
            fontName=self.bold_face if bold else self.face,
            fontSize=points,
            leading=points * (1.15 if points > 20 else 1.32),
            textColor=self.accent if accent else HexColor("#222222"),
            **rest,
        )

    def item(self, style: Any, depth: int) -> Any:
        return ParagraphStyle(
            f"item {depth}",
            parent=style,
            leftIndent=16 + 16 * depth,
            bulletIndent=2 + 16 * depth,
            bulletFontName=style.fontName,
            bulletFontSize=style.fontSize,
            spaceAfter=3,
        )


def running_lines(source: Source, styles: Styles, *, pages: int) -> Callable[[Any, Any], None]:
    """Draws the header and the footer of a page."""

    def draw(canvas: Any, document: Any) -> None:
        right, top, bottom = A4[0] - MARGIN, A4[1] - 1.5 * cm, 1.3 * cm
        canvas.saveState()
        canvas.setFillColor(HexColor("#555555"))
        canvas.setStrokeColor(styles.accent)
        canvas.setFont(styles.face, 8.5)
        canvas.drawString(MARGIN, top, source.organisation)
        canvas.drawRightString(right, top, source.title)
        canvas.line(MARGIN, top - 5, right, top - 5)
        canvas.line(MARGIN, bottom + 12, right, bottom + 12)
        page = f"Page {document.page} of {pages}"
        line = footer_line(source)
        room = WIDTH - stringWidth(page, styles.face, 8.5) - 12
        canvas.setFont(styles.face, min(8.5, 8.5 * room / max(1, stringWidth(line, styles.face, 8.5))))
        canvas.drawString(MARGIN, bottom, line)
        canvas.setFont(styles.face, 8.5)
        canvas.drawRightString(right, bottom, page)
        canvas.restoreState()

    return draw


class PdfHeading(PdfParagraph):
    """A heading that the outline lists, at `outline_level` from 0."""

    def __init__(self, text: str, style: ParagraphStyle, *, outline_level: int) -> None:
        super().__init__(text, style)
        self.outline_level = outline_level


class OutlinedDocument(BaseDocTemplate):
    """Bookmarks each heading as it is laid down; a level never skips, as the format asks."""

    def __init__(self, out: BytesIO, **options: Any) -> None:
        super().__init__(out, **options)
        self._last_level = -1
        self._headings = 0

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  # the library's name
        if not isinstance(flowable, PdfHeading):
            return
        self._last_level = min(flowable.outline_level, self._last_level + 1)
        key = f"heading-{self._headings}"
        self._headings += 1
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(flowable.getPlainText(), key, self._last_level)


def story_of(source: Source, styles: Styles) -> list[Flowable]:
    story: list[Flowable] = []
    if source.layout == "footer":
        story += title_of(source, styles)
        story += flowables(source.blocks, styles)
        story += history_of(source, styles)
    else:
        story += [Spacer(1, 90), *title_of(source, styles)]
        story += cover_of(source, styles)
        story += [*history_of(source, styles), NewPage()]
        story += flowables(source.blocks, styles)
    return story


def title_of(source: Source, styles: Styles) -> list[Flowable]:
    return [
        PdfParagraph(escape(source.organisation), styles.organisation),
        PdfParagraph(escape(source.title), styles.title),
    ]


def cover_of(source: Source, styles: Styles) -> list[Flowable]:
    rows = [(f"<b>{escape(label)}</b>", escape(value)) for _, label, value in cover_rows(source)]
    if source.layout == "lines":
        return [PdfParagraph(f"{label}: {value}", styles.body) for label, value in rows]
    if not rows:
        return []
    cells = [[PdfParagraph(text, styles.cell) for text in row] for row in rows]
    table = PdfTable(cells, colWidths=[0.3 * WIDTH, 0.7 * WIDTH], hAlign="LEFT")
    table.setStyle([*grid(styles), ("BACKGROUND", (0, 0), (0, -1), styles.tint)])
    return [table]


def history_of(source: Source, styles: Styles) -> list[Flowable]:
    if not source.history:
        return []
    header = ((Run("Version"),), (Run("Date"),), (Run("Change"),))
    rows = tuple(((Run(e.version),), (Run(e.date),), (Run(e.change),)) for e in source.history)
    return [
        PdfParagraph("Version history", styles.label),
        ruled_table(Table(header, rows), styles, shares=(0.12, 0.24, 0.64)),
    ]


def flowables(blocks: tuple[Block, ...], styles: Styles) -> list[Flowable]:
    story: list[Flowable] = []
    for previous, block in pairwise((None, *blocks)):
        match block:
            case Heading(level, runs):
                heading = PdfHeading(markup(runs), styles.headings[min(level, 4) - 1], outline_level=level - 1)
                if not isinstance(previous, Heading):
                    story.append(CondPageBreak(ROOM_UNDER_HEADING))
                story.append(heading)
            case Paragraph(runs):
                story.append(PdfParagraph(markup(runs), styles.body))
            case ItemList(items):
                story += [item_of(item, styles, styles.body) for item in items]
                story.append(Spacer(1, 4))
            case Table():
                shares = column_shares(block, line=CHARACTERS_ACROSS)
                story += [ruled_table(block, styles, shares=shares), Spacer(1, 10)]
            case Box(inner):
                story += [tinted_box(inner, styles), Spacer(1, 10)]
            case PageBreak():
                story.append(NewPage())
    return story


def item_of(item: Item, styles: Styles, style: Any) -> Flowable:
    bullet = "•" if item.number is None else f"{item.number}."
    return PdfParagraph(markup(item.runs), styles.item(style, item.depth), bulletText=bullet)


def ruled_table(table: Table, styles: Styles, *, shares: tuple[float, ...]) -> Flowable:
    style = styles.small_cell if len(table.header) >= CROWDED_COLUMNS else styles.cell
    cells = [
        [
            PdfParagraph(f"<b>{markup(cell)}</b>" if table.is_label(row, column) else markup(cell), style)
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(table.printed_rows)
    ]
    headers = int(table.has_header)
    ruled = PdfTable(cells, colWidths=[share * WIDTH for share in shares], repeatRows=headers, hAlign="LEFT")
    labels = (-1, 0) if table.has_header else (0, -1)
    ruled.setStyle([*grid(styles), ("BACKGROUND", (0, 0), labels, styles.tint)])
    return ruled


def tinted_box(blocks: tuple[Block, ...], styles: Styles) -> Flowable:
    """One cell for each paragraph of the box, so that a long box may run over a page's end."""
    inner: list[Flowable] = []
    for block in blocks:
        match block:
            case Paragraph(runs):
                inner.append(PdfParagraph(markup(runs), styles.boxed))
            case Heading(_, runs):
                inner.append(PdfParagraph(f"<b>{markup(runs)}</b>", styles.boxed))
            case ItemList(items):
                inner += [item_of(item, styles, styles.boxed) for item in items]
            case other:
                inner += flowables((other,), styles)
    box = PdfTable([[flowable] for flowable in inner], colWidths=[WIDTH], hAlign="LEFT")
    box.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), styles.tint),
            ("BOX", (0, 0), (-1, -1), 0.8, styles.accent),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("RIGHTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, 0), 7),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 8),
        ]
    )
    return box


def grid(styles: Styles) -> list[tuple[Any, ...]]:
    return [
        ("GRID", (0, 0), (-1, -1), 0.5, styles.accent),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]


def markup(runs: Runs) -> str:
    """The runs in reportlab's paragraph markup."""
    return "".join(run_markup(run) for run in runs)


def run_markup(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br/>")
    if run.bold:
        text = f"<b>{text}</b>"
    if run.italic:
        text = f"<i>{text}</i>"
    if run.link:
        text = f'<a href="{escape(run.link)}" color="#0B5394">{text}</a>'
    return text
