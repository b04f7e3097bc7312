"""Which written reply fits, with whose telephone numbers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.answering.verify import school_name
from bot.model import NoEvidence, Redirect, Redirected
from bot.prompts import WrittenReply
from ingestion.model import Contact, School, Slug, Trust

MANY_SCHOOLS = 8
"""With more schools than this and none known, the trust's own contacts stand for all."""


def written_reply(redirect: Redirect, *, replies: Mapping[str, WrittenReply], trust: Trust) -> Redirected:
    """The reply for a redirect, with the right school's contacts filled in."""
    reply = replies[redirect.kind]
    if redirect.kind == "safeguarding":
        contacts = safeguarding_contacts(redirect.school, trust)
        text = reply.fill(
            danger_line="If anyone is in immediate danger, ring **999** first.",
            contact_lines=_contact_lines(redirect.school, trust),
        )
        return Redirected("safeguarding", text, redirect.school, contacts)
    return Redirected(redirect.kind, reply.fill(trust_name=trust.name), redirect.school)


def no_evidence_reply(
    *, schools: Sequence[Slug], replies: Mapping[str, WrittenReply], trust: Trust, confidence: float
) -> NoEvidence:
    """That the documents do not say, which were searched, and whom to ask instead."""
    names = [school_name(slug, trust) for slug in schools]
    searched = f" of {' and '.join(names)} or of the trust" if names else " of the trust" if trust.schools else ""
    whom = "your school office" if trust.schools else "the person who looks after this policy"
    text = replies["no_evidence"].fill(searched=searched, whom=whom)
    return NoEvidence(text, schools[0] if len(schools) == 1 else None, confidence)


def safeguarding_contacts(school: School, trust: Trust) -> tuple[Contact, ...]:
    """The school's lead and deputies, then the trust's contacts; empty when none is recorded."""
    record = trust.school(school)
    return (*(record.safeguarding if record else ()), *trust.safeguarding)


def _contact_lines(school: School, trust: Trust) -> str:
    record = trust.school(school)
    lines = []
    if record is not None and record.safeguarding:
        lines += [f"**{record.name}**", *map(_line, record.safeguarding)]
    elif record is not None:
        lines += [
            f"I have no safeguarding number on record for {record.name}: go to the headteacher or the school office."
        ]
    else:
        leads = [(one.name, one.safeguarding[0]) for one in trust.schools if one.safeguarding]
        if 0 < len(leads) <= MANY_SCHOOLS:
            lines += ["**Your school’s designated safeguarding lead**"]
            lines += [f"- {name}: {contact.phone}" for name, contact in leads]
        else:
            lines += ["**Your school’s designated safeguarding lead**, or a deputy. The school office will find them."]
    if trust.safeguarding:
        lines += ["", f"**{trust.name[0].upper()}{trust.name[1:]}**", *map(_line, trust.safeguarding)]
    elif record is None or not record.safeguarding:
        lines += ["", "If you cannot reach anyone, ring your local authority’s children’s social care."]
    return "\n".join(lines)


def _line(contact: Contact) -> str:
    return f"- {contact.role}: {contact.phone}"
