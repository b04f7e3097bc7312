"""What sort of thing does a question ask for, and does a text hold one?

A question that begins with "when" is answered by a text with a time or a date in it, "who" by a role, "can I" by a word
that allows or forbids. A sign, no proof: it is one reading among those that rank the words to quote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Sort:
    """A sort of thing asked for: how questions ask for it, and how texts give it."""

    asked: re.Pattern[str]
    given: re.Pattern[str]


def _sort(asked: str, given: str) -> Sort:
    return Sort(re.compile(rf"\b(?:{asked})\b", re.IGNORECASE), re.compile(given, re.IGNORECASE))


_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|once|twice"
_ROLES = (
    r"head\w*|lead|leader|manager|tutor|mentor|officer|governor\w*|trustee\w*|director|coordinator|senco|office|staff"
    "|teacher|chair|clerk|dsl|deputy|bursar|team"
)
_PLACES = r"room|hall|office|gate|yard|playground|lawn|car park|field|reception|library|folder|drive|system|website"

SORTS: dict[str, Sort] = {
    "time": _sort(
        "what time|when|how late|how early|by when|till when|until when",
        r"\d{1,2}[.:]\d\d|\b\d{1,2} ?[ap]m\b|\b(?:noon|midday|lunch\w*)\b",
    ),
    "date": _sort(
        "when|what date|what day|deadline|due|closes?|starts?|next",
        rf"\b(?:{_MONTHS}|20\d\d|(?:mon|tues|wednes|thurs|fri)day|week|terms?)\b",
    ),
    "duration": _sort(
        r"how (?:long|soon|quick\w*|much time|far in advance|many (?:days|weeks|hours|minutes|months|years))|notice",
        r"\b(?:minutes?|hours?|days?|weeks?|months?|years?|terms?|immediately|same day|at once|lunchtime)\b",
    ),
    "count": _sort(
        r"how (?:many|much|often)|ratio|number of|limit|max\w*|worth", rf"\d|\b(?:{_NUMBERS}|daily|weekly|termly)\b"
    ),
    "money": _sort(
        "how much|costs?|price|pay|paid|rate|fee|fees|charge|charged|claim", r"£|\d+p\b|\b(?:paid|pay|free|unpaid)\b"
    ),
    "contact": _sort("number|ring|phone|call|contact|text|email|e-mail", r"\b0\d{4} ?\d{6}\b|@"),
    "person": _sort("who|whose|whom|which person", rf"\b(?:{_ROLES})\b"),
    "place": _sort("where|which room", rf"\b(?:{_PLACES}|at the|in the|on the)\b"),
    "permission": _sort(
        "can|could|may|am i|are we|is it|do i|does|should|allowed|have to|need to|must",
        r"\b(?:may|must|can|cannot|should|not|never|only|need|allowed|permitted|required|entitled|ha[sv]e? to)\b",
    ),
    "form": _sort(
        "form|fill|paperwork|template|log|record", r"\b[A-Z]{1,4}\d{1,2}\b|\b(?:form|log|logged|record|recorded)\b"
    ),
    "steps": _sort(
        "how do|how to|what do i do|what happens|procedure|process|steps?|next",
        r"\b(?:then|first|next|steps?|ring|send|tell|report|log|pass|give|call|ask|fill|complete)\b",
    ),
}


def sorts_asked(question: str) -> frozenset[str]:
    """The names of the sorts of thing that a question asks for; empty when none can be told."""
    return frozenset(name for name, sort in SORTS.items() if sort.asked.search(question))


def share_given(sorts: frozenset[str], text: str) -> float:
    """Of the sorts that are asked for, the share that the text gives: 0 to 1; 0 when none is asked for."""
    return sum(bool(SORTS[name].given.search(text)) for name in sorts) / len(sorts) if sorts else 0.0
