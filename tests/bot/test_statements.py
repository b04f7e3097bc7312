from __future__ import annotations

import pytest

from bot.frameworks.statements import is_named, quote_statements
from bot.model import LookUp, StatementLookUp
from ingestion.model import IndexedPassage, Locator, Record
from tests.building import block, indexed

ECF, SECF = "ECF 2019", "Samphire Early Career Framework"


def row(number: int) -> Locator:
    return Locator("row", number)


class TwoFrameworks:
    """Both frameworks hold a 4.6, with different words, each in a passage of two statements."""

    def statements(self, code: str) -> list[tuple[Record, IndexedPassage]]:
        if code != "4.6":
            return []
        found = []
        for id, (framework, words) in enumerate(
            [(ECF, "Questioning is a tool."), (SECF, "Ask, wait, then ask on.")], 1
        ):
            passage = indexed(
                block("code | text", kind="table_header", at=row(10)),
                block("4.5 | Something else.", kind="table_row", at=row(9)),
                block(f"4.6 | {words}", kind="table_row", at=row(10)),
                id=id,
                title=framework,
            )
            fields = {"framework": framework, "code": "4.6", "text": words}
            found.append((Record("statement", f"{framework}:4.6", fields, row(10)), passage))
        return found


def quoted(text: str, code: str = "4.6") -> list[str] | None:
    draft = quote_statements(StatementLookUp(LookUp(text), code=code), TwoFrameworks())
    return [quotation.text for quotation in draft.quotations] if draft else None


def test_a_bare_code_gives_the_words_of_each_framework_that_has_it() -> None:
    assert quoted("what does 4.6 say") == ["4.6 | Questioning is a tool.", "4.6 | Ask, wait, then ask on."]


def test_a_named_framework_gives_its_own_words_only() -> None:
    assert quoted("what does ECF 4.6 say") == ["4.6 | Questioning is a tool."]
    assert quoted("secf 4.6") == ["4.6 | Ask, wait, then ask on."]


def test_a_code_that_no_framework_has_gives_nothing() -> None:
    assert quoted("what does 9.9 say", "9.9") is None


@pytest.mark.parametrize(
    ("framework", "text", "named"),
    [
        (ECF, "ecf 4.6", True),
        (ECF, "secf 4.6", False),
        (SECF, "SECF 4.6", True),
        (SECF, "ecf 4.6", False),
        (ECF, "4.6", False),
    ],
)
def test_a_framework_is_named_by_its_short_form_or_initials(framework: str, text: str, named: bool) -> None:
    assert is_named(framework, text) is named
