"""Which other words mean what the question says?

Acronyms of the trust's glossary, both ways and with former names; year groups as staff write them; and everyday words
for what policies call by another name (`everyday_words.toml`). All of them widen the search. None is ever shown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from bot.answering.spelling import KnownWords, corrections, phone_spelling
from bot.model import Expansion
from ingestion.model import Acronym

_YEAR_GROUP = re.compile(r"(?<!\w)(?:y|yr|year) ?(?P<year>1[0-3]|[1-9])s?(?!\w)", re.IGNORECASE)
_KEY_STAGE = re.compile(r"(?<!\w)(?:ks|key stage) ?(?P<stage>[1-5])(?!\w)", re.IGNORECASE)
_KEY_STAGE_YEARS = {1: (1, 2), 2: (3, 6), 3: (7, 9), 4: (10, 11), 5: (12, 13)}
_RANGES = (
    *((1, 2), (1, 3), (1, 6), (3, 4), (3, 6), (4, 6), (5, 6)),
    *((7, 8), (7, 9), (7, 11), (7, 13), (9, 11), (10, 11), (10, 13), (12, 13)),
)
"""Years that English schools group together, as documents write them."""
_PERIOD = re.compile(r"(?<!\w)p(?P<period>[1-6])(?!\w)", re.IGNORECASE)


def widen(
    text: str, acronyms: Sequence[Acronym], *, known: KnownWords | None = None, names: Collection[str] = ()
) -> tuple[Expansion, ...]:
    """Other ways to say words of the text, each with the words that it stands for, in the order of the sources above.

    With `known`, the words of the trust's documents, misspelt words are read as the ones that were meant; `names` (in
    lower case) and acronyms never are.
    """
    expansions = [
        *_of_acronyms(text, acronyms), *_of_years(text), *_of_everyday_words(text), *phone_spelling(text)
    ]  # fmt: skip
    if known is not None:
        shorts = {short.lower() for acronym in acronyms for short in (acronym.short, *acronym.formerly)}
        said = {word for expansion in expansions for word in expansion.said.lower().split()}
        expansions += corrections(text, known, names=shorts | said | set(names))
    return tuple(dict.fromkeys(expansions))


def spell_out(text: str, expansions: Sequence[Expansion]) -> str:
    """The text with each expansion behind the words it stands for: "time off as ECT2 (early career teacher year 2)".

    This is what is embedded: the embedding model knows few acronyms of schools.
    """
    spelled = text
    for expansion in expansions:
        if expansion.shown and expansion.means.lower() not in spelled.lower():
            pattern = _standing_alone(expansion.said)
            spelled = pattern.sub(lambda match, means=expansion.means: f"{match[0]} ({means})", spelled, count=1)  # type: ignore[misc]
    return spelled


def _of_acronyms(text: str, acronyms: Sequence[Acronym]) -> Iterator[Expansion]:
    """A short form of two letters counts only in capitals ("IT" is not "it"). "ECT2" is read as ECT with a year."""
    lowered = text.lower()
    for acronym in acronyms:
        shorts = [short for short in (acronym.short, *acronym.formerly) if short.lower() in lowered]
        said = next((match for short in shorts if (match := _find_short(short, text))), None)
        if said:
            year = f" year {said['year']}" if said["year"] else ""
            yield Expansion(said[0], f"{acronym.expansion}{year}")
            for short in (acronym.short, *acronym.formerly):
                if short.lower() != said["short"].lower():
                    yield Expansion(said[0], short, shown=False)
        elif acronym.expansion.lower() in lowered and (written := _one_or_many(acronym.expansion).search(text)):
            yield Expansion(written[0], acronym.short, shown=False)


def _find_short(short: str, text: str) -> re.Match[str] | None:
    return _short_form(short).search(text)


# Patterns are kept, since Python's own cache holds fewer than a trust has words.
@lru_cache(maxsize=4096)
def _short_form(short: str) -> re.Pattern[str]:
    flags = re.IGNORECASE if len(short) > 2 else 0
    return re.compile(rf"(?<!\w)(?P<short>{re.escape(short)})(?:s|(?P<year>[1-9]))?(?!\w)", flags)


@lru_cache(maxsize=4096)
def _one_or_many(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}s?(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _standing_alone(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)


def _of_years(text: str) -> Iterator[Expansion]:
    """ "y6", "yr6" and "Y6s" are "Year 6", which is in Key Stage 2 and in "Years 4–6"; "p3" is "period 3"."""
    for match in _YEAR_GROUP.finditer(text):
        year = int(match["year"])
        if (means := f"Year {year}").lower() != match[0].lower():
            yield Expansion(match[0], means)
        for wider in _stages_of(year):
            yield Expansion(match[0], wider, shown=False)
    for match in _KEY_STAGE.finditer(text):
        stage = int(match["stage"])
        first, last = _KEY_STAGE_YEARS[stage]
        for means in (f"Key Stage {stage}", f"KS{stage}", f"Years {first}–{last}"):
            if means.lower() != match[0].lower():
                yield Expansion(match[0], means, shown=False)
    for match in _PERIOD.finditer(text):
        yield Expansion(match[0], f"period {match['period']}")


def _stages_of(year: int) -> Iterator[str]:
    """The key stage of a year, and the ranges of years that documents write which hold it."""
    for stage, (first, last) in _KEY_STAGE_YEARS.items():
        if first <= year <= last:
            yield f"Key Stage {stage}"
            yield f"KS{stage}"
    for first, last in _RANGES:
        if first <= year <= last:
            yield f"Years {first}–{last}"


def _of_everyday_words(text: str) -> Iterator[Expansion]:
    lowered = text.lower().replace("’", "'")
    for said, means in _everyday_words():
        if said in lowered and _standing_alone(said).search(lowered):
            yield Expansion(said, means)


@cache
def _everyday_words() -> tuple[tuple[str, str], ...]:
    """Pairs of what is said and what it means, longer sayings first."""
    table = tomllib.loads((files("bot.answering") / "everyday_words.toml").read_text(encoding="utf-8"))
    pairs = ((said, means) for means, sayings in table.items() for said in sayings)
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))
