"""How did an answer come about? What each step found and how long it took, written down while it works."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bot.answering.rank import ScoredUnit
from bot.model import Evidence, Interpretation, LookUp, ModelCall, ScoredPassage, Trace, TracedPassage, TracedUnit

TRACED_UNITS = 12
BEGINNING_WORDS = 12


class TraceNotes:
    """What one question's steps write down, in their order; `freeze` makes the `Trace`. Nothing decides by it."""

    def __init__(self, *, embedding_model: str) -> None:
        self._embedding_model = embedding_model
        self._interpretation: Interpretation | None = None
        self._lookup: LookUp | None = None
        self._passages: dict[tuple[int, bool], TracedPassage] = {}
        self._units: list[TracedUnit] = []
        self._confidence: float | None = None
        self._readings: Mapping[str, float] = {}
        self._dropped: list[str] = []
        self._calls: list[ModelCall] = []
        self._made_by = "quotations"
        self._steps_ms: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a step; one that is taken several times (a search a school) counts in sum."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._steps_ms[name] = self._steps_ms.get(name, 0.0) + (time.perf_counter() - started) * 1000

    def aside(self) -> TraceNotes:
        """Notes of a look that no answer may come of: its time counts here, and what it found once it is `kept`."""
        beside = TraceNotes(embedding_model=self._embedding_model)
        beside._steps_ms = self._steps_ms
        return beside

    def kept(self, beside: TraceNotes) -> None:
        """What a look found that was taken aside."""
        self._lookup = beside._lookup or self._lookup
        self._passages = {**beside._passages, **self._passages}
        self._units += beside._units
        if beside._confidence is not None:
            self.judged(beside._confidence, beside._readings)

    def interpreted(self, interpretation: Interpretation) -> None:
        self._interpretation = interpretation

    def looked_up(self, lookup: LookUp) -> None:
        self._lookup = lookup

    def found(self, evidence: Evidence) -> None:
        for passage in evidence.kept:
            self._passages.setdefault((passage.found.id, True), _traced(passage, kept=True))
        for passage in evidence.rejected:
            if (passage.found.id, True) not in self._passages:
                self._passages.setdefault((passage.found.id, False), _traced(passage, kept=False))

    def weighed(self, units: Sequence[ScoredUnit]) -> None:
        self._units += [
            TracedUnit(
                path=one.unit.source.found.version.path,
                locator=str(one.unit.locator),
                beginning=" ".join(one.unit.text.split()[:BEGINNING_WORDS]),
                score=one.score,
                readings=one.readings,
            )
            for one in units[:TRACED_UNITS]
        ]

    def judged(self, confidence: float, readings: Mapping[str, float]) -> None:
        """The surest of several looks counts."""
        if self._confidence is None or confidence > self._confidence:
            self._confidence, self._readings = confidence, dict(readings)

    def dropped(self, why: str) -> None:
        self._dropped.append(why)

    def called(self, call: ModelCall) -> None:
        self._calls.append(call)

    def made_by(self, whom: str) -> None:
        self._made_by = whom

    def freeze(self) -> Trace:
        lookup = self._lookup
        return Trace(
            interpretation=type(self._interpretation).__name__ if self._interpretation else "",
            query=lookup.query if lookup else "",
            schools=lookup.schools if lookup else (),
            expansions=lookup.expansions if lookup else (),
            also=lookup.also if lookup else (),
            passages=tuple(self._passages.values()),
            units=tuple(self._units),
            confidence=self._confidence,
            readings=self._readings,
            dropped=tuple(self._dropped),
            model_calls=tuple(self._calls),
            made_by=self._made_by,
            embedding_model=self._embedding_model,
            steps_ms={name: round(took, 2) for name, took in self._steps_ms.items()},
        )


def _traced(passage: ScoredPassage, *, kept: bool) -> TracedPassage:
    version = passage.found.version
    return TracedPassage(
        path=version.path,
        school=version.school,
        version=version.metadata.version,
        heading=passage.found.passage.heading,
        locator=str(passage.found.passage.locator),
        fused=passage.fused,
        cosine=passage.cosine,
        bm25=passage.bm25,
        kept=kept,
    )
