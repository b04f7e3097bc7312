"""Which numbered framework statements does a table hold?

Columns: framework, section, section_name, type, code, text. A statement is a row of a table under its framework,
section and type, and a record; one without a code is kept, with an empty one. Further columns stand in the row, and not
in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import Locator, Record
from ingestion.parse.reading import Outline, Reading

COLUMNS = ("framework", "section", "section_name", "type", "code", "text")


def are_statements(header: Sequence[str]) -> bool:
    """Whether a header names all the columns of framework statements, each once."""
    return all(header.count(column) == 1 for column in COLUMNS)


def read_statements(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> Reading:
    """The statements of numbered rows under that header, in lower case. Raises DocumentNotRead: no statement."""
    others = [name for name in dict.fromkeys(header) if name and name not in COLUMNS]
    outline = Outline()
    records: list[Record] = []
    warnings: list[str] = []
    opened: tuple[str, ...] = ()
    for number, cells in rows:
        if len(cells) > len(header) and not any(cells[len(header) :]):
            cells = cells[: len(header)]  # a spreadsheet writes commas for empty cells as far as its widest row
        if len(cells) != len(header):
            warnings.append(f"row {number}: {len(cells)} cells instead of {len(header)}: not read; mend its commas")
            continue
        named = dict(zip(header, cells, strict=True))
        fields = {column: named[column] for column in COLUMNS}
        if not fields["text"]:
            warnings.append(f"row {number}: no text: not read; add the statement's words")
            continue
        locator = Locator("row", number)
        section = f"{fields['section']} {fields['section_name']}".strip()
        path = (fields["framework"], section, fields["type"])
        if path != opened:
            _open(outline, opened, path)
            opened = path
            outline.row(("code", "text", *others), locator, header=True)
        outline.row((fields["code"], fields["text"], *(named[name] for name in others)), locator)
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
