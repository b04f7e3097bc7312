"""Does every word of a draft stand in the evidence, from a school that was asked about and an edition in force?

What fails is dropped. What is left becomes the answer; when nothing is left there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from bot.answering.dates import is_past
from bot.answering.schools import schools_named
from bot.answering.words import content_words, stem, stems
from bot.model import Answered, AnswerSentence, Citation, Claim, Draft, ProgrammeOffer, Quotation
from bot.wording import spoken_date
from ingestion.model import School, Slug, Trust

MIN_SHARED_WORDS = 0.5
"""Of a claim's content words, the share that must stand in the passages it cites."""

_LINK = re.compile(r"https?://[^\s\])>]+|www\.[^\s\])>]+")
_BINDING = re.compile(r"\b(?:not|never|cannot|must|only|always|no)\b")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    "hundred": 100,
    "half": 0.5,
}


def verify(
    draft: Draft,
    *,
    schools: tuple[Slug, ...],
    trust: Trust,
    today: date,
    programmes: Sequence[ProgrammeOffer] = (),
) -> Answered | None:
    """The answer that the draft's own sources carry; None when no citation is left.

    `schools`: those asked about; a quotation of any other is dropped. For a draft with claims, a claim whose numbers or
    words its passages do not hold is dropped, and only sources that a kept claim uses are listed.
    """
    sound = [_is_sound(quotation, schools) for quotation in draft.quotations]
    if draft.claims:
        claims = [claim for claim in draft.claims if _is_supported(claim, draft.quotations, sound, trust)]
        used = list(dict.fromkeys(index for claim in claims for index in claim.supports))
    else:
        claims = []
        used = [index for index, is_sound in enumerate(sound) if is_sound]
    if not used:
        return None
    numbers = {index: number for number, index in enumerate(used, start=1)}
    citations = tuple(_cite(number, draft.quotations[index], trust, today) for index, number in numbers.items())
    return Answered(
        citations=citations,
        sentences=tuple(
            AnswerSentence(claim.text, tuple(numbers[index] for index in claim.supports)) for claim in claims
        ),
        programmes=tuple(programmes),
        school=schools[0] if len(schools) == 1 else None,
        confidence=draft.confidence,
        made_by=draft.made_by,
        notes=_notes(citations),
    )


def _is_sound(quotation: Quotation, schools: tuple[Slug, ...]) -> bool:
    version = quotation.found.version
    of_asked_school: bool = version.school is None or version.school in schools
    verbatim = _folded(quotation.text) in _folded(quotation.found.passage.text)
    return of_asked_school and version.status == "in_force" and verbatim and bool(quotation.text.strip())


def _is_supported(claim: Claim, quotations: Sequence[Quotation], sound: Sequence[bool], trust: Trust) -> bool:
    """True when all its sources are sound; every number, link and binding word of it stands in them, and so do enough
    of
    its words; and each school it names is one that a source belongs to."""
    if not claim.supports or not all(sound[index] for index in claim.supports):
        return False
    schools = {quotations[index].found.version.school for index in claim.supports}
    if not schools.issuperset(schools_named(claim.text, trust)) and None not in schools:
        return False
    sources = " ".join(_whole_text(quotations[index]) for index in claim.supports)
    if not numbers_in(claim.text) <= numbers_in(sources):
        return False
    if not all(link in sources for link in _LINK.findall(claim.text)):
        return False
    if not _binding_words(claim.text) <= _binding_words(sources):
        return False
    said = {stem(word) for word in content_words(claim.text)}
    held = set(stems(sources))
    return bool(said) and len(said & held) / len(said) >= MIN_SHARED_WORDS


def numbers_in(text: str) -> frozenset[str]:
    """Every number of a text in digits, whether it was written in digits or in words ("twenty-one" is 21)."""
    digits = (number.rstrip(".,:").replace(",", "") for number in _NUMBER.findall(text))
    words = re.findall(r"[a-z]+", text.lower())
    spoken: list[float] = []
    for before, word in pairwise(["", *words]):
        value = _NUMBER_WORDS.get(word)
        if value is None:
            continue
        if before in _TENS and 0 < value < 10:
            value += spoken.pop()
        spoken.append(value)
    return frozenset([*digits, *(f"{value:g}" for value in spoken)])


def _binding_words(text: str) -> frozenset[str]:
    """The words of a text that forbid, oblige or allow: a claim may not bring one that its sources do not hold."""
    plain = text.lower().replace("’", "'").replace("can't", "cannot").replace("n't", " not")
    return frozenset(_BINDING.findall(plain))


def _whole_text(quotation: Quotation) -> str:
    found = quotation.found
    return " ".join((found.version.title, *found.passage.heading, found.passage.text))


def _cite(number: int, quotation: Quotation, trust: Trust, today: date) -> Citation:
    version, passage = quotation.found.version, quotation.found.passage
    stated = version.metadata
    return Citation(
        number=number,
        title=version.title,
        path=version.path,
        school=version.school,
        school_name=school_name(version.school, trust),
        heading=passage.heading,
        locator=quotation.locator,
        quote=quotation.text,
        version=stated.version,
        review_due=stated.review_due,
        review_overdue=is_past(stated.review_due, today),
        url=stated.url,
        header=quotation.header,
        rows=quotation.rows,
        doubt=version.doubt,
        effective_from=stated.effective_from,
    )


def school_name(school: School, trust: Trust) -> str:
    """The school's name; the trust's for a trust-wide document; empty where the trust has no name of its own."""
    record = trust.school(school)
    if record is not None:
        return record.name
    return trust.name if school is None and trust.schools else ""


def _notes(citations: Sequence[Citation]) -> tuple[str, ...]:
    notes = []
    for citation in citations:
        if citation.review_overdue and citation.review_due:
            notes.append(
                f"{citation.title} was due for review by {spoken_date(citation.review_due)}: check that it still holds."
            )
        if citation.doubt:
            notes.append(citation.doubt)
    return tuple(dict.fromkeys(notes))


def _folded(text: str) -> str:
    return " ".join(text.split())
