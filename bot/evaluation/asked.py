"""What does a question ask for, as far as it decides which citations are in order?

By its words alone and apart from how the bot understands it: what grades must not share the mistakes of what is
graded. The rules are few and lean to the strict side for schools, since another school's policy is never right.
"""

from __future__ import annotations

import re

from bot.answering.schools import schools_named
from bot.model import Question
from ingestion.model import School, Trust

_OF_A_SCHOOL = "day|year|week|term|trip|morning|holiday|visit|event|policy|rule|uniform|dinner|meal"
"""After "every school": what a school has, so that no school is asked about."""

_EVERY_SCHOOL = re.compile(
    "|".join(
        (
            r"\b(?:all|both|any|each|every|which|other)(?: one)?(?: of)?(?: the| our| these| two| other)* schools\b",
            rf"\b(?:every|each|which) school\b(?! (?:{_OF_A_SCHOOL})s?\b)",
            r"\b(?:across|throughout|around|between)(?: all)?(?: the| our)?(?: whole| entire)? (?:schools|trust)\b",
            r"\b(?:the|our) other school\b",
            r"\btrust[- ]?wide\b",
        )
    ),
    re.IGNORECASE,
)

_COMPARES_WITH_OWN = re.compile(
    r"\b(?:ours?|us|we|here|mine|my school|same|differ\w*|compar\w*|than|versus|vs|both|as well)\b", re.IGNORECASE
)

_ASKS_WHAT_WAS = re.compile(
    "|".join(
        (
            r"\bprevious(?:ly)?\b|\bused to\b|\bsuperseded\b|\bno longer\b",
            r"(?<!\bget )(?<!\bgetting )(?<!\bbe )\bchanged\b|\bchanges (?:in|to|between|since|from)\b",
            r"\b(?:did|does|has)\b.*\bchange\b|\bwhat(?:'s|’s|s| is) (?:new|different)\b",
            r"\b(?:old|older|earlier|former|last|past) "
            r"(?:version|edition|policy|policies|rules?|handbook|wording)\b",
            r"\b(?:said|say|says|version|edition|policy|rules?) before\b(?! (?:school|work|lessons?)\b)",
            r"\bbefore (?:it changed|the (?:new|change|latest|current|last) )",
            r"\bbefore\W*$",
        )
    ),
    re.IGNORECASE,
)


def schools_allowed(question: Question, trust: Trust) -> set[School]:
    """The schools whose documents may be cited, and None for the trust's own: those that the question names (and the
    asker's where it compares with it), else the asker's and those named before in the conversation; every school where
    it asks for all."""
    own = question.asker.school
    before = " ".join(turn.text for turn in question.history)
    named = schools_named(question.text, trust)
    if _EVERY_SCHOOL.search(question.text) or (not named and _EVERY_SCHOOL.search(before)):
        return {None, own, *(school.slug for school in trust.schools)}
    if named:
        return {None, *named, *([own] if _COMPARES_WITH_OWN.search(question.text) else [])}
    return {None, own, *schools_named(before, trust)}


def asks_what_was(question: Question) -> bool:
    """Whether the words ask for an earlier edition, or what changed since: "what did it say before?"."""
    return bool(_ASKS_WHAT_WAS.search(question.text))
