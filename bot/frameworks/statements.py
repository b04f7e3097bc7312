"""What does the statement with that code say, in the framework's own words?"""

from __future__ import annotations

from typing import Protocol

from bot.model import Draft, Quotation, StatementLookUp
from ingestion.model import IndexedPassage, Record


class StatementIndex(Protocol):
    """The part of the index that holds framework statements."""

    def statements(self, code: str) -> list[tuple[Record, IndexedPassage]]: ...


def quote_statements(asked: StatementLookUp, index: StatementIndex) -> Draft | None:
    """A quotation for each framework that has the code, or for the one that was named; None when there is none."""
    found = index.statements(asked.code)
    if asked.framework is not None:
        found = [(record, passage) for record, passage in found if record.fields["framework"] == asked.framework]
    quotations = [quotation for record, passage in found if (quotation := _quote(record, passage))]
    return Draft(tuple(quotations[:3]), confidence=1.0) if quotations else None


def _quote(record: Record, found: IndexedPassage) -> Quotation | None:
    """The row of the passage that holds the statement."""
    for block in found.passage.blocks:
        if block.locator == record.locator and block.cells:
            return Quotation(found, block.text, str(block.locator), rows=(block.cells,))
    return None
