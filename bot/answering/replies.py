"""Which written reply fits, with whose telephone numbers?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.answering.find import Found
from bot.answering.verify import school_name
from bot.model import NearDocument, NoEvidence, Redirect, RedirectCase, Redirected
from bot.prompts import WrittenReply
from ingestion.model import Contact, School, Trust

NEAREST_DOCUMENTS = 2
MANY_SCHOOLS = 8
"""With more schools than this and none known, the trust's own contacts stand for all."""


def written_reply(redirect: Redirect, *, replies: Mapping[str, WrittenReply], trust: Trust) -> Redirected:
    """The reply for a redirect, with the right people's numbers filled in."""
    if redirect.kind == "safeguarding":
        return _safeguarding_reply(redirect.case or "child", redirect.school, replies=replies, trust=trust)
    reply = replies[f"{redirect.kind}_{redirect.case}" if redirect.case else redirect.kind]
    parts = {**reply.sentences, "trust_name": trust.name}
    return Redirected(redirect.kind, _fill(reply, parts), redirect.school, case=redirect.case)


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


def contact_line(school: School, *, replies: Mapping[str, WrittenReply], trust: Trust) -> str:
    """Whom to ring, as one line beneath a policy answer: the school's lead, else the trust's, else how to find them."""
    sentences = replies["safeguarding"].sentences
    contacts = _contacts_for("child", school, trust)
    if not contacts:
        return sentences["line_find"]
    return sentences["line"].format(contacts=f"{contacts[0].role} {contacts[0].phone}")


def _safeguarding_reply(
    case: RedirectCase, school: School, *, replies: Mapping[str, WrittenReply], trust: Trust
) -> Redirected:
    shared, reply = replies["safeguarding"], replies[f"safeguarding_{case}"]
    sentences = shared.sentences
    parts = {
        **reply.sentences,
        "contacts": _contact_lines(case, school, trust, sentences),
        "always": _fill(shared, sentences),
        "private": sentences["private"],
    }
    return Redirected("safeguarding", _fill(reply, parts), school, _contacts_for(case, school, trust), case)


def _fill(reply: WrittenReply, parts: Mapping[str, str]) -> str:
    """The reply with those of the parts that it puts in."""
    return reply.fill(**{name: value for name, value in parts.items() if name in reply.variables})


_ASSISTANCE = re.compile(r"assist|counsel|well-?being|\bEAP\b|occupational", re.IGNORECASE)
_ALLEGATIONS = re.compile(r"chair|\bLADO\b|designated officer", re.IGNORECASE)
"""Which of the trust's contacts are for whom, told by their roles in `trust.toml`."""


def _contacts_for(case: RedirectCase, school: School, trust: Trust) -> tuple[Contact, ...]:
    """Whom to ring in this case, first the first; empty when nobody is recorded.

    About a child: the school's lead and deputies, then the trust's lead. About a colleague: also the local authority's
    officer. About the head: the trust's people and nobody at the school. One's own crisis: who helps staff.
    """
    record = trust.school(school)
    of_school = record.safeguarding if record else ()
    for_staff = tuple(one for one in trust.safeguarding if _ASSISTANCE.search(one.role))
    for_allegations = tuple(one for one in trust.safeguarding if _ALLEGATIONS.search(one.role))
    for_children = tuple(one for one in trust.safeguarding if one not in for_staff and one not in for_allegations)
    match case:
        case "own_crisis":
            return for_staff
        case "head":
            return (*for_allegations, *for_children)
        case "staff":
            officers = tuple(one for one in for_allegations if "chair" not in one.role.casefold())
            return (*of_school, *for_children, *officers)
        case _:
            return (*of_school, *for_children)


def _contact_lines(case: RedirectCase, school: School, trust: Trust, sentences: Mapping[str, str]) -> str:
    """The numbers of this case as a list, the nearest first; what is missing is said with whom to go to instead."""
    contacts = _contacts_for(case, school, trust)
    record = trust.school(school)
    of_school = [one for one in contacts if record is not None and one in record.safeguarding]
    of_trust = [one for one in contacts if one not in of_school]
    if case == "own_crisis":
        return "\n".join(map(_line, contacts)) or sentences["no_assistance"]
    if case == "head":
        lines = [f"**{trust.name}**", *map(_line, contacts)] if contacts else [sentences["no_head_number"]]
        return "\n".join(lines)
    lines = _school_lines(of_school, school, trust, sentences)
    if of_trust:
        lines += ["", f"**{trust.name}**", *map(_line, of_trust)]
    elif case == "staff":
        lines += ["", sentences["no_staff_number"]]
    elif not of_school:
        lines += ["", sentences["nobody"]]
    return "\n".join([*lines, "", sentences["danger"]])


def _school_lines(own: Sequence[Contact], school: School, trust: Trust, sentences: Mapping[str, str]) -> list[str]:
    """The school's own numbers, or each school's lead where no school is known."""
    record = trust.school(school)
    leads = [(one.name, one.safeguarding[0].phone) for one in trust.schools if one.safeguarding]
    if record is not None and own:
        return [f"**{record.name}**", *map(_line, own)]
    if record is not None:
        return [sentences["no_number"].format(school=record.name)]
    if 0 < len(leads) <= MANY_SCHOOLS:
        return [f"**{sentences['your_lead']}**", *(f"- {name}: {phone}" for name, phone in leads)]
    return [f"**{sentences['find_lead']}**"]


def _line(contact: Contact) -> str:
    return f"- {contact.role}: {contact.phone}"
