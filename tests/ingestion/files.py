"""Small files of each format, made by the tests that read them, and a document as a person would check it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from ingestion.model import ParsedDocument, RawFile, School
from ingestion.parse import parse_document


def parsed(data: bytes | str, path: str, *, school: School = None, sidecar: str | None = None) -> ParsedDocument:
    content = data.encode() if isinstance(data, str) else data
    return parse_document(RawFile(path, school, content, sidecar.encode() if sidecar is not None else None))


def shown(document: ParsedDocument) -> str:
    """The document as text: what it says of itself, then its sections, a block a line with kind and locator."""
    lines = [f"title: {document.title}"]
    for name, origin in document.metadata.origins.items():
        lines.append(f"{name}: {getattr(document.metadata, name)} ({origin})")
    lines += [f"warning: {warning}" for warning in document.warnings]
    for section in document.sections:
        lines += ["", f"## {' > '.join(section.heading) or '(before the first heading)'} [{section.locator}]"]
        lines += [f"{block.kind} [{block.locator}] {block.text}" for block in section.blocks]
    if document.records:
        lines += ["", "records:"]
        lines += [f"{record.kind} {record.key} [{record.locator}] {dict(record.fields)}" for record in document.records]
    return "\n".join(lines)


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def word(write: Callable[[WordDocument], Any]) -> bytes:
    document = Document()
    write(document)
    return saved(document)


def saved(document: WordDocument) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13, spaceAfter=7)
BOLD = ParagraphStyle("bold", BODY, fontName="Helvetica-Bold")
HEADING = ParagraphStyle("heading", BODY, fontName="Helvetica-Bold", fontSize=15, leading=19, spaceBefore=10)
TITLE = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=26, leading=32, spaceAfter=14)
NEW_PAGE = PageBreak()


def pdf(
    *story: Any, title: str = "", header: str = "", footer: str = "", watermark: str = "", encrypt: Any = None
) -> bytes:
    """A PDF of reportlab's flowables, with running lines on each page ("{page}" becomes the page's number)."""

    def decorate(canvas: Any, template: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, A4[1] - 36, header.format(page=canvas.getPageNumber()))
        canvas.drawString(60, 30, footer.format(page=canvas.getPageNumber()))
        if watermark:
            canvas.translate(200, 350)
            canvas.rotate(45)
            canvas.setFont("Helvetica-Bold", 80)
            canvas.drawString(0, 0, watermark)
        canvas.restoreState()

    out = BytesIO()
    template = SimpleDocTemplate(
        out, pagesize=A4, title=title, leftMargin=60, rightMargin=60, invariant=True, encrypt=encrypt
    )
    template.build(list(story), onFirstPage=decorate, onLaterPages=decorate)
    return out.getvalue()


def ruled(rows: Sequence[Sequence[str]], widths: Sequence[float], *, header: bool = True) -> Table:
    """A ruled table; with `header`, its first row is bold, and repeated on each page."""
    cells = [
        [Paragraph(cell, BOLD if header and number == 0 else BODY) for cell in row] for number, row in enumerate(rows)
    ]
    table = Table(cells, colWidths=list(widths), repeatRows=1 if header else 0)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def paragraphs(*texts: str) -> list[Paragraph]:
    return [Paragraph(text, BODY) for text in texts]
