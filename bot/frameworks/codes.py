"""Does a question ask for framework statements, and for which?

Pure: rules over the question and those before it. A number with a point is also a paragraph of a policy, a price or a
time, and "4m" a class, so a code counts where a framework is spoken of, or where the question holds nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.frameworks.names import names_said, speaks_of_framework
from bot.model import LookUp, StatementLookUp
from ingestion.model import Acronym

MAX_CODES = 20
"""Of one question, the most codes that are looked up: a whole section has up to 19 of a sort."""


def statement_asked(
    text: str, fallback: LookUp, *, earlier: Sequence[str] = (), acronyms: tuple[Acronym, ...] = ()
) -> StatementLookUp | None:
    """What framework statements a question asks for; None when it asks for none.

    `earlier`: the asker's questions before it, the latest first: "and 4.7?" is of the framework asked about then, and
    "is it the same in the ITTECF" of the code.
    """
    started = _started(text, fallback.roles)
    plain = _without_start(" ".join(text.replace("’", "'").split()))
    names = names_said(plain, acronyms)
    asked = _read(plain, names, fallback)
    before = statement_asked(earlier[0], fallback, earlier=earlier[1:], acronyms=acronyms) if earlier else None
    if before is not None:
        asked = _following(plain, names, asked, before)
    elif asked is not None and earlier and not _speaks_of_statements(plain, names):
        asked = _beside_another_subject(asked, earlier[0])
    if asked is None:
        return None
    return replace(asked, fallback=fallback, started=started or (before.started if before else None))


def asks_codes_alone(text: str, acronyms: tuple[Acronym, ...] = ()) -> bool:
    """Whether a question holds nothing but codes and what belongs to them: "2.1, 2.2 and 2.3 in the ITTECF" is one
    question."""
    plain = _without_start(" ".join(text.replace("’", "'").split()))
    return len(_codes_in(plain)) > 1 and _is_bare(plain, names_said(plain, acronyms))


def _read(text: str, names: Sequence[str], fallback: LookUp) -> StatementLookUp | None:
    """The question read for itself."""
    if _OTHER_PAPER.search(_without(names, text)) and not names:
        return None
    is_cued = _speaks_of_statements(text, names)
    asked = StatementLookUp(fallback, frameworks=tuple(names), learn=_learn(text))
    codes = _codes_in(text)
    if codes and (is_cued or _is_bare(text, names)):
        return replace(asked, codes=codes, compares=bool(_COMPARES.search(text)))
    if standard := _standard(text, names, is_cued=is_cued):
        return replace(asked, standard=standard)
    about = _about(text, names) if is_cued or _ASKS_WHICH_BITS.match(text) else None
    if name := _standard_name(text, is_cued=is_cued):
        return replace(asked, standard_name=name, about=(about or name) if is_cued else None)
    return replace(asked, about=about) if about else None


def _following(
    text: str, names: Sequence[str], asked: StatementLookUp | None, before: StatementLookUp
) -> StatementLookUp | None:
    """The question as one that follows on another: with its framework, or with its codes."""
    if asked is not None:
        return asked if asked.frameworks else replace(asked, frameworks=before.frameworks)
    leans, compares = bool(_LEANS.match(text)), bool(_COMPARES.search(text))
    codes = _codes_in(text)
    if codes and leans and not _OTHER_PAPER.search(text):
        return replace(before, codes=codes, standard=None, standard_name=None, about=None, compares=compares)
    rest = _rest_of(_COMPARES.sub(" ", _without(names, text)))
    if names and not codes and (not rest or (leans and compares)):
        frameworks = (*before.frameworks, *names) if compares else tuple(names)
        return replace(before, frameworks=frameworks, compares=compares)
    learn = _learn(text)
    if learn and leans and (before.standard or before.standard_name):
        return replace(before, learn=learn)
    return None


def _beside_another_subject(asked: StatementLookUp, earlier: str) -> StatementLookUp | None:
    """A question that names no framework after one about something else: "section 5" is then of that, and so is a code
    where a policy was spoken of."""
    is_of_paper = bool(asked.standard) or (bool(asked.codes) and bool(_OTHER_PAPER.search(earlier)))
    return None if is_of_paper else asked


_COMPARES = re.compile(
    r"\b(?:same|identical|differ\w*|vs\.?|versus|against|compare[ds]?|comparison|changed?|equivalent|match(?:es)?)\b",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"(?:and|or|so|ok|okay|but|also|then|what about|how about|same|(?:is|does) (?:it|that|this)|compare)\b",
    re.IGNORECASE,
)
_LEARN = re.compile(r"\blearn[- ]?(?P<kind>that|how[- ]?to|how)s?\b", re.IGNORECASE)
_STATEMENTS = re.compile(r"\bstatements?\b", re.IGNORECASE)
_OTHER_PAPER = re.compile(
    r"\b(?:polic(?:y|ies)|procedures?|handbooks?|guidance|contract|code of conduct|kcsie|charter|prospectus|the act"
    r"|teachers'? standards?|paragraph|clause|page|minutes|agenda|version|edition"
    r"|(?:behaviour|appraisal|pay|risk|governance) framework)\b",
    re.IGNORECASE,
)


def _speaks_of_statements(text: str, names: Sequence[str]) -> bool:
    return bool(names or _LEARN.search(text) or _STATEMENTS.search(text)) or speaks_of_framework(text)


def _learn(text: str) -> Literal["that", "how to"] | None:
    match = _LEARN.search(text)
    if match is None:
        return None
    return "that" if match["kind"].lower() == "that" else "how to"


def _without(names: Sequence[str], text: str) -> str:
    for name in names:
        text = text.replace(name, " ")
    return " ".join(text.split())


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_CODE = r"[1-9]\.[1-9]\d?|[1-8][a-z]"
_MEASURED = r"\s*(?:am|pm|%|(?:miles?|hours?|hrs?|days?|weeks?|months?|years?|terms?|minutes?|mins?|fte|km|metres?)\b)"
_CODES = re.compile(
    rf"(?<![\w.£$€%/-])({_CODE})(?:\s*(?:-|–|to|through|until)\s*({_CODE}))?(?![\w%£]|\.\d|:\d|{_MEASURED})",
    re.IGNORECASE,
)
_ASKED_WITH = (
    r"what['’]?s|wot['’]?s|what|wot|is|does|show|give|tell|send|read|quote|find|look|remind|explain|me|us|up|number"
    r"|point|bullet|code|statement|statements|the|wording|words|text|of|can|could|would|you|so|ok|okay|and|hi|hey"
    r"|hello|also|sorry|please|pls|plz"
)
_LEAD_IN = re.compile(rf"^(?:(?:{_ASKED_WITH}|was|are|do|did|for|to|in|on|about|i|need|know)\b[\s,:]*)*", re.IGNORECASE)
_LEAD_IN_OF_LETTERS = re.compile(rf"^(?:(?:{_ASKED_WITH})\b[\s,:]*)*", re.IGNORECASE)
_BEHIND_LETTERS = (
    r"please|pls|plz|again|thanks|thx|exactly|actually|then|though|means?|says?|and|or|plus|with|in|the|both|full"
)
_BEHIND_NUMBERS = rf"{_BEHIND_LETTERS}|about|covers?|to|is|it|all|of|new|old|one|does|do|has|still|frameworks?"
_SIGNS = r"[\s,;:&+/?!.…()'-]+"
_REST = re.compile(rf"(?:\b(?:{_BEHIND_NUMBERS})\b|{_SIGNS})+", re.IGNORECASE)
_REST_OF_LETTERS = re.compile(rf"(?:\b(?:{_BEHIND_LETTERS})\b|{_SIGNS})+", re.IGNORECASE)


def _codes_in(text: str) -> tuple[str, ...]:
    """All codes of a text in lower case, each once; "4a-4d" is four of them."""
    found: list[str] = []
    for match in _CODES.finditer(text):
        first, last = match[1].lower(), (match[2] or match[1]).lower()
        found += _between(first, last) or [first, last]
    return tuple(dict.fromkeys(found))[:MAX_CODES]


def _between(first: str, last: str) -> list[str]:
    """The codes from one to another of the same section and sort; empty where they are not."""
    if first[0] != last[0] or ("." in first) != ("." in last):
        return []
    if "." in first:
        return [f"{first[0]}.{number}" for number in range(int(first[2:]), int(last[2:]) + 1)]
    return [f"{first[0]}{chr(letter)}" for letter in range(ord(first[1]), ord(last[1]) + 1)]


def _is_bare(text: str, names: Sequence[str]) -> bool:
    """Whether a question holds nothing but codes and words around them. Of a code with a letter ("4m" may be a class)
    fewer words may stand around it."""
    has_letters = any("." not in code for code in _codes_in(text))
    plain = _CODES.sub(" ", _COMPARES.sub(" ", _without(names, text)))
    return not (_rest_of(plain, _LEAD_IN_OF_LETTERS, _REST_OF_LETTERS) if has_letters else _rest_of(plain))


def _rest_of(text: str, lead_in: re.Pattern[str] = _LEAD_IN, behind: re.Pattern[str] = _REST) -> str:
    """What a question holds besides what it leads in with and what stands behind a code."""
    return behind.sub("", lead_in.sub("", text.strip()))


# ── standards ────────────────────────────────────────────────────────────────────────────────────────────────────────

_STANDARD = re.compile(r"\b(?P<word>standard|section|strand|ts|s)\s?(?P<number>[1-9])(?![\w.:%])", re.IGNORECASE)
_NAME = r"[a-z][a-z ,&-]{4,40}"
_NAMED_STANDARD = re.compile(rf"[“\"']?(?P<name>{_NAME}?)[”\"']?\s+(?:standard|section|strand)\b", re.IGNORECASE)
_LEARN_FOR = re.compile(rf"\blearn\b.*\b(?:for|in|under)\s+(?:the\s+)?(?P<name>{_NAME})\W*$", re.IGNORECASE)
_BEFORE_NAME = re.compile(
    r"^(?:(?:learn[- ]?(?:that|how[- ]?to|how)s?|all|the|of|for|in|on|under|what|whats|is|are|does|say|show|me|list"
    r"|which|statements?|and|everything|give)\b\s*)+",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\b(?:all|everything|whole|entire|list|every)\b", re.IGNORECASE)


def _standard(text: str, names: Sequence[str], *, is_cued: bool) -> str | None:
    """The number of the standard asked for whole: where a framework is spoken of, or with nothing else beside it."""
    match = _STANDARD.search(text)
    if match is None:
        return None
    beside = _rest_of(_WHOLE.sub(" ", _without([*names, match[0]], text)))
    is_whole_word = match["word"].lower() in ("standard", "section", "strand")
    return match["number"] if (is_whole_word and is_cued) or (not beside and (is_whole_word or is_cued)) else None


def _standard_name(text: str, *, is_cued: bool) -> str | None:
    """The name of a standard ("managing behaviour"); whether there is one of that name, the records tell. Where no
    framework is spoken of, a question must be nothing else."""
    match = _NAMED_STANDARD.search(text) if is_cued else _NAMED_STANDARD.fullmatch(text.strip(" ?!."))
    match = match or _LEARN_FOR.search(text)
    name = _BEFORE_NAME.sub("", match["name"]).strip(" ,&-") if match else ""
    return " ".join(name.split()) or None


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_PARTS = r"(?:bits?|parts?|statements?|numbers?|codes?|ones?|points?|bullets?|strands?|sections?|standards?)"
_ASKS_WHICH_BITS = re.compile(
    r"\W*(?:which|what|wot|the)\s+(?:bits?|statements?|codes?)\s+(?:(?:is|are)\s+)?(?:about|on)\b", re.IGNORECASE
)
_ASKS_WHICH = re.compile(
    rf"\b(?:which|what|wot|any|the)\b(?:\s+\w+){{0,2}}?\s+{_PARTS}\b|^\W*{_PARTS}\b"
    r"|\bwhere\b|\bwhat (?:does|do)\b.*\bsays?\b|\banything\b|\blearn\b",
    re.IGNORECASE,
)
_SUBJECT_FOLLOWS = re.compile(
    r"\b(?:to do with|deal(?:s|ing)? with|talks? (?:about|of)|refers? to|relat(?:es?|ed|ing) to|regarding|about"
    r"|cover(?:s|ing)?|mention(?:s|ing)?|says?|for|on)\b",
    re.IGNORECASE,
)
_IS_SUBJECT = re.compile(r"\b(?:is|are)\b", re.IGNORECASE)
_WHAT_FOR = re.compile(
    r",?\s*\b(?:please|pls|plz|thanks|thx|asap|(?:i )?need (?:it|to|this)\b.*"
    r"|for (?:(?:my|a|the|this|next) )?(?:mentor|meeting|review|essay|observation|assignment|week|friday|monday)\b.*)$",
    re.IGNORECASE,
)


def _about(text: str, names: Sequence[str]) -> str | None:
    """The subject that statements are asked about: the words after "about", "on", …; without the framework's name."""
    said = _without(names, text)
    if not _ASKS_WHICH.search(said):
        return None
    said = _WHAT_FOR.sub("", said).strip(" ?!.")
    said = re.sub(r"\b(?:of|in|from)\s+(?:the\s+)?(?:frameworks?\b|thing\b)?", " ", said, count=1) if names else said
    marker = _SUBJECT_FOLLOWS.search(said) or (_IS_SUBJECT.search(said) if names else None)
    if marker is None:
        return None
    rest = said[marker.end() :].strip(" ,:\"'")
    while further := _SUBJECT_FOLLOWS.match(rest):
        rest = rest[further.end() :].strip(" ,:\"'")
    return " ".join(rest.split()) if re.search(r"[a-z]{3}", rest, re.IGNORECASE) else None


# ── when the asker started ───────────────────────────────────────────────────────────────────────────────────────────

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_AND_YEAR = rf"(?:(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?\s+)?['’]?(?P<year>20\d\d|\d\d)"
_STARTED = re.compile(
    r"\b(?:(?:i|she|he|they|who)\s+)?(?:start(?:ed|er|ing)?|began|begun|joined|cohort(?: of)?)\s+"
    rf"(?:(?:in|as|an|ect|my|teaching|this|last|on)\s+)*{_MONTH_AND_YEAR}(?!\w|[.:]\d|%)",
    re.IGNORECASE,
)
_COHORT = re.compile(
    rf"\b(?:(?:i'?m|as) )?(?:an? )?(?:ects? )?{_MONTH_AND_YEAR}(?:\s*[-/–]\s*\d\d)?"
    r"\s+(?:cohort|starters?|start|intake|ects?)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:ect|nqt|early[ -]career[ -]teacher|cohort|starter)s?[ _:-]*(?P<year>20\d\d)"
    r"(?:[-_/ ]?(?P<month>0[1-9]|1[0-2])(?!\d))?",
    re.IGNORECASE,
)


def _started(text: str, roles: Sequence[str]) -> str | None:
    """The first of the month in which the asker began, as the question or a role ("ect-2024") says; a year alone is its
    September, when a school year begins."""
    match = _STARTED.search(text) or _COHORT.search(text)
    if match is not None:
        year, month = int(match["year"]), match["month"]
        number = _MONTHS.index(month.lower()[:3]) + 1 if month else 9
        return f"{year if year > 100 else 2000 + year}-{number:02}-01"
    for role in roles:
        if told := _ROLE.match(role.strip()):
            return f"{told['year']}-{told['month'] or '09'}-01"
    return None


def _without_start(text: str) -> str:
    """The question without the words that tell when its asker started."""
    rest = text
    for pattern in (_STARTED, _COHORT):
        rest = pattern.sub(" ", rest)
    return " ".join(rest.strip(" ,;:.").split()) or text
