"""How did an answer come about, in words for whoever may ask why?

Pure: a `Trace` as lines of plain text. They hold the question and words of documents: shown, never logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.model import ModelCall, Trace, TracedPassage, TracedUnit

SHOWN_REJECTED = 10
"""Passages shown of those that were found and left out; `--json` has them all."""


def trace_lines(trace: Trace) -> list[str]:
    """What the question was taken for and searched by, what was found, kept and weighed, how sure it was, who wrote the
    answer, and where the time went. What a question of this kind has not is left out."""
    return [
        f"Taken for: {trace.interpretation or 'nothing'}",
        *_searched(trace),
        *_passages(trace.passages),
        *_units(trace.units),
        *_confidence(trace),
        *_writing(trace),
        *(f"Took, in ms: {line}" for line in _readings(trace.steps_ms, digits=1)),
    ]


def _searched(trace: Trace) -> Iterator[str]:
    if not trace.query:
        yield "Searched: nothing"
        return
    yield f"Searched for: {trace.query}"
    yield from (f"  and, counting {one.weight:.2f}: {one.text}" for one in trace.also)
    for expansion in trace.expansions:
        where = "" if expansion.shown else " (word search only)"
        yield f"  {expansion.said} → {expansion.means}{where}"
    yield f"In documents of: {', '.join((*trace.schools, 'the trust'))}"
    yield f"Embedded with: {trace.embedding_model}"


def _passages(passages: Sequence[TracedPassage]) -> Iterator[str]:
    kept = [one for one in passages if one.kept]
    rejected = [one for one in passages if not one.kept]
    for name, some in (("kept", kept), ("left out", rejected[:SHOWN_REJECTED])):
        if some:
            yield f"Passages {name} (score, likeness, words):"
            yield from map(_passage_line, some)
    if (rest := len(rejected) - SHOWN_REJECTED) > 0:
        yield f"  … and {rest} more (--json lists all)"


def _passage_line(one: TracedPassage) -> str:
    version = f" {one.version}" if one.version else ""
    section = f" {one.heading[-1]}," if one.heading and one.heading[-1] not in one.locator else ""
    scores = f"{one.fused:6.3f} {_score(one.cosine)} {_score(one.bm25)}"
    return f"  {scores}  {one.path}{version},{section} {one.locator}"


def _score(value: float | None) -> str:
    return f"{'–':>6}" if value is None else f"{value:6.2f}"


def _units(units: Sequence[TracedUnit]) -> Iterator[str]:
    if units:
        yield "Words weighed as the answer, best first:"
    for one in units:
        yield f"  {one.score:6.3f}  {one.path}, {one.locator}: {one.beginning} …"
        yield from (f"          {line}" for line in _readings(one.readings))


def _confidence(trace: Trace) -> Iterator[str]:
    if trace.confidence is not None:
        yield f"Confidence: {trace.confidence:.3f}"
        yield from (f"  {line}" for line in _readings(trace.readings))


def _writing(trace: Trace) -> Iterator[str]:
    if trace.query:
        yield f"Made by: {trace.made_by}"
    yield from map(_call_line, trace.model_calls)
    if trace.dropped:
        yield "Dropped:"
        yield from (f"  {why}" for why in trace.dropped)


def _call_line(call: ModelCall) -> str:
    tokens = [f"{count} tokens {way}" for count, way in ((call.tokens_in, "in"), (call.tokens_out, "out")) if count]
    parts = (call.model, f"prompt {call.prompt}", f"{call.took_ms:.0f} ms", *tokens, call.problem)
    return f"  {call.step}: {', '.join(part for part in parts if part)}"


def _readings(readings: Mapping[str, float], *, digits: int = 3) -> Iterator[str]:
    """All of them in one line, in their order; no line where there are none."""
    if readings:
        yield ", ".join(f"{name} {value:.{digits}f}" for name, value in readings.items())
