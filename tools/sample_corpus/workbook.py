"""A source as a workbook: one sheet for each of its `## ` headings, with that heading's table."""

from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from tools.sample_corpus.archive import settled
from tools.sample_corpus.cover import cover_rows
from tools.sample_corpus.look import Look, look_of
from tools.sample_corpus.source import Heading, Paragraph, Source, SourceError, Table, as_date, plain
from tools.sample_corpus.word import saved_at

WIDEST_COLUMN = 52
DATE_FORMAT = "d mmmm yyyy"


def render_workbook(source: Source) -> bytes:
    """ISO dates in the source become dates in the cells. A paragraph stands in a row of its own above the table."""
    workbook: Any = Workbook()
    workbook.remove(workbook.active)
    look = look_of(source)
    sheet: Any = None
    for block in source.blocks:
        match block:
            case Heading(_, runs):
                sheet = workbook.create_sheet(plain(runs))
            case Paragraph(runs) if sheet is not None:
                sheet.append([plain(runs)])
            case Table() if sheet is not None:
                write_table(sheet, block, look)
            case _:
                raise SourceError(f"{source.path}: a workbook holds headings, paragraphs and tables, each on a sheet")
    write_details(workbook.create_sheet("About this workbook"), source)
    properties = workbook.properties
    properties.title, properties.subject = source.title, source.kind
    properties.creator = properties.lastModifiedBy = source.organisation
    out = BytesIO()
    workbook.save(out)
    return settled(out.getvalue(), saved_at(source))


def write_table(sheet: Any, table: Table, look: Look) -> None:
    top = sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value else 1
    line = Side(style="thin", color=look.accent)
    for row_number, row in enumerate((table.header, *table.rows), start=top):
        for column, runs in enumerate(row, start=1):
            cell = sheet.cell(row_number, column, value=cell_value(plain(runs)))
            cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")
            cell.border = Border(top=line, bottom=line, left=line, right=line)
            if row_number == top:
                cell.font = Font(bold=True)
                cell.fill = PatternFill("solid", fgColor=look.tint)
            elif isinstance(cell.value, date):
                cell.number_format = DATE_FORMAT
    for column, cells in enumerate(zip(table.header, *table.rows, strict=True), start=1):
        width = max(len(plain(runs)) for runs in cells) + 3
        sheet.column_dimensions[get_column_letter(column)].width = min(WIDEST_COLUMN, max(width, 10))
    sheet.freeze_panes = sheet.cell(top + 1, 1)
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def cell_value(written: str) -> date | str:
    return as_date(written) or written


def write_details(sheet: Any, source: Source) -> None:
    """What the workbook says of itself."""
    sheet.append(["Title", source.title])
    sheet.append(["Organisation", source.organisation])
    for _, label, value in cover_rows(source):
        sheet.append([label, value])
    for row in sheet.iter_rows(min_col=1, max_col=1):
        row[0].font = Font(bold=True)
    sheet.column_dimensions["A"].width = 18
    sheet.column_dimensions["B"].width = 70
