"""What does each school say on one question, side by side?"""

from __future__ import annotations

from collections.abc import Mapping

from bot.answering.confidence import MIN_CONFIDENCE
from bot.answering.find import Found
from bot.answering.units import as_quotation
from bot.answering.verify import school_name
from bot.model import Draft, Quotation, SchoolAnswer
from ingestion.model import Slug, Trust


def compare_schools(found: Mapping[Slug, Found], *, trust: Trust) -> tuple[Draft, tuple[SchoolAnswer, ...]]:
    """The best words of each school's own documents, where they answer, and the line of each school.

    A school whose documents do not state it has a line without citations.
    """
    quotations: list[Quotation] = []
    lines: list[SchoolAnswer] = []
    for slug, one in found.items():
        own = [unit for unit in one.scored if unit.unit.source.found.version.school == slug]
        states = bool(own) and one.confidence >= MIN_CONFIDENCE
        if states:
            quotations.append(as_quotation(own[0].unit))
        lines.append(SchoolAnswer(slug, school_name(slug, trust), (len(quotations),) if states else ()))
    confidence = max((one.confidence for one in found.values()), default=0.0)
    return Draft(tuple(quotations), confidence=confidence), tuple(lines)
