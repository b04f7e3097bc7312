"""Which units of the evidence answer the question best?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.retrieve import WordCoverage, question_vector
from bot.answering.units import WINDOW_WORDS, Unit, quotable_units
from bot.answering.words import stems
from bot.model import Evidence, LookUp, ScoredPassage

EMBEDDED_UNITS = 8
"""Units whose meaning is compared, of those that look best by their words: embedding is what a question waits for."""
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


class TextEmbedder(Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""

    def embed_question(self, text: str) -> NDArray[float32]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


@dataclass(frozen=True)
class Weights:
    """What each reading of a unit counts towards its score. Fitted once on `tests/eval/development.jsonl` (listwise
    logistic regression, checked by five-fold cross-validation) and rounded; they add up to about 1."""

    meaning: float = 0.19
    """Cosine of the question and the unit."""
    own_words: float = 0.14
    """Coverage of the question's words by the unit itself."""
    words_in_place: float = 0.20
    """Coverage by the unit with its headings, column names and document title."""
    heading_words: float = 0.05
    """Coverage by title and headings alone."""
    passage_words: float = 0.09
    """Coverage by the whole passage."""
    passage_meaning: float = 0.09
    """Cosine of the question and the passage."""
    passage_rank: float = 0.06
    """The passage's fused score, as a share of the best passage's."""
    school: float = 0.07
    """A document of the school that was asked about, beside the trust's."""
    figure: float = 0.08
    """A figure where one was asked for."""
    length: float = 0.08
    """Words of the unit, as a share of `WINDOW_WORDS`: a few words alone seldom answer."""
    phrase: float = 0.25
    """Five or more words of the question in a row, as somebody who quotes has them; half of it for four."""
    about_itself: float = -0.15
    """A cover sheet or a table of versions, unless that is what was asked."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class ScoredUnit:
    """A unit with how well it answers: `score` from 0 to about 1; `cosine`, `coverage` (words in place) and `phrase`
    are parts of it, each from 0 to 1."""

    unit: Unit
    score: float
    cosine: float
    coverage: float
    phrase: float = 0.0

    @property
    def readings(self) -> dict[str, float]:
        """What the score is made of, by name."""
        return {"cosine": self.cosine, "coverage": self.coverage, "phrase": self.phrase}


def score_units(
    lookup: LookUp,
    evidence: Evidence,
    *,
    embedder: TextEmbedder,
    coverage: WordCoverage,
    embedded: int = EMBEDDED_UNITS,
) -> list[ScoredUnit]:
    """The units of the evidence that look best by their words, then scored by meaning as well, best first.

    Empty without evidence.
    """
    vector = question_vector(lookup, embedder)
    best_fused = max((source.fused for source in evidence.kept), default=1.0)
    asked = stems(lookup.query)
    asks_about_document = bool(_ASKS_ABOUT_DOCUMENT.search(lookup.query))
    wants_figure = bool(_ASKS_FOR_FIGURE.search(lookup.query))
    by_words: list[tuple[float, float, float, Unit]] = []
    for source in evidence.kept:
        of_school = source.found.version.school is not None
        around = " ".join((source.found.version.title, *source.found.passage.heading))
        of_passage = (
            WEIGHTS.passage_words * coverage.share(passage_in_place(source))
            + WEIGHTS.passage_meaning * max(0.0, source.cosine or 0.0)
            + WEIGHTS.passage_rank * source.fused / best_fused
            + WEIGHTS.school * of_school
            + WEIGHTS.heading_words * coverage.share(around)
        )
        for unit in quotable_units(source):
            in_place = coverage.share(" ".join((around, *unit.header, unit.text)))
            score = of_passage + WEIGHTS.own_words * coverage.share(unit.text) + WEIGHTS.words_in_place * in_place
            score += WEIGHTS.figure * (wants_figure and bool(_FIGURE.search(unit.text)))
            score += WEIGHTS.length * min(1.0, len(unit.text.split()) / WINDOW_WORDS)
            score += WEIGHTS.phrase * (phrase := shared_phrase(asked, stems(unit.text)))
            score += WEIGHTS.about_itself * (_is_about_document(unit) and not asks_about_document)
            by_words.append((score, in_place, phrase, unit))
    likely = sorted(by_words, key=lambda one: -one[0])[:embedded]
    if not likely:
        return []
    cosines = np.asarray(embedder.embed_passages([unit.in_context for *_, unit in likely]) @ vector, dtype=float)
    scored = [
        ScoredUnit(unit, score + WEIGHTS.meaning * max(0.0, float(cosine)), float(cosine), in_place, phrase)
        for (score, in_place, phrase, unit), cosine in zip(likely, cosines, strict=True)
    ]
    return sorted(scored, key=lambda one: -one.score)


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


def _is_about_document(unit: Unit) -> bool:
    """True for a table of versions, and for the cover sheet that stands before the first heading."""
    columns = {cell.strip().lower() for cell in unit.header}
    found = unit.source.found
    is_cover = not found.passage.heading and "cover sheet" in found.version.metadata.origins.values()
    return len(columns & _VERSION_COLUMNS) >= 2 or is_cover
