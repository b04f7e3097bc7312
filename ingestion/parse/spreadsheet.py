"""What does a spreadsheet say, sheet by sheet and row by row?

The format is told by the bytes, not by the name: schools' systems save text and web pages as ".xls".
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.parse.grid import MAX_ROWS, Workbook, read_sheet
from ingestion.parse.office import OLE_MARK
from ingestion.parse.reading import Outline, Reading

GENERIC_NAME = re.compile(r"(?:sheet|table|worksheet)\s*\d*", re.IGNORECASE)
"""A name that the program gave: that of the only sheet heads nothing."""


def read_spreadsheet(data: bytes, *, max_rows: int = MAX_ROWS) -> Reading:
    """The sheets that are shown, each under its name, with the names of its columns kept to its rows. Raises
    DocumentNotRead: no spreadsheet, one under a password, a damaged one, one without a word."""
    workbook = _opened(data, max_rows)
    outline = Outline()
    titles: list[str] = []
    filled = [sheet for sheet in workbook.sheets if sheet.rows or sheet.notes]
    for sheet in filled:
        is_named = len(filled) > 1 or not GENERIC_NAME.fullmatch(sheet.name.strip())
        if is_named:
            outline.heading(1, sheet.name)
        top = read_sheet(sheet, outline, level=2 if is_named else 1)
        titles += top[:1]
    if not any(section.blocks for section in outline.sections()):
        told = "; ".join(workbook.warnings)
        raise DocumentNotRead(
            f"no sheet of it has anything to read{f' ({told})' if told else ''}: fill it, or remove it"
        )
    return Reading(
        outline.sections(),
        Cover(titles=tuple(filter(None, (*titles[:1], workbook.title))), margins=workbook.margins),
        warnings=workbook.warnings,
    )


def _opened(data: bytes, max_rows: int) -> Workbook:
    if data.startswith(OLE_MARK):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentNotRead("it is locked with a password: save it again without one")
        from ingestion.parse.xls import read_xls

        return read_xls(data, max_rows=max_rows)
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = {name.lower() for name in package.namelist()}
    except zipfile.BadZipFile as error:
        raise DocumentNotRead(_not_a_spreadsheet(data)) from error
    if "content.xml" in names:
        from ingestion.parse.ods import read_ods

        return read_ods(data, max_rows=max_rows)
    if any(name.endswith("workbook.bin") for name in names):
        from ingestion.parse.legacy import converted

        data = converted(data, "xlsb", "xlsx")
    from ingestion.parse.xlsx import read_xlsx

    return read_xlsx(data, max_rows=max_rows)


def _not_a_spreadsheet(data: bytes) -> str:
    head = data[:2_000].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if head.startswith(b"PK"):
        return "it was cut short, its end is missing: copy or download it again"
    if head.startswith(b"<"):
        return "it is a web page or XML under the name of a workbook: open it in Excel and save it as .xlsx"
    if b"\x00" not in head:
        return "it is text under the name of a workbook: open it in Excel and save it as .xlsx, or name it .csv"
    return "it is not a spreadsheet, whatever its name says: open it in Excel and save it as .xlsx"
