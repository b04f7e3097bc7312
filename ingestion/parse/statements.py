"""Which numbered framework statements does a CSV file hold?

Columns: framework, section, section_name, type, code, text. A statement is a row of a table under its framework,
section and type, and a record; one without a code is kept, with an empty one.
"""

from __future__ import annotations

import csv
import io

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import Locator, Record
from ingestion.parse.reading import Outline, Reading, fold
from ingestion.parse.text import decode

COLUMNS = ("framework", "section", "section_name", "type", "code", "text")


def read_statements(data: bytes) -> Reading:
    """The statements of a CSV file. Raises DocumentNotRead: another kind of CSV, a row too long, no statement."""
    reader = csv.reader(io.StringIO(decode(data), newline=""))
    header = [fold(name).lower() for name in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        raise DocumentNotRead(
            f"CSV files are not read yet, but for framework statements (columns {', '.join(COLUMNS)}): "
            "save it as PDF, or as a table in a Word document"
        )
    outline = Outline()
    records: list[Record] = []
    warnings: list[str] = []
    opened: tuple[str, ...] = ()
    line = reader.line_num + 1  # a quoted cell may hold line breaks: a row starts after the last line of the one before
    for row in reader:
        first_line, line = line, reader.line_num + 1
        if not any(map(str.strip, row)):
            continue
        if len(row) != len(header):
            warnings.append(f"line {first_line}: {len(row)} cells instead of {len(header)}: not read; mend its commas")
            continue
        fields = dict(zip(header, map(fold, row), strict=True))
        if not fields["text"]:
            warnings.append(f"line {first_line}: no text: not read; add the statement's words")
            continue
        locator = Locator("row", first_line)
        section = f"{fields['section']} {fields['section_name']}".strip()
        path = (fields["framework"], section, fields["type"])
        if path != opened:
            _open(outline, opened, path)
            opened = path
            outline.row(("code", "text"), locator, header=True)
        outline.row((fields["code"], fields["text"]), locator)
        records.append(Record("statement", f"{fields['framework']}:{fields['code']}", fields, locator))
    if not records:
        raise DocumentNotRead("it has a heading row but no framework statement: add one, or remove the file")
    frameworks = tuple(dict.fromkeys(record.fields["framework"] for record in records))
    cover = Cover(titles=frameworks if len(frameworks) == 1 else (), kind="framework")
    return Reading(outline.sections(), cover, records=tuple(records), warnings=tuple(warnings))


def _open(outline: Outline, opened: tuple[str, ...], path: tuple[str, ...]) -> None:
    """Open the headings that differ from those already open."""
    same = 0
    while same < len(opened) and opened[same] == path[same]:
        same += 1
    for level in range(same, len(path)):
        outline.heading(level + 1, path[level])
