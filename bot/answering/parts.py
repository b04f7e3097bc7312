"""How do the answers to several questions of one message become one answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import Answer, Answered, Citation, PartAnswered


def join_parts(parts: Sequence[tuple[str, Answer]]) -> Answer:
    """One answer with each part's citations in the order asked, numbered anew; a part without any is said to have none.

    The first answer that is not one (a clarification, nothing found) where no part is answered.
    """
    answered = [answer for _, answer in parts if isinstance(answer, Answered)]
    if not answered:
        return parts[0][1]
    citations: list[Citation] = []
    told: list[PartAnswered] = []
    for words, answer in parts:
        own = answer.citations if isinstance(answer, Answered) else ()
        numbers = []
        for citation in own:
            known = next((one for one in citations if replace(one, number=citation.number) == citation), None)
            if known is None:
                known = replace(citation, number=len(citations) + 1)
                citations.append(known)
            numbers.append(known.number)
        told.append(PartAnswered(words, tuple(numbers)))
    return Answered(
        citations=tuple(citations),
        programmes=tuple(offer for answer in answered for offer in answer.programmes),
        school=answered[0].school,
        confidence=min(answer.confidence for answer in answered),
        notes=tuple(dict.fromkeys(note for answer in answered for note in answer.notes)),
        parts=tuple(told),
    )
