"""What does an Excel 97–2003 workbook (XLS) show?"""

from __future__ import annotations

import io
from typing import Any

from ingestion.errors import DocumentNotRead
from ingestion.parse.cell_format import shown_number
from ingestion.parse.grid import MAX_ROWS, Area, Cell, Row, Sheet, Workbook, cell_of
from ingestion.parse.not_shown import NotShown, column_name


def read_xls(data: bytes, *, max_rows: int = MAX_ROWS) -> Workbook:
    """The sheets that are shown, at most `max_rows` rows in all. Raises DocumentNotRead: a password, no workbook."""
    import xlrd  # only the few old workbooks need it
    from xlrd.compdoc import CompDocError

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=io.StringIO())
    except (xlrd.XLRDError, CompDocError) as error:
        if "encrypted" in str(error):
            raise DocumentNotRead("it is locked with a password: save it again without one") from error
        raise DocumentNotRead("there is no workbook in it, or it is damaged: save it from Excel as .xlsx") from error
    sheets: list[Sheet] = []
    warnings: list[str] = []
    room = max_rows
    for index, name in enumerate(book.sheet_names()):
        sheet = book.sheet_by_index(index)
        if sheet.visibility:
            warnings.append(f"sheet {name} is hidden and not read: show it and save the file, if staff may read it")
        else:
            not_shown = NotShown(has_comments=bool(sheet.cell_note_map))
            rows = _rows(sheet, not_shown, room)
            room -= len(rows)
            merged = [Area(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells]
            sheets.append(Sheet(name, rows, merged))
            warnings += not_shown.sentences(name)
        book.unload_sheet(index)
    return Workbook(sheets, warnings=tuple(warnings))


def _rows(sheet: Any, not_shown: NotShown, room: int) -> list[Row]:
    hidden = {column for column, look in sheet.colinfo_map.items() if look.hidden}
    rows: list[Row] = []
    is_after_gap = False
    for index in range(sheet.nrows):
        look = sheet.rowinfo_map.get(index)
        cells = _cells(sheet, index, set() if look and look.hidden else hidden, not_shown)
        if look and look.hidden:
            not_shown.rows += [index + 1] if cells else []
        elif not cells:
            is_after_gap = True
        elif len(rows) >= room:
            not_shown.left_out += 1
        else:
            rows.append(Row(index + 1, cells, follows_gap=is_after_gap))
            not_shown.last_row = index + 1
            is_after_gap = False
    return rows


def _cells(sheet: Any, index: int, hidden: set[int], not_shown: NotShown) -> dict[int, Cell]:
    cells: dict[int, Cell] = {}
    for column in range(sheet.row_len(index)):
        cell = _cell(sheet, index, column, not_shown)
        if cell is None or not cell.text.strip():
            continue
        if column in hidden:
            not_shown.columns.add(column)
        else:
            cells[column] = cell
    return cells


def _cell(sheet: Any, row: int, column: int, not_shown: NotShown) -> Cell | None:
    """The cell as it is seen; None for an empty one, and for one whose words are struck through."""
    import xlrd

    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) or value == "":
        return None
    look = sheet.book.xf_list[sheet.cell_xf_index(row, column)]
    font = sheet.book.font_list[look.font_index]
    is_bold = bool(font.bold or font.weight >= 700)
    if font.struck_out:
        not_shown.struck.append(f"{column_name(column)}{row + 1}")
        return None
    if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        code = sheet.book.format_map[look.format_key].format_str
        return shown_number(value, code, counts_from_1904=sheet.book.datemode == 1, is_bold=is_bold)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return Cell("TRUE" if value else "FALSE", "text", is_bold)
    if kind == xlrd.XL_CELL_ERROR:
        not_shown.errors.append(f"{column_name(column)}{row + 1}")
        return Cell(xlrd.error_text_from_code.get(value, "#N/A"), "text", is_bold)
    return cell_of(str(value), is_bold=is_bold)
