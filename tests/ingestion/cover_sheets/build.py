"""Real files of the cover sheets that `development.toml` and `held_out.toml` describe; README.md tells how."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Pt
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

from tests.ingestion.files import BODY, HEADING, NEW_PAGE, TITLE, pdf, ruled, word

OWN_TEXT = (
    "## 1 Purpose",
    "This part says what we do and why. It was written with staff, and colleagues who are new to us read it in their "
    "first week. Under the Education Act 2011 and the regulations of 1 September 2012 schools have duties, which are "
    "set out in the guidance of July 2025 and are not repeated here.",
    "Risk assessments are reviewed every two years, and contracts are approved by the finance committee in March 2027.",
    "## 2 What we expect",
    *(
        f"Everyone is expected to plan ahead, to ask early and to keep a note of what was agreed ({number}). "
        "Line managers listen first. Where something cannot be agreed, it goes to the headteacher, who answers within "
        "five working days and tells the person why. Forms are kept in the staff room and in the office, and are sent "
        "to the trust at the end of each term. Nobody is asked to do by e-mail at night what can wait for the morning."
        for number in range(1, 9)
    ),
    "## 3 Records",
    "Records are kept for six years. From 1 January 2027 they are kept in one place only. Visitors sign in and out.",
    *(
        f"A note of what was done is filed the same day, in the folder of the month ({number}), by whoever did it."
        for number in range(1, 11)
    ),
)
"""Long enough for the end of the document to lie far from its cover, and full of dates that are no statements of it."""


@dataclass(frozen=True)
class Sheet:
    """One cover sheet, and what it states."""

    name: str
    file: str
    body: str
    states: Mapping[str, str]
    unclear: tuple[str, ...] = ()
    margins: Mapping[str, str] = field(default_factory=dict)

    @property
    def format(self) -> str:
        return self.file.rsplit(".", 1)[1]


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file, in its order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["sheets"]
    return [
        Sheet(
            name=entry["name"],
            file=entry["file"],
            body=entry["body"],
            states=entry["states"],
            unclear=tuple(entry.get("unclear", ())),
            margins={place: entry[place] for place in ("header", "footer", "watermark") if place in entry},
        )
        for entry in entries
    ]


def build(sheet: Sheet) -> bytes:
    """The sheet as a file of its format."""
    match sheet.format:
        case "docx":
            return word(lambda document: _write_word(document, sheet))
        case "pdf":
            return pdf(*_story(sheet), **sheet.margins)
        case "pptx":
            return _slides(sheet)
        case "html":
            text = sheet.body.replace("\n...\n", "\n" + "".join(_html_of(line) for line in OWN_TEXT))
            return text.encode()
        case "md" | "txt":
            text = sheet.body if "\n...\n" in sheet.body else f"{sheet.body}\n...\n"
            own = [line.removeprefix("## ") if sheet.format == "txt" else line for line in OWN_TEXT]
            return text.replace("\n...\n", "\n" + "\n\n".join(own) + "\n\n").encode()
        case other:
            raise ValueError(f"{sheet.file}: no sheets are made as {other!r}")


def _html_of(line: str) -> str:
    return f"<h2>{line[3:]}</h2>\n" if line.startswith("## ") else f"<p>{line}</p>\n"


# ── the lines of a sheet ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Grid:
    rows: tuple[tuple[str, ...], ...]
    has_header: bool


def _pieces(sheet: Sheet) -> Iterator[str | _Grid]:
    """The lines, with rows gathered into tables, and the policy's own text where it stands."""
    lines = [line.strip() for line in sheet.body.strip().splitlines() if line.strip()]
    if "..." not in lines and sheet.format != "pptx":
        lines.append("...")
    rows: list[tuple[str, ...]] = []
    has_header = False
    for line in [*lines, ""]:
        if line.startswith("|"):
            has_header = has_header or line.startswith("||")
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            width = max(map(len, rows))
            yield _Grid(tuple((*row, *[""] * (width - len(row))) for row in rows), has_header)
            rows, has_header = [], False
        if line == "...":
            yield from OWN_TEXT
        elif line:
            yield line


def _styled(line: str) -> tuple[str, str]:
    """The line's mark and its words."""
    found = re.match(r"(#{1,2}|\^{2,3}) ", line)
    return (found[1], line[found.end() :]) if found else ("", line)


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write_word(document: WordDocument, sheet: Sheet) -> None:
    for piece in _pieces(sheet):
        if isinstance(piece, _Grid):
            _write_table(document, piece)
            continue
        mark, words = _styled(piece)
        if piece == "---":
            document.add_page_break()
        elif mark in ("#", "##"):
            document.add_heading(words, level=len(mark) - 1)
        else:
            run = document.add_paragraph().add_run(words)
            if mark:
                run.bold, run.font.size = True, Pt(24 if mark == "^^" else 30)
    section = document.sections[0]
    if "header" in sheet.margins:
        section.header.paragraphs[0].text = sheet.margins["header"]
    if "footer" in sheet.margins:
        section.footer.paragraphs[0].text = sheet.margins["footer"]
    if "watermark" in sheet.margins:
        section.header.paragraphs[0]._p.append(
            parse_xml(
                '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
                'xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textpath string="'
                f'{sheet.margins["watermark"]}"/></v:shape></w:pict></w:r>'
            )
        )


def _write_table(document: WordDocument, grid: _Grid) -> None:
    table = document.add_table(rows=0, cols=len(grid.rows[0]))
    table.style = "Table Grid"
    for number, row in enumerate(grid.rows):
        cells = table.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            cell.paragraphs[0].add_run(words).bold = grid.has_header and number == 0
    if grid.has_header:
        table.rows[0]._tr.get_or_add_trPr().append(table.rows[0]._tr.makeelement(qn("w:tblHeader"), {}))


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

LARGEST = ParagraphStyle("largest", TITLE, fontSize=32, leading=40)
STYLES = {"#": TITLE, "##": HEADING, "^^": TITLE, "^^^": LARGEST, "": BODY}


def _story(sheet: Sheet) -> Iterator[Any]:
    for piece in _pieces(sheet):
        if isinstance(piece, _Grid):
            yield ruled(piece.rows, [470 / len(piece.rows[0])] * len(piece.rows[0]), header=piece.has_header)
        elif piece == "---":
            yield NEW_PAGE
        else:
            mark, words = _styled(piece)
            yield Paragraph(words, STYLES[mark])


# ── slides ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _slides(sheet: Sheet) -> bytes:
    from pptx import Presentation

    deck = Presentation()
    slides: list[list[str]] = [[]]
    for piece in _pieces(sheet):
        if piece == "---":
            slides.append([])
        elif isinstance(piece, str):
            slides[-1].append(piece)
    for title, *lines in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = _styled(title)[1]
        slide.placeholders[1].text_frame.text = "\n".join(lines)
    out = BytesIO()
    deck.save(out)
    return out.getvalue()


def names_of(sheets: Sequence[Sheet]) -> list[str]:
    return [sheet.name for sheet in sheets]
