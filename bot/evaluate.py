"""How good are the answers, on questions that people have graded?

A file of graded questions is JSON lines. Each has `id` and `question`, and any of:

    school     the asker's school              history    the turns before it, as in `ask --batch`
    outcome    the outcome expected            redirect   which written reply
    path       a document that must be cited (a text, or a list of which one must be)
    words      texts that must stand in the quotations or the answer (a text, or a list of all that must)
    kind       a name to count scores under

What a question does not state is not graded. Always graded: a quotation from a school that is neither the asker's nor
named in the question (or, in a follow-up, before it).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from bot.answering.schools import schools_named
from bot.errors import SettingsError
from ingestion.model import Trust


@dataclass(frozen=True)
class Graded:
    """One question's result: what it failed in ("outcome", "document", "words", "school"), none when right."""

    id: str
    kind: str
    failed: tuple[str, ...]
    expected: Mapping[str, Any]
    got: Mapping[str, Any]


@dataclass(frozen=True)
class EvalReport:
    """Scores from 0 to 1: of all questions, and by kind; `took_ms` are the p50 and p95 of a question."""

    questions: int
    score: float
    by_kind: Mapping[str, tuple[int, float]]
    by_measure: Mapping[str, tuple[int, float]]
    misses: tuple[Graded, ...]
    took_ms: tuple[float, float]


def read_graded(lines: Iterable[str], *, name: str) -> list[dict[str, Any]]:
    """The graded questions of a file. Raises SettingsError naming the line that cannot be used."""
    known = {"id", "question", "school", "history", "roles", "outcome", "redirect", "path", "words", "kind", "note"}
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise SettingsError(f"{name}, line {number}: not JSON ({error}).") from None
        if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
            raise SettingsError(f"{name}, line {number}: an object with a `question` is expected.")
        if unknown := set(entry) - known:
            raise SettingsError(
                f"{name}, line {number}: unknown key {sorted(unknown)[0]!r}; known are {sorted(known)}."
            )
        questions.append({"id": f"line {number}", **entry})
    return questions


def grade(expected: Mapping[str, Any], got: Mapping[str, Any], *, trust: Trust) -> Graded:
    """Compares one answer, as `ask --json` prints it, with what was expected. Pure. `trust` tells which schools a
    question names."""
    failed = []
    citations = got["citations"]
    if "outcome" in expected and got["outcome"] != expected["outcome"]:
        failed.append("outcome")
    if "redirect" in expected and got["redirect"] != expected["redirect"]:
        failed.append("outcome")
    if "path" in expected and not {citation["path"] for citation in citations} & set(_as_list(expected["path"])):
        failed.append("document")
    said = _folded(" ".join([got["text"], *(citation["quote"] for citation in citations)]))
    if not all(_folded(words) in said for words in _as_list(expected.get("words", []))):
        failed.append("words")
    said_before = [turn["text"] for turn in expected.get("history", ())]
    named = schools_named(" ".join([expected["question"], *said_before]), trust)
    if any(citation["school"] not in (None, expected.get("school"), *named) for citation in citations):
        failed.append("school")
    kind = str(expected.get("kind", expected.get("outcome", "question")))
    return Graded(str(expected["id"]), kind, tuple(dict.fromkeys(failed)), expected, got)


def summarise(results: Iterable[Graded]) -> EvalReport:
    """The report over all results. Raises SettingsError when there are none."""
    graded = list(results)
    if not graded:
        raise SettingsError("The file holds no graded question.")
    by_kind: dict[str, list[bool]] = defaultdict(list)
    by_measure: dict[str, list[bool]] = defaultdict(list)
    for one in graded:
        by_kind[one.kind].append(not one.failed)
        for measure, key in (("outcome", "outcome"), ("document", "path"), ("words", "words"), ("school", "question")):
            if key in one.expected:
                by_measure[measure].append(measure not in one.failed)
    times = [float(one.got["took_ms"]) for one in graded]
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return EvalReport(
        questions=len(graded),
        score=sum(not one.failed for one in graded) / len(graded),
        by_kind={kind: (len(right), sum(right) / len(right)) for kind, right in sorted(by_kind.items())},
        by_measure={measure: (len(right), sum(right) / len(right)) for measure, right in by_measure.items()},
        misses=tuple(one for one in graded if one.failed),
        took_ms=(cuts[9], cuts[18]),
    )


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _folded(text: str) -> str:
    return " ".join(text.replace("’", "'").lower().split())
