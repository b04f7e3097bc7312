"""What does the statement with that code say, in the framework's own words?"""

from __future__ import annotations

import re
from typing import Protocol

from bot.model import Draft, Quotation, StatementLookUp
from ingestion.model import IndexedPassage, Record

MAX_FRAMEWORKS = 3


class StatementIndex(Protocol):
    """The part of the index that holds framework statements."""

    def statements(self, code: str) -> list[tuple[Record, IndexedPassage]]: ...


def quote_statements(asked: StatementLookUp, index: StatementIndex) -> Draft | None:
    """A quotation from each framework that has the code, or from the one that the question names; None when there is
    none."""
    found = index.statements(asked.code) if asked.code else []
    named = [pair for pair in found if is_named(str(pair[0].fields["framework"]), asked.fallback.query)]
    quotations = [quotation for record, passage in named or found if (quotation := _quote(record, passage))]
    return Draft(tuple(quotations[:MAX_FRAMEWORKS]), confidence=1.0) if quotations else None


def is_named(framework: str, text: str) -> bool:
    """True when the text names the framework: whole, by a short form that begins its name ("ECF" of "ECF 2019"), or by
    its initials ("SECF" of "Samphire Early Career Framework")."""
    words = framework.split()
    initials = "".join(word[0] for word in words if word[0].isalpha())
    shorts = {framework, initials, words[0] if words[0].isupper() else ""}
    return any(
        re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text, re.IGNORECASE) for short in shorts if len(short) > 1
    )


def _quote(record: Record, found: IndexedPassage) -> Quotation | None:
    """The row of the passage that holds the statement; a header may stand at the same place."""
    for block in found.passage.blocks:
        if block.locator == record.locator and block.kind == "table_row":
            return Quotation(found, block.text, str(block.locator), rows=(block.cells,))
    return None
