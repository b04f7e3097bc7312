"""What does a sentence state of the document it stands in?

"This policy was approved by the Trust Board on 9 July 2026 and will be reviewed every two years." Only what is said of
this document counts: a sentence has it as its subject, and each verb follows the subject or an "and".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingestion.metadata.values import CYCLE, DATE, MAX_WORDS_LENGTH, SEASON, cycle_of, date_in

_SUBJECT = re.compile(
    r"(?:this(?:\s[\w-]{1,20}){0,3}?\s(?P<paper>policy|document|version|edition|procedure|statement|plan|handbook|guide|"
    r"guidance|framework|code|scheme|strategy|charter|notice|protocol|agreement)|the\s(?:policy|document))"
    r"(?:\s\([^()]{0,60}\))?,?\s",
    re.IGNORECASE,
)
_ALWAYS_OURS = frozenset({
    "policy", "document", "version", "edition", "procedure", "statement", "handbook", "strategy", "charter", "protocol",
})  # fmt: skip
"""Of the other papers a text may speak too: "this guidance" is its own only where its title says so."""
_IT = re.compile(r"it\s", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[.!?])\s(?=[A-Z])")
_VERBS = (
    r"(?:was|is|are|will|has|shall|must|should|takes?|took|comes?|came|applies|replaces|supersedes|next|due|reviewed)"
)
_ANDS = re.compile(rf",?\s(?:and|which)\s(?={_VERBS}\b)|,\s(?={_VERBS}\b)", re.IGNORECASE)

_APPROVED = re.compile(
    r"(?:(?:was|is|were|has\sbeen)\s)?(?:(?:formally|last|first|re-?)\s?)?"
    r"(?:approved|ratified|adopted|agreed|determined|signed\soff)\b(?P<rest>.{0,200})",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"\sby\s(?:the\s|our\s)?(?P<body>.{2,80}?)(?=\s(?:on|in|at|for|following|after|until|to|with|during)\s|[,;(.]|$)"
)
_REVIEWED = re.compile(
    r"(?:(?:will|shall|should|must|is|are|be|next|due|to|for|then|now|formally|fully|also)\s){0,5}review(?:ed)?\b"
    r"(?P<rest>.{0,200})",
    re.IGNORECASE,
)
_NEXT_REVIEW = re.compile(
    r"(?:(?:the|its)\s)?next\s(?:[\w-]{1,20}\s)?review(?:\sof\s(?:this|the)\s(?:policy|document))?\s"
    r"(?:is|will\sbe|takes\splace|will\stake\splace|falls)(?:\sdue)?(?P<rest>.{0,80})",
    re.IGNORECASE,
)
_TAKES_EFFECT = re.compile(
    r"(?:(?:will\s)?(?:takes?|took|comes?|came)\s(?:effect|into\s(?:effect|force))|"
    r"(?:(?:is|will\sbe)\s)?(?:applies|effective|in\sforce|operative))"
    r"(?P<rest>\s(?:on|from|in|as\sof|with\seffect\sfrom)\s.{1,80})",
    re.IGNORECASE,
)
_REPLACES = re.compile(r"(?:replaces|supersedes)\s(?:the\s|our\s)?(?P<older>.{3,120})", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:all|any|every|each|earlier|previous|those|other|both|it|them|what|pupils?|staff)\b", re.IGNORECASE
)
_LEADS_IN = re.compile(
    r"(?:\s(?:again|next|by|on|in|at|from|before|during|of|the|its|meeting|as|end|no|later|than|or|with|effect|held|"
    r"beginning|start)\b){0,8}\s?",
    re.IGNORECASE,
)

_WORTH_READING = re.compile(
    r"review|approved|adopted|ratified|agreed|determined|signed off|effect|force|applies|replaces|supersedes|operative",
    re.IGNORECASE,
)
"""Most paragraphs have none of these words, and need not be parted into sentences."""


def read_sentences(text: str, *, title: str = "") -> Iterator[tuple[str, Any, str]]:
    """Field, value and the words that state it, for each statement that the sentences make of their own document."""
    if not _WORTH_READING.search(text[: 20 * MAX_WORDS_LENGTH]):
        return
    is_ours = False
    for sentence in _ENDS.split(text[: 20 * MAX_WORDS_LENGTH])[:40]:
        words = sentence.strip()[:MAX_WORDS_LENGTH]
        if upcoming := _NEXT_REVIEW.match(words):
            yield from _review(upcoming["rest"])
            continue
        subject = _subject(words, title) or (_IT.match(words) if is_ours else None)
        is_ours = subject is not None
        if subject is not None:
            for clause in _ANDS.split(words[subject.end() :]):
                yield from _of_clause(clause.strip())
        elif re.match(r"(?:approved|agreed|adopted|ratified|determined)\sby\s", words, re.IGNORECASE):
            yield from _approval(words, needs_date=True)
            is_ours = True


def _subject(sentence: str, title: str) -> re.Match[str] | None:
    found = _SUBJECT.match(sentence)
    paper = (found["paper"] or "policy").lower() if found else ""
    return found if paper in _ALWAYS_OURS or (paper and paper in title.lower()) else None


def _of_clause(clause: str) -> Iterator[tuple[str, Any, str]]:
    """What follows the subject: "was approved …", "will be reviewed …", "takes effect …", "replaces …"."""
    yield from _approval(clause)
    if reviewed := _REVIEWED.match(clause):
        yield from _review(reviewed["rest"])
    if (takes := _TAKES_EFFECT.match(clause)) and (when := _date_first(takes["rest"])):
        yield "effective_from", when, takes["rest"].strip(" .")
    if (replaces := _REPLACES.match(clause)) and not _NO_TITLE.match(replaces["older"]):
        older = re.split(r"[;.](?=\s|$)|,\s", replaces["older"])[0].strip()
        yield "supersedes", older, older


def _approval(clause: str, *, needs_date: bool = False) -> Iterator[tuple[str, Any, str]]:
    found = _APPROVED.match(clause)
    if found is None:
        return
    rest = found["rest"]
    body = _BODY.match(rest)
    when = _date_first(rest[body.end() :] if body else rest)
    if needs_date and not when:
        return
    if when:
        yield "approved_on", when, _words_of_date(rest)
    if body:
        yield "approved_by", body["body"].strip(), body["body"].strip()


def _review(rest: str) -> Iterator[tuple[str, Any, str]]:
    when = _date_first(rest)
    if when:
        yield "review_due", when, _words_of_date(rest)
    early = rest[:80]
    if (cycle := CYCLE.search(early)) and not re.search(r"[;.]", early[: cycle.start()]):
        yield "review_cycle", cycle_of(early), cycle[0]


def _date_first(rest: str) -> str | None:
    """The date that follows at once, prepositions aside: " on 9 July 2026 …", " by the end of the autumn term 2027"."""
    text = " " + rest.strip()
    lead = _LEADS_IN.match(text)
    at = text[lead.end() if lead else 0 :]
    for pattern in (DATE, SEASON):
        if found := pattern.match(at):
            return date_in(found[0])
    year = re.match(r"(?:19|20)\d{2}\b(?![/–-])", at)
    return year[0] if year else None


def _words_of_date(rest: str) -> str:
    found = DATE.search(rest) or SEASON.search(rest)
    return found[0] if found else rest.strip(" .")
