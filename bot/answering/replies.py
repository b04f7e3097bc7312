"""Which written reply fits, with whose telephone numbers?"""

from __future__ import annotations

from collections.abc import Mapping

from bot.answering.find import Found
from bot.answering.verify import school_name
from bot.model import NearDocument, NoEvidence, Redirect, Redirected
from bot.prompts import WrittenReply
from ingestion.model import Contact, School, Trust

NEAREST_DOCUMENTS = 2
MANY_SCHOOLS = 8
"""With more schools than this and none known, the trust's own contacts stand for all."""


def written_reply(redirect: Redirect, *, replies: Mapping[str, WrittenReply], trust: Trust) -> Redirected:
    """The reply for a redirect, with the right school's contacts filled in."""
    reply = replies[redirect.kind]
    if redirect.kind == "safeguarding":
        text = reply.fill(contact_lines=_contact_lines(redirect.school, trust, reply.sentences))
        return Redirected(
            "safeguarding", text, redirect.school, safeguarding_contacts(redirect.school, trust), redirect.case
        )
    return Redirected(redirect.kind, reply.fill(trust_name=trust.name), redirect.school)


def no_evidence_reply(found: Found, *, replies: Mapping[str, WrittenReply], trust: Trust) -> NoEvidence:
    """That the documents do not say, which were searched, whom to ask instead, and which documents lie nearest."""
    reply = replies["no_evidence"]
    schools = found.lookup.schools
    names = " and ".join(school_name(slug, trust) for slug in schools)
    if names:
        searched = reply.sentences["searched_schools"].format(schools=names)
    else:
        searched = reply.sentences["searched_trust"] if trust.schools else ""
    whom = reply.sentences["office" if trust.schools else "keeper"]
    text = reply.fill(searched=searched, whom=whom)
    return NoEvidence(text, schools[0] if len(schools) == 1 else None, found.confidence, _nearest(found, trust))


def _nearest(found: Found, trust: Trust) -> tuple[NearDocument, ...]:
    """Up to two documents whose passages came nearest, each once."""
    nearest: dict[str, NearDocument] = {}
    for source in found.evidence.kept:
        version, passage = source.found.version, source.found.passage
        stated = version.metadata
        nearest.setdefault(
            version.path,
            NearDocument(
                title=version.title,
                path=version.path,
                school_name=school_name(version.school, trust),
                heading=passage.heading,
                locator=str(passage.locator),
                url=stated.url,
                owner=stated.owner,
            ),
        )
    return tuple(nearest.values())[:NEAREST_DOCUMENTS]


def safeguarding_contacts(school: School, trust: Trust) -> tuple[Contact, ...]:
    """The school's lead and deputies, then the trust's contacts; empty when none is recorded."""
    record = trust.school(school)
    return (*(record.safeguarding if record else ()), *trust.safeguarding)


def _contact_lines(school: School, trust: Trust, sentences: Mapping[str, str]) -> str:
    """The school's own numbers, or each school's lead where no school is known; then the trust's."""
    record = trust.school(school)
    leads = [(one.name, one.safeguarding[0].phone) for one in trust.schools if one.safeguarding]
    if record is not None and record.safeguarding:
        lines = [f"**{record.name}**", *map(_line, record.safeguarding)]
    elif record is not None:
        lines = [sentences["no_number"].format(school=record.name)]
    elif 0 < len(leads) <= MANY_SCHOOLS:
        lines = [f"**{sentences['your_lead']}**", *(f"- {name}: {phone}" for name, phone in leads)]
    else:
        lines = [f"**{sentences['find_lead']}**"]
    if trust.safeguarding:
        lines += ["", f"**{trust.name}**", *map(_line, trust.safeguarding)]
    elif record is None or not record.safeguarding:
        lines += ["", sentences["nobody"]]
    return "\n".join(lines)


def _line(contact: Contact) -> str:
    return f"- {contact.role}: {contact.phone}"
