"""Which framework is meant, and which one does somebody follow who started on a certain day?

The frameworks of the whole country, with the days from which people follow them, stand in `national.toml`, where an
admin may edit them; those of the trust's own are known by the corpus.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from bot.errors import SettingsError
from ingestion.model import Acronym

_SMALL_WORDS = frozenset({"and", "of", "the", "for", "in", "a", "to"})
_YEAR = re.compile(r"\s*[(\[]?(?:19|20)\d\d(?:\s*[-–/]\s*\d{2,4})?[)\]]?\s*$")
_IN_BRACKETS = re.compile(r"\(([^)]+)\)")
_PLAIN_WORDS = "in|on|the|this|that|our|your|my|which|each|both|all|any|does|is|what|to|or|an|new|old|national|whole"
_OTHER_PAPERS = (
    "behaviour|assessment|attendance|appraisal|pay|capability|risk|wellbeing|inclusion|quality|qualifications|governance"
    "|reading|phonics|curriculum|policy|inspection|competency|careers|safeguarding|trust|school|legal|financial"
)
"""Before "framework", words that make it another paper than one for teachers: "the behaviour framework"."""
_OTHER_FRAMEWORK = re.compile(rf"\b(?:{_OTHER_PAPERS})[- ]frameworks?\b", re.IGNORECASE)
_FRAMEWORK = re.compile(r"\bframeworks?\b", re.IGNORECASE)
_NAMING_WORD = rf"(?!(?:{_PLAIN_WORDS}|{_OTHER_PAPERS}|{'|'.join(sorted(_SMALL_WORDS))})\b)[a-z][\w-]+ "
_LONG_NAME = rf"(?:{_NAMING_WORD}){{0,2}}(?:early[- ]career|core content)s? frameworks?|{_NAMING_WORD}framework"
_SHORT_NAME = r"\w{0,8}(?:ecf|ccf)(?: (?:19|20)\d\d)?"
_KEYS = {
    "name": str,
    "short": str,
    "also": list,
    "starters_from": date,
    "starters_before": date,
    "used_until": date,
    "then": str,
}


@dataclass(frozen=True)
class NationalFramework:
    """One framework of the whole country. Those who start from `starters_from` until the day before `starters_before`
    follow it, and from the day after `used_until` on the one called `then`; None = no such day."""

    name: str
    short: str
    also: tuple[str, ...] = ()
    starters_from: date | None = None
    starters_before: date | None = None
    used_until: date | None = None
    then: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """All it is called by, in lower case."""
        return frozenset(name.casefold() for name in (self.name, self.short, *self.also))


@cache
def national_frameworks() -> tuple[NationalFramework, ...]:
    """Those of `national.toml`, in its order. Raises SettingsError naming what is wrong there."""
    return read_national((files("bot.frameworks") / "national.toml").read_text(encoding="utf-8"))


def read_national(text: str) -> tuple[NationalFramework, ...]:
    """The frameworks of a TOML text. Raises SettingsError naming a key that is missing, unknown or of another type."""
    told = tomllib.loads(text).get("framework", [])
    return tuple(_read_one(number, fields) for number, fields in enumerate(told, start=1))


def _read_one(number: int, fields: Mapping[str, Any]) -> NationalFramework:
    where = f"bot/frameworks/national.toml, framework {number}"
    for key in ("name", "short"):
        if key not in fields:
            raise SettingsError(f"{where}: {key!r} is missing.")
    for key, value in fields.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            raise SettingsError(f"{where}: {key!r} is unknown, or not what belongs there: {value!r}.")
    return NationalFramework(**{**fields, "also": tuple(fields.get("also", ()))})


@lru_cache(maxsize=256)
def names_of(framework: str, acronyms: tuple[Acronym, ...] = ()) -> frozenset[str]:
    """What people call a framework, in lower case: its name with and without the year, the short form in it, its
    initials ("SECF" of "Samphire Early Career Framework"), and what the trust's glossary or the country calls it."""
    bare = _YEAR.sub("", framework)
    without_brackets = " ".join(_IN_BRACKETS.sub(" ", bare).split())
    words = without_brackets.split()
    initials = "".join(word[0] for word in words if word[0].isalpha() and word.casefold() not in _SMALL_WORDS)
    own = {framework, bare, without_brackets, *_IN_BRACKETS.findall(bare), initials if len(words) > 1 else ""}
    if words:
        own |= {words[0]} if words[0].isupper() else {f"{words[0]} {words[-1]}"}  # "the Samphire framework"
    called = {name.casefold() for name in own if len(name) > 1}
    for national in national_frameworks():
        # initials alone make none of the country's: "Excellent Coaching Framework" is not the ECF
        if national.names & (called - {initials.casefold()} | {bare.casefold()}):
            called |= national.names
    for acronym in acronyms:
        if acronym.expansion.casefold() in called:
            called |= {short.casefold() for short in (acronym.short, *acronym.formerly)}
    return frozenset(called)


def names_said(text: str, acronyms: tuple[Acronym, ...] = ()) -> tuple[str, ...]:
    """What in a text looks like the name of a framework for teachers, in its order, before anybody knows which are
    held: "SECF", "the early career framework", a short form that the trust's glossary calls a framework."""
    return tuple(match[0] for match in _names_pattern(acronyms).finditer(text))


@lru_cache(maxsize=16)
def _names_pattern(acronyms: tuple[Acronym, ...]) -> re.Pattern[str]:
    glossary = [one.short for one in acronyms if re.search(r"\bframework\b", one.expansion, re.IGNORECASE)]
    national = [name for one in national_frameworks() for name in (one.name, one.short, *one.also)]
    names = sorted({re.escape(name) for name in (*glossary, *national)}, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join((_LONG_NAME, *names, _SHORT_NAME))})(?!\w)", re.IGNORECASE)


def speaks_of_framework(text: str) -> bool:
    """Whether a text has the word "framework" of what may be one for teachers: "the framework", "both frameworks"."""
    return _FRAMEWORK.search(_OTHER_FRAMEWORK.sub(" ", text)) is not None


def frameworks_named(text: str, held: Iterable[str], acronyms: tuple[Acronym, ...] = ()) -> tuple[str, ...]:
    """Which of these frameworks a text names, in the order it names them; a longer name wins over a shorter one in it.

    A name that is a part of one framework's alone means that one: "the early career framework", where the trust's own
    is the only one that is called so.
    """
    held = tuple(dict.fromkeys(held))
    exact = [(name, framework) for framework in held for name in names_of(framework, acronyms)]
    others = [(name, None) for national in national_frameworks() for name in national.names]
    others = [(name, None) for name, _ in others if not any(name == known for known, _ in exact)]
    found = _mentions(text, [*exact, *others])
    named: list[str] = []
    for name, framework in found:
        within = [one for one in held if framework is None and " " in name and name in one.casefold()]
        whose = framework or (within[0] if len(within) == 1 else None)
        if whose and whose not in named:
            named.append(whose)
    return tuple(named)


def missing_named(text: str, held: Iterable[str], acronyms: tuple[Acronym, ...] = ()) -> tuple[str, ...]:
    """The country's frameworks that a text names by their short form and that are not among these, by that form."""
    known = {name for framework in held for name in names_of(framework, acronyms)}
    shorts = [(national.short.casefold(), national.short) for national in national_frameworks()]
    found = _mentions(text, [(name, short) for name, short in shorts if name not in known])
    return tuple(dict.fromkeys(short for _, short in found if short))


def followed_by(
    started: date, held: Mapping[str, date | None], *, today: date, acronyms: tuple[Acronym, ...] = ()
) -> str | None:
    """The one of the held frameworks that somebody follows who started on that day; None where nothing tells.

    `held`: each framework with the day from which starters follow it as the corpus states it, which counts for those
    that are not of the whole country.
    """
    fitting: list[tuple[date, str]] = []
    for framework, stated in held.items():
        national = _national(framework, acronyms)
        first = national.starters_from if national else stated
        if first is None or first > started:
            continue
        if national and national.starters_before and started >= national.starters_before:
            continue
        if national and national.used_until and today > national.used_until:
            after = [one for one in held if (national.then or "").casefold() in names_of(one, acronyms)]
            fitting += [(first, one) for one in after[:1]]
            continue
        fitting.append((first, framework))
    return max(fitting)[1] if fitting else None


def _national(framework: str, acronyms: tuple[Acronym, ...]) -> NationalFramework | None:
    names = names_of(framework, acronyms)
    return next((national for national in national_frameworks() if national.short.casefold() in names), None)


def _mentions(text: str, names: Iterable[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """The names that stand in the text, in its order; longer ones win over those that stand in them."""
    taken: list[tuple[int, int, str, str | None]] = []
    for name, whose in sorted(names, key=lambda pair: -len(pair[0])):
        for match in _name_pattern(name).finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, *_ in taken):
                taken.append((match.start(), match.end(), name, whose))
    return [(name, whose) for _, _, name, whose in sorted(taken, key=lambda one: one[0])]


@lru_cache(maxsize=512)
def _name_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?:['’]s)?(?!\w)", re.IGNORECASE)
