"""What does a CSV or TSV file hold: a table whose rows can be quoted, or framework statements?

Nothing in such a file states its character set or what parts its cells: both are found out from what fits best.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.parse.grid import MAX_ROWS, Row, Sheet, cell_of, read_sheet
from ingestion.parse.reading import Outline, Reading, fold
from ingestion.parse.statements import are_statements, read_statements
from ingestion.parse.text import decode

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200
MAX_NAMED_ROWS = 5


def read_csv(data: bytes, *, max_rows: int = MAX_ROWS) -> Reading:
    """The rows of a file, each with the names of its columns; row numbers are those that a spreadsheet shows. A file
    with the columns of framework statements gives records as well. Raises DocumentNotRead: bytes that are no text, a
    quotation mark that is never closed, a file of statements without one."""
    text = decode(data)
    rows, warnings = _rows(text, max_rows)
    header = [name.casefold() for name in rows[0][1]] if rows else []
    if are_statements(header):
        reading = read_statements(header, rows[1:])
        return Reading(
            reading.sections, reading.cover, records=reading.records, warnings=(*warnings, *reading.warnings)
        )
    outline = Outline()
    titles = read_sheet(Sheet("", _sheet_rows(rows)), outline, level=1)
    return Reading(outline.sections(), Cover(titles=titles[:1]), warnings=(*warnings, *_ragged(rows)))


# ── text into rows ───────────────────────────────────────────────────────────────────────────────────────────────────

_Numbered = tuple[int, list[str]]
"""A row's number, from 1, and its cells, white space folded."""

_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""A first line that tells Excel what parts the cells; Excel shows the next line as row 1."""


def _rows(text: str, max_rows: int) -> tuple[list[_Numbered], list[str]]:
    """The rows that are not empty. First by the letter of the format; where quotation marks stand inside a cell, more
    leniently, with a warning."""
    hint = _HINT.match(text)
    body = text[hint.end() :] if hint else text
    separator = hint[1] if hint else _separator(body)
    rows: list[_Numbered] = []
    try:
        return rows, _read_rows(body, separator, rows, max_rows, strict=True)
    except csv.Error as error:
        number = rows[-1][0] + 1 if rows else 1
        if "expected after" not in str(error):  # as `csv` words it: "',' expected after '"'"
            raise DocumentNotRead(
                f"a quotation mark that opens a cell after row {number - 1} is never closed: close it or take it out"
            ) from error
    rows.clear()
    found = (
        f'row {number}: words follow a closing quotation mark: its cells may be cut wrongly; write "" for a mark within'
    )
    try:
        return rows, [found, *_read_rows(body, separator, rows, max_rows, strict=False)]
    except csv.Error as error:
        raise DocumentNotRead(f"{found}; it cannot be read ({error})") from error


def _read_rows(text: str, separator: str, rows: list[_Numbered], max_rows: int, *, strict: bool) -> list[str]:
    for number, row in enumerate(_records(text, separator, strict=strict), start=1):
        cells = [fold(cell) for cell in row]
        if not any(cells):
            continue
        if len(rows) == max_rows:
            return [f"only the first {max_rows:,} rows are read, to row {number - 1}: keep fewer rows in one file"]
        rows.append((number, cells))
    return []


def _records(text: str, separator: str, *, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict, skipinitialspace=True)


def _separator(text: str) -> str:
    """What parts the cells: the sign by which most rows have the same number of cells, and more than one; of equals,
    the one that gives more cells. A comma where no sign does."""
    best, best_fit = ",", (0.0, 0)
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in islice(_records(text, separator), SAMPLE_ROWS) if any(row)]
        except csv.Error:
            continue
        common, count = (
            Counter(width for width in widths if width > 1).most_common(1)[0] if max(widths, default=0) > 1 else (0, 0)
        )
        fit = (round(count / max(1, len(widths)), 1), common)
        if fit > best_fit:
            best, best_fit = separator, fit
    return best


# ── rows into a sheet ────────────────────────────────────────────────────────────────────────────────────────────────


def _sheet_rows(rows: Sequence[_Numbered]) -> list[Row]:
    before = 0
    shown = []
    for number, cells in rows:
        filled = {column: cell_of(cell) for column, cell in enumerate(cells) if cell}
        shown.append(Row(number, filled, follows_gap=number > before + 1))
        before = number
    return shown


def _ragged(rows: Sequence[_Numbered]) -> list[str]:
    """Rows with more cells than nearly all others: a comma that is part of the words was taken to part cells."""
    widths = Counter(len(cells) for _, cells in rows)
    if not widths:
        return []
    usual, count = widths.most_common(1)[0]
    wide = [str(number) for number, cells in rows if len(cells) > usual and any(cells[usual:])]
    if not wide or usual < 2 or 2 * count <= len(rows):
        return []
    named = ", ".join(wide[:MAX_NAMED_ROWS]) + (
        f" and {len(wide) - MAX_NAMED_ROWS} more" if len(wide) > MAX_NAMED_ROWS else ""
    )
    return [
        f"more cells than the {usual} of other rows in row {named}: put a cell that holds a comma in quotation marks"
    ]
