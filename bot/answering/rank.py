"""Which units of the evidence answer the question best?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.asks import share_given, sorts_asked
from bot.answering.retrieve import WordCoverage, question_vector
from bot.answering.units import Unit, quotable_units
from bot.answering.weights import unit_weights
from bot.answering.words import split_words, stems
from bot.model import Evidence, LookUp, ScoredPassage

EMBEDDED_UNITS = 10
"""Units whose meaning is compared, of those that look best without it: embedding is what a question waits for. With 40
the right words stand among the best four no oftener, on the development and held-out questions and a second trust."""
MEANING_WORDS = 45
"""Of a unit, the words whose meaning is compared; the time of a question grows with them."""
FEW_WORDS = 6
"""A unit of fewer words seldom answers by itself."""
LETTERS = 4
"""Length of the runs of letters that are compared, so that a misspelt or inflected word still counts."""
_ASKS_FOR_FIGURE = re.compile(
    r"\b(?:how (?:much|many|long|soon|often|far|quick\w*|late)|when|deadline"
    r"|what (?:time|date|day|ratio|number|age|percentage))\b",
    re.I,
)
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|once|twice|immediately"
    r"|same day|weekly|termly|annually|daily)\b",
    re.I,
)
_ASKS_ABOUT_DOCUMENT = re.compile(
    r"\b(?:version|edition|changed?|reviewed|review date|approved|owner|owns|current|latest|up to date)\b", re.I
)
_VERSION_COLUMNS = frozenset({"version", "date", "change", "changes", "author", "issue", "amendment"})


_LABEL = re.compile(
    r"\b(step|stage|level|week|section|itap|response|phase|form|c|year|tier|part)[ -]?(\d{1,2})\b", re.I
)
_PUPILS = re.compile(r"\b(?:pupils?|kids?|child(?:ren)?|students?|boys?|girls?|lads?|lass(?:es)?)\b", re.I)
_STAFF = re.compile(r"\b(?:staff|employees?|colleagues?)\b", re.I)


class TextEmbedder(Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""

    @property
    def name(self) -> str: ...

    def embed_question(self, text: str) -> NDArray[float32]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


@dataclass(frozen=True)
class ScoredUnit:
    """A unit with how well it answers: `score`, about 0 to 1, is the weighed sum of its `readings` (each −1 … 1).

    `cosine` of question and unit, `coverage` of the question's words by the unit in its place, and `phrase` (words of
    the question in a row) are among them.
    """

    unit: Unit
    score: float
    cosine: float
    coverage: float
    phrase: float = 0.0
    readings: Mapping[str, float] = field(default_factory=dict)


def score_units(
    lookup: LookUp,
    evidence: Evidence,
    *,
    embedder: TextEmbedder,
    coverage: WordCoverage,
    embedded: int = EMBEDDED_UNITS,
    weights: Mapping[str, float] | None = None,
    leave_out: Callable[[Unit], bool] = lambda unit: False,
) -> list[ScoredUnit]:
    """The units of the evidence that look best by their words, then weighed by meaning as well, best first.

    Empty without evidence. The weights are those of `weights.toml` unless others are given; what `leave_out` tells is
    no answer.
    """
    weighed = unit_weights() if weights is None else weights
    read = [pair for pair in _readings_without_meaning(lookup, evidence, coverage) if not leave_out(pair[0])]
    likely = sorted(read, key=lambda pair: -_guess(pair[0], pair[1], weighed))[:embedded]
    if not likely:
        return []
    texts = [" ".join(unit.text.split()[:MEANING_WORDS]) for unit, _ in likely]
    cosines = np.asarray(embedder.embed_passages(texts) @ question_vector(lookup, embedder), dtype=float)
    scored = []
    for (unit, readings), cosine in zip(likely, cosines, strict=True):
        whole = {"meaning": float(cosine), **readings}
        score = _weighed(whole, weighed)
        scored.append(ScoredUnit(unit, score, float(cosine), whole["words_in_place"], whole["phrase"], whole))
    return sorted(scored, key=lambda one: -one.score)


def _readings_without_meaning(
    lookup: LookUp, evidence: Evidence, coverage: WordCoverage
) -> list[tuple[Unit, dict[str, float]]]:
    """Every unit of the evidence with what can be read of it without embedding it."""
    asked = stems(lookup.query)
    sorts = sorts_asked(lookup.query)
    wants_figure = bool(_ASKS_FOR_FIGURE.search(lookup.query))
    asks_about_document = bool(_ASKS_ABOUT_DOCUMENT.search(lookup.query))
    runs = _runs_of_letters(" ".join([lookup.query, *(expansion.means for expansion in lookup.expansions)]))
    best_fused = max((source.fused for source in evidence.kept), default=1.0) or 1.0
    read = []
    labels = _labels(lookup.query)
    for place, source in enumerate(evidence.kept):
        version, passage = source.found.version, source.found.passage
        around = " ".join((version.title, *passage.heading))
        stems_around = frozenset(stems(around))
        letters_around = _letters(around)
        of_passage = {
            "passage_score": source.fused / best_fused,
            "passage_place": 1 / (1 + place),
            "passage_words": coverage.share_of(stems_around | frozenset(stems(passage.text))),
            "of_school": float(version.school is not None),
            "of_other_people": float(_is_of_other_people(lookup.query, around)),
        }
        for unit in quotable_units(source):
            own = (*stems(" ".join(unit.header)), *stems(unit.text))
            words = len(unit.text.split())
            letters = letters_around + _letters(unit.text)
            readings = {
                **of_passage,
                "words_in_place": coverage.share_of(stems_around.union(own)),
                "letters_in_place": sum(run in letters for run in runs) / len(runs) if runs else 0.0,
                "gives_what_is_asked": share_given(sorts, unit.text),
                "figure": float(wants_figure and bool(_FIGURE.search(unit.text))),
                "few_words": float(words < FEW_WORDS),
                "table_row": float(bool(unit.rows)),
                "phrase": shared_phrase(asked, own),
                "label": _label_reading(labels, unit),
                "about_itself": float(_is_about_document(unit) and not asks_about_document),
            }
            read.append((unit, readings))
    return read


def _labels(text: str) -> frozenset[tuple[str, int]]:
    """What is called by a number: ("step", 3) of "step 3", ("c", 3) of "C3"."""
    return frozenset((label.lower(), int(number)) for label, number in _LABEL.findall(text))


def _label_reading(asked: frozenset[tuple[str, int]], unit: Unit) -> float:
    """1 where the unit begins with what was asked for by its number, 0.5 where it holds it, −1 where it begins with
    another number of the same sort."""
    if not asked:
        return 0.0
    first = _labels(unit.rows[0][0] if len(unit.rows) == 1 else " ".join(unit.text.split()[:4]))
    if first & asked:
        return 1.0
    if any(label == other for label, _ in first for other, _ in asked):
        return -1.0
    return 0.5 if _labels(unit.text) & asked else 0.0


def _is_of_other_people(question: str, around: str) -> bool:
    """True where the question is about pupils and the document, by its title or heading, for staff alone; or the other
    way round."""
    of_pupils, of_staff = bool(_PUPILS.search(question)), bool(_STAFF.search(question))
    for_pupils, for_staff = bool(_PUPILS.search(around)), bool(_STAFF.search(around))
    if of_pupils == of_staff or for_pupils == for_staff:
        return False
    return of_pupils != for_pupils


def _guess(unit: Unit, readings: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The score as far as it is known before the unit is embedded; its passage's meaning stands in for its own."""
    return _weighed({**readings, "meaning": max(0.0, unit.source.cosine or 0.0) / 4}, weights)


def _weighed(readings: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights[name] * value for name, value in readings.items())


def shared_phrase(asked: Sequence[str], said: Sequence[str]) -> float:
    """1 when five stems of the question stand in a row in the text, 0.5 when four do, else 0. Stop words count."""
    for length, value in ((5, 1.0), (4, 0.5)):
        runs = {tuple(asked[at : at + length]) for at in range(len(asked) - length + 1)}
        if any(tuple(said[at : at + length]) in runs for at in range(len(said) - length + 1)):
            return value
    return 0.0


def passage_in_place(source: ScoredPassage) -> str:
    """The passage's text with its document's title and its headings."""
    found = source.found
    return " ".join((found.version.title, *found.passage.heading, found.passage.text))


@lru_cache(maxsize=8192)
def _letters(text: str) -> str:
    """The words of a text, folded, a blank around each."""
    return f" {' '.join(split_words(text))} "


def _runs_of_letters(text: str) -> frozenset[str]:
    """The runs of `LETTERS` letters of each word, its blanks counted as letters: " phone " has " pho", "phon", …"""
    words = (f" {word} " for word in split_words(text))
    return frozenset(word[at : at + LETTERS] for word in words for at in range(max(1, len(word) - LETTERS + 1)))


def _is_about_document(unit: Unit) -> bool:
    """True for a table of versions, and for the cover sheet that stands before the first heading."""
    columns = {cell.strip().lower() for cell in unit.header}
    found = unit.source.found
    is_cover = not found.passage.heading and "cover sheet" in found.version.metadata.origins.values()
    return len(columns & _VERSION_COLUMNS) >= 2 or is_cover
