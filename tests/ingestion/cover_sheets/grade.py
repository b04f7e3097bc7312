"""How much of what cover sheets state is read, and is anything read that they do not state?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingestion.metadata import FIELDS
from ingestion.model import ParsedDocument, RawFile
from ingestion.parse import parse_document
from tests.ingestion.cover_sheets.build import Sheet, build, read_sheets

HERE = Path(__file__).parent
HALVES = {"development": HERE / "development.toml", "held out": HERE / "held_out.toml"}


@dataclass(frozen=True)
class Grade:
    """One field of one sheet. `stated` is None where the sheet does not state it, `read` where nothing was read."""

    sheet: str
    field: str
    stated: str | None
    read: str | None

    @property
    def is_right(self) -> bool:
        return self.stated == self.read

    @property
    def is_invented(self) -> bool:
        """A value where the sheet states none, or another than the sheet states."""
        return self.read is not None and not self.is_right


def grade_half(half: str) -> list[Grade]:
    return [grade for sheet in read_sheets(HALVES[half]) for grade in grade_sheet(sheet)]


def grade_sheet(sheet: Sheet) -> list[Grade]:
    """The sheet's fields, each against its label; a field that is neither stated nor read is no grade.

    The kind "other" and no kind are one. A conflict is graded as the field `unclear`.
    """
    document = parse_document(RawFile(sheet.file, None, build(sheet)))
    grades = [
        Grade(sheet.name, name, _plain(name, sheet.states.get(name)), _plain(name, getattr(document.metadata, name)))
        for name in FIELDS
    ]
    grades += [
        Grade(sheet.name, f"unclear: {name}", name if name in sheet.unclear else None, _reported(document, name))
        for name in FIELDS
    ]
    return [grade for grade in grades if grade.stated is not None or grade.read is not None]


def _reported(document: ParsedDocument, name: str) -> str | None:
    """The field, where its conflict is kept and an admin is told of it."""
    is_told = any(f"state {name} in a sidecar" in warning for warning in document.warnings)
    return name if name in document.metadata.conflicts and is_told else None


def _plain(name: str, value: object) -> str | None:
    if isinstance(value, tuple):
        value = ", ".join(value)
    if value is None or value == "" or (name == "kind" and value == "other"):
        return None
    return " ".join(str(value).split())


def share_right(grades: Iterable[Grade]) -> float:
    """Of the fields that are stated, the share that was read right."""
    stated = [grade for grade in grades if grade.stated is not None]
    return sum(grade.is_right for grade in stated) / len(stated)
