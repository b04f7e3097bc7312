"""What is being asked, of which school, before anything is searched?

Pure: rules over the question and the trust's own words. No model decides here.
"""

from __future__ import annotations

import re

from bot.answering.redirects import Redirects
from bot.answering.schools import schools_named, without_schools
from bot.answering.wider_words import widen
from bot.answering.words import content_words
from bot.model import Clarification, Interpretation, LookUp, ProgrammeQuestion, Question, Redirect, StatementLookUp
from ingestion.model import Slug, Trust

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
_LETTER_CODE = re.compile(r"[1-8][a-z]", re.I)
_CODE_CUE = re.compile(r"\b(?:s?ecf|ittecf|ccf|framework|statement|learn (?:that|how))\b", re.I)
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


def interpret(question: Question, *, trust: Trust, redirects: Redirects) -> Interpretation:
    """What the question turned out to be.

    Order matters: a disclosure leaves before anything else is thought about; the school is settled before any search.
    """
    whole = clean_question(question.text)
    text = whole[:MAX_QUESTION_CHARACTERS]
    named = schools_named(text, trust)
    leant_on = _leant_on(question, text)
    if redirection := redirects.of(whole, earlier=leant_on):
        whose = named[0] if len(named) == 1 else _known_school(question, trust)
        return Redirect(redirection.kind, whose, redirection.case)
    if _HELP.match(text):
        return Redirect("help", question.asker.school)
    if not re.search(r"\w", text):
        return Clarification("question")
    spoken_of = next((schools for said in (text, *leant_on) if (schools := schools_named(said, trust))), ())
    query = without_schools(" ".join((*leant_on[:1], text)), trust)
    schools = spoken_of or _as_tuple(_known_school(question, trust))
    lookup = LookUp(
        query=query,
        schools=schools,
        expansions=widen(query, trust.acronyms),
        roles=question.asker.roles,
        by_school=len(schools) > 1,
    )
    if code := _statement_code(text):
        return StatementLookUp(lookup, code=code)
    if _PROGRAMME.search(text):
        return ProgrammeQuestion(lookup)
    return lookup


def clean_question(text: str) -> str:
    """The question without Slack's mentions, link markup and emoji, white space folded."""
    plain = _SLACK_MARKUP.sub(lambda match: match[2] or match[1] or " ", text)
    return " ".join(plain.split())


def _known_school(question: Question, trust: Trust) -> Slug | None:
    """The asker's school; in a trust of one school, that school."""
    if question.asker.school is not None:
        return question.asker.school
    return trust.schools[0].slug if len(trust.schools) == 1 else None


def _as_tuple(school: Slug | None) -> tuple[Slug, ...]:
    return () if school is None else (school,)


def _leant_on(question: Question, text: str) -> tuple[str, ...]:
    """The asker's earlier questions that this one leans on, the latest first; () when it stands on its own.

    A follow-up leans on the question before it, and where that was one itself, on the one before that.
    """
    chain: list[str] = []
    said = text
    for turn in reversed([turn for turn in question.history if turn.role == "user"]):
        if not _leans(said):
            break
        said = clean_question(turn.text)[:MAX_QUESTION_CHARACTERS]
        chain.append(said)
    return tuple(chain)


def _leans(text: str) -> bool:
    return bool(_FOLLOW_UP_START.search(text) or _POINTS_BACK.search(text)) or len(content_words(text)) <= 2


def _statement_code(text: str) -> str | None:
    """The framework code asked for. A letter code ("4a") needs a word that names a framework: it may be a class."""
    match = _CODE.search(text)
    if match is None:
        return None
    has_cue = bool(_CODE_CUE.search(text))
    is_bare = bool(_BARE_CODE.match(text)) and not _LETTER_CODE.fullmatch(match[1])
    return match[1] if has_cue or is_bare else None
