"""Which schools is a text about?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.answering.spelling import english_words
from bot.answering.units import Unit
from ingestion.model import School, SchoolRecord, Slug, Trust

_NOT_THE_SCHOOL = (
    r"(?! (?:phase|departments?|steps?|stages?|actions?|level|sanctions?|transfer|curriculum|sector|education|national|years?|aged?|purpose|reasons?|aims?|objectives?|causes?"
    r"|concerns?|contacts?|needs? of|sources?|focus|carers?)\b)"
)
""""The primary phase" is a part of a school, "the primary contact" a person and "the secondary steps" the second ones,
not the school that people call "the primary" or "the secondary". Only a name of such words alone is read so."""
_ALL = re.compile(
    r"\b(?:(?:(?:at|in|for) )?(?:all|each|every|both)(?: (?:one|\w+))?(?: of)?(?: the| our| these| those)?(?: \w+)? ?(?:schools?|academ(?:y|ies)|sites)"
    r"|(?:which|what)(?: of (?:the|our))? (?:schools|academies)|which school\b(?! policy)"
    r"|across (?:all |the |our |all (?:the|our) )?(?:schools|academies)"
    r"|(?:school by school|by school|per school)|everywhere in the trust)\b",
    re.I,
)
_BOTH = re.compile(
    r"\bboth(?: of)?(?: the| our)?(?: two)? (?:schools|academies|sites|places)\b|\b(?:at|for) both\b", re.I
)
_THE_OTHER = re.compile(
    r"\b(?:(?:at|in|for|about|of|from|to) )?(?:the|our) other (?:school|site|academy|place|one(?= school))\b(?!s)", re.I
)
_THE_OTHERS = re.compile(
    r"(?:^|\b(?:at|in|for|about|across|do|does|with|and|what) )(?:the|our|all) (?:the |our )?other (?:schools|academies|sites|places)\b",
    re.I,
)
_OUR_OWN = re.compile(
    r"\b(?:at |in |for |about )?(?:my|our)(?: own)? (?:school|place|site)\b|\b(?:at|for|about|in) (?:ours|mine)\b|\bback (?:at|in) (?:ours|mine|my school|our place)\b",
    re.I,
)
_AGAINST_OURS = re.compile(
    r"\b(?:than|same as|compared? (?:to|with)|different (?:from|to|than)|differs? from|unlike|versus|vs\.?|and) "
    r"(?:us|ours|here|mine|my school|our school|what we do|we do|at ours)\b",
    re.I,
)
_FILLER = re.compile(
    r"\b(?:what|how|wot|about|and|but|or|the|at|for|in|on|is|it|its|it's|that|i'?m|same|different|please|pls|sorry|school|then"
    r"|compare|with|to|so|ok|no|not|i|meant?)\b",
    re.I,
)
_GENERIC = frozenset(
    "school schools primary secondary infant infants junior juniors nursery special academy college high grammar church "
    "house lane road street heath hill park green wood field centre center saint community catholic free first middle "
    "upper lower sixth form the and all through".split()
)
"""Words of school names that are words of much else as well: a misspelling of one names no school."""
_BEFORE_POSSESSIVE = frozenset(
    "what whats is at in from on does do of under per for if see show about isnt are was and".split()
)
_AFTER_POSSESSIVE = re.compile(
    r"^ (?!(?:of|for|are|in|on|at|and|or|were|to|with|that|which|is|from|by|as|but)\b)\w", re.I
)


@dataclass(frozen=True)
class SchoolsAsked:
    """The schools that a question is about, in the order they are named; `to_compare` when each is to be answered for.

    `asks_which` when it speaks of another school without saying which, and the conversation does not tell either.
    """

    schools: tuple[Slug, ...] = ()
    to_compare: bool = False
    asks_which: bool = False


def schools_asked(text: str, trust: Trust, *, own: School, spoken_of: Sequence[Slug] = ()) -> SchoolsAsked | None:
    """The schools that a text says it is about; None where it says nothing of schools.

    `own` is the asker's school; `spoken_of` the schools of the conversation so far, the latest first: "the other
    school" is the one of them, or of a trust of two, that is not spoken of now.
    """
    everyone = tuple(school.slug for school in trust.schools)
    named = schools_named(text, trust)
    if len(everyone) < 2:
        return SchoolsAsked(named) if named else None
    if _BOTH.search(text):
        pair = tuple(dict.fromkeys((*named, *spoken_of, *((own,) if own else ()))))[:2]
        return SchoolsAsked(pair if len(pair) == 2 else everyone, to_compare=True)
    if not named and _ALL.search(text):
        return SchoolsAsked(everyone, to_compare=True)
    if named:
        if own and own not in named and _AGAINST_OURS.search(text):
            named = (*named, own)
        return SchoolsAsked(named, to_compare=len(named) > 1)
    if _THE_OTHERS.search(text):
        now = spoken_of[0] if spoken_of else own
        return SchoolsAsked(tuple(slug for slug in everyone if slug != now), to_compare=len(everyone) > 2)
    if _THE_OTHER.search(text):
        now = spoken_of[0] if spoken_of else own
        others = [slug for slug in dict.fromkeys((*spoken_of, *((own,) if own else ()))) if slug != now]
        if not others and len(everyone) == 2 and now:
            others = [slug for slug in everyone if slug != now]
        return SchoolsAsked((others[0],)) if others else SchoolsAsked(asks_which=True)
    if own and _OUR_OWN.search(text):
        return SchoolsAsked((own,))
    return None


def is_of_other_schools(unit: Unit, schools: Sequence[Slug], trust: Trust) -> bool:
    """True for words of a document that hold for schools by name, none of them among `schools`: a table's row that
    begins with another school, a section or slide under its name, a paragraph that begins with it.

    A document of the trust speaks of each school in turn; which document a passage is of does not tell whose rule it is.
    """
    if not schools or unit.source.found.version.school is not None:
        return False
    firsts = [row[0] for row in unit.rows if row] if unit.rows else [" ".join(unit.text.split()[:FIRST_WORDS])]
    named = [_spelt_names(text, trust) for text in (*firsts, " > ".join(unit.source.found.passage.heading))]
    return any(named) and not any(one & frozenset(schools) for one in named)


FIRST_WORDS = 5


def _spelt_names(text: str, trust: Trust) -> frozenset[Slug]:
    """The schools whose names or aliases stand in the text, spelt as they are."""
    pattern, slugs = _names_pattern(tuple((name, one.slug) for one in trust.schools for name in _names_of(one)))
    return frozenset(slugs[" ".join(match[0].lower().split())] for match in pattern.finditer(text))


@lru_cache(maxsize=16)
def _names_pattern(named: tuple[tuple[str, Slug], ...]) -> tuple[re.Pattern[str], dict[str, Slug]]:
    """One pattern of all names, the longer first; and whose each is. "The primary phase" is a part of a school."""
    slugs = {" ".join(name.lower().split()): slug for name, slug in named}
    names = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(slugs, key=len, reverse=True))
    pattern = rf"(?<!\w)(?:{names})(?!\w){_NOT_THE_SCHOOL}" if names else r"(?!)"
    return re.compile(pattern, re.IGNORECASE), slugs


def schools_named(text: str, trust: Trust) -> tuple[Slug, ...]:
    """The schools that the text names, by name or alias, in the order they are named; longer names win over shorter.

    A name of one long word is known when it is misspelt, too, as long as it is no other English word and nearest to one
    school alone.
    """
    return tuple(dict.fromkeys(slug for _, _, slug in sorted(_school_mentions(text, trust))))


def without_schools(text: str, trust: Trust) -> str:
    """The text without the schools it names, and without what says which ("at all schools", "compare", "the other
    school"): which documents are searched says it already, and few of them repeat it. The text as it is when nothing
    else stands there."""
    rest = _rest(text, trust)
    return " ".join(rest.split()) if re.search(r"\w", rest) else text


def _rest(text: str, trust: Trust) -> str:
    rest = text
    for start, end, _ in _school_mentions(text, trust):
        rest = rest[:start] + " " * (end - start) + rest[end:]
    if len(trust.schools) > 1:
        for pattern in (_BOTH, _THE_OTHERS, _THE_OTHER, _ALL, _OUR_OWN, _AGAINST_OURS):
            rest = pattern.sub(" ", rest)
        if rest != text:
            rest = re.sub(r"^\W*compare\b(?:\s+(?:and|with|to|on|the|for)\b)*", " ", rest, flags=re.I)
    return rest


def is_only_schools(text: str, trust: Trust) -> bool:
    """Whether the text says which school and nothing else: "Kestrel", "and at the other school?"."""
    rest = _rest(text, trust)
    return rest != text and not re.search(r"\w", _FILLER.sub(" ", rest))


def names_of_schools(trust: Trust) -> frozenset[str]:
    """The words of the schools' names, in lower case: none of them is a misspelling of anything."""
    said = " ".join(name for school in trust.schools for name in _names_of(school))
    return frozenset(re.findall(r"\w+", said.lower()))


def _school_mentions(text: str, trust: Trust) -> list[tuple[int, int, Slug]]:
    """Start, end and school of each name in the text; longer names win over shorter."""
    spoken = sorted(
        ((name, school.slug) for school in trust.schools for name in _names_of(school)), key=lambda pair: -len(pair[0])
    )
    mentions: list[tuple[int, int, Slug]] = []
    for name, slug in spoken:
        is_generic = set(re.findall(r"\w+", name.lower())) <= _GENERIC
        after = _NOT_THE_SCHOOL if is_generic else ""
        pattern = rf"(?<!\w)(?:at )?{re.escape(name)}(?:['’]s)?(?!\w){after}"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            _add(mentions, match.start(), match.end(), slug)
    for start, end, slug in _loosely_written(text, trust):
        _add(mentions, start, end, slug)
    return mentions


def _add(mentions: list[tuple[int, int, Slug]], start: int, end: int, slug: Slug) -> None:
    if all(end <= other_start or start >= other_end for other_start, other_end, _ in mentions):
        mentions.append((start, end, slug))


def _names_of(school: SchoolRecord) -> tuple[str, ...]:
    return tuple(name for name in (school.name, *school.aliases, school.slug) if name)


def _loosely_written(text: str, trust: Trust) -> Iterator[tuple[int, int, Slug]]:
    """Names without the apostrophe of their possessive ("kestrels phone rule"), and misspelt ones ("saltmarsch")."""
    telling = {school.slug: _telling_words(school) for school in trust.schools}
    for match in re.finditer(r"[^\W\d_]{6,}", text):
        word = match[0].lower()
        near = {slug for slug, names in telling.items() if any(_is_misspelt(word, name) for name in names)}
        if word in english_words():
            near = set()
        possessive = {slug for slug, names in telling.items() if word[:-1] in names and word.endswith("s")}
        if len(near) == 1:
            yield _with_at(text, match.start()), match.end(), near.pop()
        elif len(possessive) == 1 and _reads_as_possessive(text, match):
            yield _with_at(text, match.start()), match.end(), possessive.pop()


def _with_at(text: str, start: int) -> int:
    """Where a name begins, with an "at" before it."""
    return start - 3 if re.search(r"(?<!\w)at $", text[:start], re.I) else start


def _telling_words(school: SchoolRecord) -> frozenset[str]:
    """The words of six letters or more that tell a school from others: "saltmarsh", not "primary"."""
    words = re.findall(r"[^\W\d_]{6,}", " ".join(_names_of(school)).lower())
    return frozenset(word for word in words if word not in _GENERIC)


def _is_misspelt(word: str, name: str) -> bool:
    """One slip in six or seven letters, two in more; the first letter is right. A plural is another word."""
    if word in (name, f"{name}s") or word[0] != name[0]:
        return False
    allowed = 1 if len(name) < 8 else 2
    return OSA.distance(word, name, score_cutoff=allowed) <= allowed


def _reads_as_possessive(text: str, match: re.Match[str]) -> bool:
    before = re.findall(r"\w+", text[: match.start()].lower())
    goes_before = not before or before[-1] in _BEFORE_POSSESSIVE
    return goes_before and bool(_AFTER_POSSESSIVE.match(text[match.end() :]))
