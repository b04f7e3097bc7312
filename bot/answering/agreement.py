"""Do two quotations say the same, or do they disagree, and which of them stands?

Pure and cautious: a conflict is named only where two sentences speak of the same thing under the same conditions and
give it another figure, another consequence or the opposite duty. A false alarm costs more trust than a miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from bot.answering.units import sentence_spans
from bot.answering.words import STOP_WORDS, split_words, stem, stems
from bot.model import Answered, Citation
from bot.sentences import load_sentences
from ingestion.model import Trust

SAME_WORDS = 0.8
"""Of the shorter of two texts, the share of stems that the other must hold before the two can say the same."""
SAME_MATTER = 0.7
"""Of the shorter of two sentences' content stems, the share in common from which figures and duties are compared."""
SUBJECT_WORDS = 6
"""A sentence's subject is at most so many words: what is longer tells of conditions."""


@dataclass(frozen=True)
class AgreementSentences:
    """The written sentences of `prompts/agreement.toml`."""

    conflict: str
    trust_stands: str
    school_stands: str
    both_apply: str
    ask_keepers: str


def load_agreement_sentences() -> AgreementSentences:
    """All of them. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    return load_sentences(
        AgreementSentences,
        "agreement",
        holding={"conflict": "{second}", "trust_stands": "{trust}", "school_stands": "{trust}"},
    )


def weigh_sources(answered: Answered, *, trust: Trust, sentences: AgreementSentences) -> Answered:
    """The answer with its sources held against each other: one that repeats an earlier one is marked `says_as`, two
    that disagree are named in a note, and which stands where the trust's and a school's apply.

    Sources of two schools are never held against each other, nor two of one document or of another status.
    """
    shows_each = bool(answered.sentences or answered.comparison)
    citations = answered.citations if shows_each else _marked(answered)
    notes: list[str] = []
    at_odds: set[int] = set()
    for one, other in combinations(citations, 2):
        if _are_comparable(one, other) and disagree(_whole(one), _whole(other)):
            notes.append(_conflict_note(one, other, trust, sentences))
            at_odds |= {one.number, other.number}
    if not at_odds and not answered.comparison:
        notes += _note_on_both(citations, trust, sentences)
    return replace(answered, citations=citations, notes=tuple(dict.fromkeys((*notes, *answered.notes))))


def agree(one: str, other: str) -> bool:
    """True when one text says what the other says, nearly word for word and with the same figures and duties."""
    mine, theirs = frozenset(stems(one)), frozenset(stems(other))
    shorter = min(mine, theirs, key=len)
    if len(mine & theirs) < SAME_WORDS * len(shorter):
        return False
    texts = sorted((one, other), key=len)
    short, long = (figures_of(text) for text in texts)
    return short <= long and _negations(texts[0]) == _negations(texts[1]) and not disagree(one, other)


def disagree(one: str, other: str) -> bool:
    """True when a sentence of one and a sentence of the other cannot both hold."""
    return any(_clash(mine, theirs) for mine in _statements(one) for theirs in _statements(other))


# ── what a sentence states ───────────────────────────────────────────────────────────────────────────────────────────

_NUMBERS = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty""".split()
_ORDERS = ("first", "second", "third", "fourth", "next", "last", "time", "times")
_NUMBER = rf"\d+(?:[.,]\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}|half"
_UNIT = (
    r"minutes?|hours?|days?|nights?|weeks?|fortnights?|months?|years?|terms?|half[- ]terms?|periods?|lessons?|miles?"
    r"|metres?|pupils?|adults?|staff|points?|people|signatures?|per cent|percent|times"
)
_TIME = re.compile(r"\b(\d{1,2})(?:[.:](\d{2}))?\s*(am|pm)\b|\b(\d{1,2})[.:](\d{2})\b(?!\s*%)", re.IGNORECASE)
_MONEY = re.compile(r"£\s?(\d[\d,]*(?:\.\d\d)?)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s?%")
_AMOUNT = re.compile(
    rf"\b({_NUMBER})[\s-]+((?:working|school|calendar|consecutive|full|clear)[\s-]+)?({_UNIT})\b", re.IGNORECASE
)
_CONSEQUENCE = re.compile(
    r"\b(?:C[1-9]|reminder|warning|detention|suspension|suspended|exclusion|excluded|confiscated|reflection"
    r"|removal|removed from (?:the )?lesson|permanently excluded)\b"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|gets?|gives?|has|have|must|may|should|can|cannot|will|would|does|do|receives?|means|earns?"
    r"|results?|leads?|lasts?|begins?|starts?|ends?|opens?|closes?|takes?|costs?)\b",
    re.IGNORECASE,
)
"""A clause without one ("Reviewing the module (10 minutes)") states no rule."""
_SUBJECT_ENDS = re.compile(
    _VERB.pattern
    + r"|\b(?:that|who|which|when|where|if|unless|until|for|in|on|at|by|with|from|to|after|before)\b|[(:,;|]",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:(?:first|second|third|fourth|next|further|another|each|every|repeated|last)[\s-]+"
    r"(?:time|offence|occasion|incident|day|week|half|term|refusal|year|month|warning)"
    r"|again|repeatedly|persistent(?:ly)?|refus\w+|years?\s+\d+|year\s+(?:one|two|three)|key stages?\s+\d|ks\d|y\d+"
    r"|reception|sixth form\w*|primary|secondary|part[- ]time|full[- ]time|teachers?|support staff|leaders?|ects?"
    r"|supply|agency|trainees?|governors?|visitors?|parents?|before|after|until|unless|except|exceptional\w*|if|when"
    r"|otherwise|normally|usually|unpaid|paid|least|most|more than|less than|up to|within|over|under|break|lunch\w*"
    r"|monday|tuesday|wednesday|thursday|friday|weekend|morning|afternoon|overnight|summer|autumn|spring|winter)\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(r"\b(?:must not|may not|cannot|can not|never|not allowed|not permitted|prohibited)\b", re.I)
_ALLOWS = re.compile(r"\b(?:may|can|are allowed|is allowed|permitted)\b", re.IGNORECASE)
_OBLIGES = re.compile(r"\b(?:must|shall|required to|have to|has to)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Statement:
    """One clause: the stems of its subject and of all of it, its figures by what they count, and what it binds to."""

    subject: frozenset[str]
    matter: frozenset[str]
    figures: frozenset[tuple[str, str]]
    consequences: frozenset[str]
    conditions: frozenset[str]
    forbids: bool
    allows: bool


def figures_of(text: str) -> frozenset[tuple[str, str]]:
    """The figures of a text as (what is counted, value): ("time", "15:15"), ("£", "20"), ("school day", "5")."""
    found: set[tuple[str, str]] = set()
    for hour, minute, half, plain_hour, plain_minute in _TIME.findall(text):
        if half:
            value = int(hour) % 12 + 12 * (half.lower() == "pm")
            found.add(("time", f"{value}:{minute or '00'}"))
        elif int(plain_hour) <= 24 and int(plain_minute) < 60:
            found.add(("time", f"{int(plain_hour)}:{plain_minute}"))
    found |= {("£", value.replace(",", "").removesuffix(".00")) for value in _MONEY.findall(text)}
    found |= {("%", value) for value in _SHARE.findall(text)}
    for value, kind, unit in _AMOUNT.findall(text):
        spoken = value.lower()
        number = str(_NUMBERS.index(spoken) + 1) if spoken in _NUMBERS else spoken.replace(",", "")
        one = unit.lower() if unit.lower() == "times" else unit.lower().removesuffix("s")
        found.add((" ".join((*kind.lower().replace("-", " ").split(), one)), number))
    return frozenset(found)


@lru_cache(maxsize=1024)
def _statements(text: str) -> tuple[_Statement, ...]:
    """The clauses of a text's prose. Kept, since each quotation is held against every other."""
    return tuple(_read_clauses(text))


def _read_clauses(text: str) -> Iterator[_Statement]:
    """A table's row is no clause: what a cell states depends on its column."""
    for line in text.splitlines():
        if " | " in line:
            continue
        for start, end in sentence_spans(line):
            for clause in re.split(r";\s", line[start:end]):
                if _VERB.search(clause):
                    yield _read_clause(clause)


def _read_clause(clause: str) -> _Statement:
    ends = _SUBJECT_ENDS.search(clause)
    subject = _content_stems(clause[: ends.start()] if ends else clause)
    figures = figures_of(clause)
    forbids = bool(_FORBIDS.search(clause))
    return _Statement(
        subject=subject if len(subject) <= SUBJECT_WORDS else frozenset(),
        matter=_content_stems(clause),
        figures=figures,
        consequences=frozenset(match.lower() for match in _CONSEQUENCE.findall(clause)),
        conditions=frozenset(" ".join(match.lower().split()) for match in _CONDITION.findall(clause)),
        forbids=forbids,
        allows=not forbids and bool(_ALLOWS.search(clause)) and not _OBLIGES.search(clause),
    )


def _content_stems(text: str) -> frozenset[str]:
    plain = STOP_WORDS.union(_NUMBERS, _ORDERS)
    return frozenset(stem(word) for word in split_words(text) if word not in plain and not word[0].isdigit())


def _clash(one: _Statement, other: _Statement) -> bool:
    """True for two clauses on one subject that give it another consequence, figure or duty."""
    if len(one.subject) < 2 or one.subject != other.subject:
        return False
    if one.consequences and other.consequences and one.consequences.isdisjoint(other.consequences):
        return _counted(one) == _counted(other)
    if one.conditions != other.conditions:
        return False
    common = len(one.matter & other.matter) / max(1, min(len(one.matter), len(other.matter)))
    if common < SAME_MATTER:
        return False
    if one.forbids != other.forbids:
        return one.allows or other.allows
    mine, theirs = dict(one.figures), dict(other.figures)
    if len(mine) != len(one.figures) or len(theirs) != len(other.figures):
        return False  # two figures of one kind: which answers to which is not known
    return any(mine[unit] != theirs[unit] for unit in mine.keys() & theirs.keys())


_COUNTED = re.compile(r"\b(?:first|second|third|next|further|again|repeat\w*|refus\w*)\b(?!\W*$)", re.IGNORECASE)


def _counted(one: _Statement) -> frozenset[str]:
    """The conditions that tell one time from another: a second slip has another consequence than the first."""
    return frozenset(condition for condition in one.conditions if _COUNTED.match(condition))


def _negations(text: str) -> bool:
    return bool(_FORBIDS.search(text))


# ── whose sources, and what is said of them ──────────────────────────────────────────────────────────────────────────


def _marked(answered: Answered) -> tuple[Citation, ...]:
    """The citations, each that only repeats an earlier one of another document marked with its number."""
    marked: list[Citation] = []
    for citation in answered.citations:
        says_as = next(
            (
                earlier.number
                for earlier in marked
                if earlier.says_as is None
                and _are_comparable(earlier, citation)
                and len(citation.quote.split()) <= len(earlier.quote.split()) * 1.5
                and agree(earlier.quote, citation.quote)
            ),
            None,
        )
        marked.append(replace(citation, says_as=says_as))
    return tuple(marked)


def _are_comparable(one: Citation, other: Citation) -> bool:
    """True for two documents that hold for the same people at the same time."""
    are_of_two_schools = one.school is not None and other.school is not None and one.school != other.school
    return one.path != other.path and one.status == other.status and not are_of_two_schools


def _whole(citation: Citation) -> str:
    return "\n".join(filter(None, (citation.lead_in, citation.quote)))


def _conflict_note(one: Citation, other: Citation, trust: Trust, sentences: AgreementSentences) -> str:
    said = [sentences.conflict.format(first=one.number, second=other.number)]
    if (one.school is None) != (other.school is None):
        said.append(_which_stands(one, other, trust, sentences))
    else:
        said.append(sentences.ask_keepers.format(first=_keeper(one), second=_keeper(other)))
    return " ".join(said)


def _which_stands(one: Citation, other: Citation, trust: Trust, sentences: AgreementSentences) -> str:
    trusts, schools = (one, other) if one.school is None else (other, one)
    sentence = sentences.trust_stands if trust.precedence == "trust" else sentences.school_stands
    return sentence.format(trust=trusts.number, school=schools.number, school_name=schools.school_name)


def _keeper(citation: Citation) -> str:
    """Whom to ask about a document: "Deputy headteacher (Behaviour policy)", or the document alone."""
    return f"{citation.owner} ({citation.title})" if citation.owner else citation.title


def _note_on_both(citations: Sequence[Citation], trust: Trust, sentences: AgreementSentences) -> Iterator[str]:
    """Where the trust's policy and the school's speak of the same matter: that both apply, and which stands."""
    for one, other in combinations(citations, 2):
        if (one.school is None) != (other.school is None) and _share_matter(one, other):
            trusts, schools = (one, other) if one.school is None else (other, one)
            both = sentences.both_apply.format(trust=trusts.number, school=schools.number)
            yield f"{both} {_which_stands(one, other, trust, sentences)}"
            return


def _share_matter(one: Citation, other: Citation) -> bool:
    """True when the shorter quotation has a third of its content words, and no fewer than three, from the other."""
    if one.says_as is not None or other.says_as is not None:
        return False
    mine, theirs = (_content_stems(" ".join((*citation.heading[-1:], citation.quote))) for citation in (one, other))
    return len(mine & theirs) >= max(3, min(len(mine), len(theirs)) / 3)
