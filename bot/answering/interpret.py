"""What is being asked, of which school, before anything is searched?

Pure: rules over the question and the trust's own words. No model decides here.
"""

from __future__ import annotations

import re

from bot.answering.disclosure import reads_as_disclosure
from bot.answering.wider_words import widen
from bot.answering.words import content_words
from bot.model import Clarification, Interpretation, LookUp, ProgrammeQuestion, Question, Redirect, StatementLookUp
from ingestion.model import SchoolRecord, Slug, Trust

MAX_QUESTION_CHARACTERS = 2_000
"""Of a question that is looked up; what follows is left out. A staff question is a sentence or two."""

_SLACK_MARKUP = re.compile(
    r"<[@#!][^>]*>|<(https?://[^>|]+)(?:\|([^>]*))?>|(?<=\s):[a-z0-9_+-]+:(?=\s|$)|^:[a-z0-9_+-]+:"
)
_HELP = re.compile(
    r"^(?:help|hi|hello|hey|start|what can you do|what do you do|who are you|how do you work)(?: there| staffroom)?[?!. ]*$",
    re.I,
)
_FOLLOW_UP_START = re.compile(
    r"^(?:and|but|or|so|also|ok|okay|what about|how about|no[, ]|not |what if|then|same)\b", re.I
)
_POINTS_BACK = re.compile(
    r"\b(?:they|them|that|this|it|those|these|there|he|she|his|her|one|ones|then|instead|either)\b", re.I
)
_CODE = re.compile(r"(?<![\w.£-])([1-9]\.[1-9]\d?|[1-8][a-z])(?![\w%-]|\.\d|:\d)")
_CODE_CUE = re.compile(r"\b(?:ecf|secf|ittecf|ccf|framework|statement|learn (?:that|how)|standard|code)\b", re.I)
_BARE_CODE = re.compile(
    r"^(?:so |ok |and |hi )*(?:what(?:'?s| is| does| do)?|whats|show(?: me)?|read|explain|tell me(?: about)?)?\s*(?:is |does |do )?(?:number |point )?"
    r"[1-9]\.[1-9]\d?\s*(?:say|mean|about|again|please|is it the same\b.*|in (?:the )?\w+)?\W*$",
    re.I,
)
_PROGRAMME = re.compile(
    r"\b(?:npq\w*|ecte|programmes?|courses?|apprenticeships?|hlta|scitt|qualifications?|cpd|training (?:for|to|on)|funded|funding"
    r"|cohorts?|become an?|want to be an?|nasenco)\b",
    re.I,
)


def interpret(question: Question, *, trust: Trust) -> Interpretation:
    """What the question turned out to be.

    Order matters: a disclosure leaves before anything else is thought about; the school is settled before any search.
    """
    text = clean_question(question.text)
    named = schools_named(text, trust)
    if reads_as_disclosure(text):
        return Redirect("safeguarding", named[0] if len(named) == 1 else _known_school(question, trust))
    if _HELP.match(text):
        return Redirect("help", question.asker.school)
    if not re.search(r"\w", text):
        return Clarification("question", "")
    earlier = _earlier_question(question, text)
    schools = named or (schools_named(earlier, trust) if earlier else ()) or _as_tuple(_known_school(question, trust))
    query = without_schools(f"{earlier} {text}" if earlier else text, trust)
    lookup = LookUp(query=query, schools=schools, expansions=widen(query, trust.acronyms))
    if code := _statement_code(text):
        return StatementLookUp(code, lookup)
    if _PROGRAMME.search(text):
        return ProgrammeQuestion(lookup)
    return lookup


def clean_question(text: str) -> str:
    """The question without Slack's mentions, link markup and emoji, white space folded, cut to a sensible length."""
    plain = _SLACK_MARKUP.sub(lambda match: match[2] or match[1] or " ", text)
    return " ".join(plain.split())[:MAX_QUESTION_CHARACTERS]


def schools_named(text: str, trust: Trust) -> tuple[Slug, ...]:
    """The schools that the text names, by name or alias, in the order they are named; longer names win over shorter."""
    return tuple(dict.fromkeys(slug for _, _, slug in sorted(_school_mentions(text, trust))))


def without_schools(text: str, trust: Trust) -> str:
    """The text without the schools it names: which documents are searched says it already, and few of them repeat
    it."""
    rest = text
    for start, end, _ in _school_mentions(text, trust):
        rest = rest[:start] + " " * (end - start) + rest[end:]
    return " ".join(rest.split()) if re.search(r"\w", rest) else text


def _school_mentions(text: str, trust: Trust) -> list[tuple[int, int, Slug]]:
    """Start, end and school of each name in the text; longer names win over shorter."""
    spoken = sorted(
        ((name, school.slug) for school in trust.schools for name in _names_of(school)), key=lambda pair: -len(pair[0])
    )
    mentions: list[tuple[int, int, Slug]] = []
    for name, slug in spoken:
        # "the primary phase" is a part of a school, not the school that people call "the primary"
        pattern = rf"(?<!\w)(?:at )?{re.escape(name)}(?:['’]s)?(?!\w)(?! phase| curriculum)"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if all(match.end() <= start or match.start() >= end for start, end, _ in mentions):
                mentions.append((match.start(), match.end(), slug))
    return mentions


def _names_of(school: SchoolRecord) -> tuple[str, ...]:
    return tuple(name for name in (school.name, *school.aliases, school.slug) if name)


def _known_school(question: Question, trust: Trust) -> Slug | None:
    """The asker's school; in a trust of one school, that school."""
    if question.asker.school is not None:
        return question.asker.school
    return trust.schools[0].slug if len(trust.schools) == 1 else None


def _as_tuple(school: Slug | None) -> tuple[Slug, ...]:
    return () if school is None else (school,)


def _earlier_question(question: Question, text: str) -> str:
    """The question that this one leans on; empty when it stands on its own."""
    asked = [clean_question(turn.text) for turn in question.history if turn.role == "user"]
    if not asked:
        return ""
    leans = _FOLLOW_UP_START.search(text) or _POINTS_BACK.search(text) or len(content_words(text)) <= 2
    return asked[-1] if leans else ""


def _statement_code(text: str) -> str | None:
    match = _CODE.search(text)
    if match and (_CODE_CUE.search(text) or _BARE_CODE.match(text)):
        return match[1]
    return None
