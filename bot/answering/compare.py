"""What does each school say on one question, side by side?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy import float32
from numpy.typing import NDArray

from bot.answering.compose import widen_unit
from bot.answering.confidence import MIN_CONFIDENCE
from bot.answering.find import Found
from bot.answering.retrieve import PassageIndex
from bot.answering.units import as_quotation, with_limits
from bot.answering.verify import school_name
from bot.model import Draft, Quotation, SchoolAnswer
from ingestion.model import Hit, Slug, Trust

STATES_ENOUGH = 0.65
"""A school states it where its best words score this share of the best of any school's or the trust's: less is another
matter with some of the same words."""


class OwnDocuments:
    """An index of which only the schools' own documents are searched, none of the trust's."""

    def __init__(self, index: PassageIndex) -> None:
        self._index = index

    def nearest(
        self, vector: NDArray[float32], *, schools: tuple[Slug, ...], limit: int, trust_wide: bool = True, **others: Any
    ) -> list[Hit]:
        if not schools:
            return []
        return self._index.nearest(vector, schools=schools, limit=limit, trust_wide=False, **others)

    def matching(
        self, query: str, *, schools: tuple[Slug, ...], limit: int, trust_wide: bool = True, **others: Any
    ) -> list[Hit]:
        if not schools:
            return []
        return self._index.matching(query, schools=schools, limit=limit, trust_wide=False, **others)

    def word_weight(self, words: Sequence[str]) -> dict[str, float]:
        return self._index.word_weight(words)


def compare_schools(
    own: Mapping[Slug, Found], of_trust: Found, *, trust: Trust
) -> tuple[Draft, tuple[SchoolAnswer, ...]]:
    """The trust's own words that hold for all where there are some, the best words of each school's own documents, and
    the line of each school in the order asked.

    `own` is what was found in each school's own documents alone, `of_trust` what was found in the trust's. A school
    whose own documents do not state it has a line without citations. The numbers of the lines are those of the draft's
    quotations, from 1.
    """
    best = max((found.scored[0].score for found in (*own.values(), of_trust) if found.scored), default=0.0)
    quotations = [_quote(of_trust)] if _states(of_trust, best) else []
    lines: list[SchoolAnswer] = []
    for slug, found in own.items():
        states = _states(found, best)
        if states:
            quotations.append(_quote(found))
        lines.append(SchoolAnswer(slug, school_name(slug, trust), (len(quotations),) if states else ()))
    confidence = max((found.confidence for found in (*own.values(), of_trust)), default=0.0)
    return Draft(tuple(quotations), confidence=confidence), tuple(lines)


def _states(found: Found, best: float) -> bool:
    is_sure = found.confidence >= MIN_CONFIDENCE
    return is_sure and bool(found.scored) and found.scored[0].score >= best * STATES_ENOUGH


def _quote(found: Found) -> Quotation:
    return as_quotation(with_limits(widen_unit(found.scored[0], found.scored)))
