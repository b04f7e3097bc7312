"""Does every word of a draft stand in the evidence, from a school that was asked about and an edition in force?

What fails is dropped. What is left becomes the answer; when nothing is left there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from bot.answering.claims import ClaimCheck
from bot.answering.dates import is_past
from bot.model import Answered, AnswerSentence, Citation, Draft, ProgrammeOffer, Quotation
from bot.wording import answer_wording, spoken_date
from ingestion.audience import may_read
from ingestion.model import School, Slug, Trust


def verify(
    draft: Draft,
    *,
    schools: tuple[Slug, ...],
    trust: Trust,
    today: date,
    programmes: Sequence[ProgrammeOffer] = (),
    roles: Collection[str] = (),
    past: bool = False,
) -> Answered | None:
    """The answer that the draft's own sources carry; None when no citation is left.

    `schools`: those asked about; a quotation of any other is dropped, as is one of a document limited to others than
    `roles`, and of an edition not in force unless the asker wanted to know of the `past`. For a draft with claims, a
    claim that its passages do not carry is dropped, and only sources that a kept claim uses are listed.
    """
    sound = [_is_sound(quotation, schools, roles=roles, past=past) for quotation in draft.quotations]
    if draft.claims:
        check = ClaimCheck(trust, schools)
        claims = [
            claim
            for claim in draft.claims
            if all(sound[index] for index in claim.supports)
            and check.why_not(claim.text, [draft.quotations[index].found for index in claim.supports]) is None
        ]
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


def _is_sound(quotation: Quotation, schools: tuple[Slug, ...], *, roles: Collection[str], past: bool) -> bool:
    version = quotation.found.version
    of_asked_school: bool = version.school is None or version.school in schools
    may_stand = version.status == "in_force" or (past and version.status == "superseded")
    verbatim = _folded(quotation.text) in _folded(quotation.found.passage.text)
    readable = may_read(version.metadata, roles)
    return of_asked_school and may_stand and readable and verbatim and bool(quotation.text.strip())


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
        status=version.status,
        owner=stated.owner,
        lead_in=quotation.lead_in,
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
        if citation.review_overdue and citation.review_due and citation.status == "in_force":
            due = spoken_date(citation.review_due)
            notes.append(answer_wording().review_overdue.format(title=citation.title, date=due))
        if citation.doubt:
            notes.append(citation.doubt)
    return tuple(dict.fromkeys(notes))


def _folded(text: str) -> str:
    return " ".join(text.split())
