"""How do the answers to several questions of one message become one answer?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model import Answer, Answered, AnswerSentence, Citation, NeedsDetail, PartAnswered

PART_WORDS = 100
"""Of several questions, each is answered in so many quoted words and in one quotation at least: the next is waiting."""
_NUMBERED = r"\[(\d+)\]"


def join_parts(parts: Sequence[tuple[str, Answer]]) -> Answer:
    """One answer with each part's citations in the order asked, numbered anew; a part without any is said to have none.

    Where a part needs to know something first (the school), that is asked once for the whole. Where no part is
    answered, the first part's answer stands.
    """
    if asking := next((answer for _, answer in parts if isinstance(answer, NeedsDetail)), None):
        return asking
    answered = [answer for _, answer in parts if isinstance(answer, Answered)]
    if not answered:
        return parts[0][1]
    citations: list[Citation] = []
    told: list[PartAnswered] = []
    notes: list[str] = []
    for words, answer in parts:
        if not isinstance(answer, Answered):
            told.append(PartAnswered(words))
            continue
        numbers = _numbered_anew(_shortened(answer), citations)
        notes += (_renumber(note, numbers) for note in answer.notes)
        sentences = tuple(
            AnswerSentence(one.text, tuple(numbers[number] for number in one.citations)) for one in answer.sentences
        )
        told.append(PartAnswered(words, tuple(dict.fromkeys(numbers.values())), sentences))
    return Answered(
        citations=tuple(citations),
        programmes=tuple(dict.fromkeys(offer for answer in answered for offer in answer.programmes)),
        school=answered[0].school,
        confidence=min(answer.confidence for answer in answered),
        made_by=next((answer.made_by for answer in answered if answer.sentences), answered[0].made_by),
        notes=tuple(dict.fromkeys(notes)),
        parts=tuple(told),
        contact_line=next((answer.contact_line for answer in answered if answer.contact_line), None),
    )


def _shortened(answer: Answered) -> list[Citation]:
    """The first quotations within `PART_WORDS`, and all that a sentence or a note of the part names."""
    said = " ".join(answer.notes)
    named = {int(number) for number in re.findall(_NUMBERED, said)}
    named |= {number for sentence in answer.sentences for number in sentence.citations}
    kept: list[Citation] = []
    words = 0
    for citation in answer.citations:
        words += len(citation.quote.split())
        if not kept or words <= PART_WORDS or citation.number in named:
            kept.append(citation)
    return kept


def _numbered_anew(own: Sequence[Citation], citations: list[Citation]) -> dict[int, int]:
    """The new number of each of a part's citations; those that are new join `citations`."""
    numbers: dict[int, int] = {}
    for citation in own:
        says_as = numbers.get(citation.says_as) if citation.says_as is not None else None
        renewed = replace(citation, says_as=says_as)
        known = next((one for one in citations if replace(one, number=0) == replace(renewed, number=0)), None)
        if known is None:
            known = replace(renewed, number=len(citations) + 1)
            citations.append(known)
        numbers[citation.number] = known.number
    return numbers


def _renumber(note: str, numbers: Mapping[int, int]) -> str:
    """The note with the numbers of its sources as they are in the whole answer."""
    return re.sub(_NUMBERED, lambda match: f"[{numbers.get(int(match[1]), int(match[1]))}]", note)
