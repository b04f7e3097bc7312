"""Fits what ranks the words to quote and what tells how sure an answer is: `bot/answering/weights.toml`.

    staffroom refresh
    python -m tools.fit_answers [--write] [--plot docs/confidence.svg]

Asks the development questions (`tests/eval/development*.jsonl`) of the index in force, and reads every unit of the
evidence as `bot.answering.rank` does. The weights of units are a listwise logistic regression (the log-likelihood of a
unit that holds the graded words, among all of the question's units; L2). The confidence is a logistic regression on
whether one of the best units answers; its negatives are the questions whose answer stands nowhere, those that are
answered wrongly, and every question once more with the documents that answer it left out.

Figures are of five-fold cross-validation over questions; the held-out questions and the second trust are only scored.
Needs NumPy and SciPy alone. Nothing is written without `--write`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from bot.answering.confidence import readings_of
from bot.answering.find import coverage_of
from bot.answering.interpret import interpret
from bot.answering.rank import ScoredUnit, score_units
from bot.answering.redirects import Redirects
from bot.answering.remembering import RememberingEmbedder
from bot.answering.retrieve import WordCoverage, retrieve
from bot.answering.weights import unit_weights
from bot.app import embedder_of, open_reading_index
from bot.batch import as_question
from bot.model import Evidence, LookUp, ProgrammeQuestion
from bot.settings import Settings, read_settings
from ingestion.index import Index
from ingestion.model import Trust

Floats = NDArray[np.float64]
ROOT = Path(__file__).parents[1]
EVAL = ROOT / "tests" / "eval"
WEIGHTS = ROOT / "bot" / "answering" / "weights.toml"
KEPT_TEXTS = 100_000
"""Every stretch of the corpus is embedded once: the questions share most passages."""
FOLDS = 5
QUOTED_UNITS = 4
"""An answer is right when one of so many best units holds the graded words: about what is quoted."""
L2_UNITS, L2_CONFIDENCE = 2e-4, 3e-3
ANSWERED_SHARE = 0.87
"""The least confidence is where so large a share of the answerable questions is answered."""


@dataclass(frozen=True)
class Case:
    """One question as it was looked up: the readings of its units, which of them hold the words, and what is known of
    the whole."""

    id: str
    answerable: bool
    lookup: LookUp
    evidence: Evidence
    coverage: WordCoverage
    units: tuple[ScoredUnit, ...]
    right: NDArray[np.bool_]
    left_out: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write weights.toml")
    parser.add_argument("--plot", type=Path, help="where the reliability plot goes (SVG)")
    parser.add_argument("--second", type=Path, help="data folder of an index of tests/eval/second_trust/corpus")
    options = parser.parse_args()
    settings = read_settings()
    development = cases_of(sorted(EVAL.glob("development*.jsonl")), settings)
    others = {"held out": cases_of(sorted(EVAL.glob("held_out*.jsonl")), settings)}
    if options.second:
        second = settings.model_copy(update={"data": options.second})
        others["second trust"] = cases_of([EVAL / "second_trust" / "questions.jsonl"], second)
    names = list(unit_weights())
    print("── units: share of questions with the words among the best 1, 3, 5 and 10, and mean reciprocal rank")
    show_ranks("development, weights as they are", development)
    folded: list[Case] = []
    for train, test in folds(development):
        weights = fit_units(train, names)
        folded += [rescored(case, weights) for case in test]
    show_ranks("development, cross-validated", folded)
    weights = fit_units(development, names)
    for name, cases in others.items():
        show_ranks(f"{name}, weights as they are", cases)
        show_ranks(f"{name}, fitted weights", [rescored(case, weights) for case in cases])
    print("── confidence: unanswerable answered at 80, 85, 90 and 95 % of answerable answered")
    by_id = {case.id: case for case in folded}
    judged: list[tuple[Case, float]] = []
    for train, test in folds([*folded, *without_answers(folded)]):
        fitted = fit_confidence(train)
        judged += [(case, confidence(case, fitted)) for case in test]
    own = [(case, sure) for case, sure in judged if case.id in by_id and not case.left_out]
    show_curve("development, cross-validated", own)
    rescored_all = [rescored(case, weights) for case in development]
    fitted = fit_confidence([*rescored_all, *without_answers(rescored_all)])
    fitted["least"] = threshold(own)
    for name, cases in others.items():
        show_curve(name, [(one, confidence(one, fitted)) for one in (rescored(case, weights) for case in cases)])
    show_bins(own)
    if options.plot:
        options.plot.write_text(reliability_plot(own), encoding="utf-8")
    if options.write:
        write_weights(weights, fitted)


# ── the questions as they are looked up ──────────────────────────────────────────────────────────────────────────────


def cases_of(files: Sequence[Path], settings: Settings) -> list[Case]:
    """A case for every graded question that is looked up; one about a school that is asked for first is none."""
    embedder = RememberingEmbedder(embedder_of(settings), texts=KEPT_TEXTS)
    index = open_reading_index(settings, model=embedder.name)
    trust = index.trust()
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = (case_of(json.loads(line), index, embedder, trust) for line in lines)
    cases = [case for case in found if case is not None]
    index.close()
    return cases


def case_of(entry: dict[str, Any], index: Index, embedder: RememberingEmbedder, trust: Trust) -> Case | None:
    interpretation = interpret(as_question(entry), trust=trust, redirects=Redirects())
    lookup = interpretation.lookup if isinstance(interpretation, ProgrammeQuestion) else interpretation
    if not isinstance(lookup, LookUp) or entry.get("outcome") not in ("answered", "no_evidence"):
        return None
    evidence = retrieve(lookup, index=index, embedder=embedder)
    coverage = coverage_of(lookup, index)
    units = tuple(score_units(lookup, evidence, embedder=embedder, coverage=coverage, embedded=40))
    right = np.array([is_right(one, entry) for one in units], dtype=bool)
    return Case(str(entry["id"]), entry["outcome"] == "answered", lookup, evidence, coverage, units, right)


def is_right(scored: ScoredUnit, entry: dict[str, Any]) -> bool:
    """Whether the unit is of a document that answers and holds any of the words that an answer must have."""
    paths, words = entry.get("path", []), entry.get("words", [])
    said = _folded(scored.unit.text)
    path_is_right = scored.unit.source.found.version.path in ([paths] if isinstance(paths, str) else paths)
    return path_is_right and (not words or any(_folded(one) in said for one in _as_list(words)))


def without_answers(cases: Sequence[Case]) -> list[Case]:
    """Each answered question once more with the documents that hold its answer left out: it cannot be answered."""
    left = []
    for case in cases:
        paths = {one.unit.source.found.version.path for one, right in zip(case.units, case.right, strict=True) if right}
        units = tuple(one for one in case.units if one.unit.source.found.version.path not in paths)
        kept = tuple(one for one in case.evidence.kept if one.found.version.path not in paths)
        if paths and units:
            evidence = replace(case.evidence, kept=kept)
            nothing = np.zeros(len(units), dtype=bool)
            left.append(replace(case, answerable=False, evidence=evidence, units=units, right=nothing, left_out=True))
    return left


# ── the weights of units ─────────────────────────────────────────────────────────────────────────────────────────────


def fit_units(cases: Sequence[Case], names: Sequence[str]) -> dict[str, float]:
    """The weights under which a unit that answers is likeliest to be drawn first, scaled so that the sum of those that
    speak for a unit is 1."""
    groups = [(matrix(case, names), case.right) for case in cases if case.right.any() and not case.right.all()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = 0.0, np.zeros_like(weights)
        for readings, right in groups:
            scores = readings @ weights
            every = np.exp(scores - scores.max())
            share, rightly = every / every.sum(), np.where(right, every, 0.0) / every[right].sum()
            total -= float(np.log(share[right].sum()))
            slope -= (rightly - share) @ readings
        size = len(groups)
        return total / size + L2_UNITS * float(weights @ weights), slope / size + 2 * L2_UNITS * weights

    fitted = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    scale = fitted[fitted > 0].sum()
    return {name: round(float(weight / scale), 4) for name, weight in zip(names, fitted, strict=True)}


def matrix(case: Case, names: Sequence[str]) -> Floats:
    """The readings of a case's units, float64[units, names]."""
    return np.array([[one.readings[name] for name in names] for one in case.units], dtype=float)


def rescored(case: Case, weights: dict[str, float]) -> Case:
    """The case with its units scored by other weights, best first."""
    scores = matrix(case, list(weights)) @ np.array(list(weights.values())) if case.units else np.zeros(0)
    order = np.argsort(-scores, kind="stable")
    units = tuple(replace(case.units[at], score=float(scores[at])) for at in order)
    return replace(case, units=units, right=case.right[order])


def show_ranks(name: str, cases: Sequence[Case]) -> None:
    ranks = np.array([np.argmax(case.right) + 1 if case.right.any() else 999 for case in cases if case.answerable])
    shares = "  ".join(f"@{k} {np.mean(ranks <= k):.3f}" for k in (1, 3, 5, 10))
    print(f"{name:38} n={len(ranks)}  {shares}  mrr {np.mean(1 / ranks):.3f}")


# ── the confidence ───────────────────────────────────────────────────────────────────────────────────────────────────


def fit_confidence(cases: Sequence[Case]) -> dict[str, float]:
    """A logistic regression on whether the best units answer; readings are standardised for the fit and given back in
    their own measure. Answered and not answered count the same in sum."""
    read = [(readings_of(case.evidence, case.units, case.coverage), answers(case)) for case in cases]
    read = [(readings, right) for readings, right in read if readings]
    names = list(read[0][0])
    values = np.array([[readings[name] for name in names] for readings, _ in read])
    right = np.array([right for _, right in read], dtype=float)
    middle, spread = values.mean(0), values.std(0) + 1e-9
    standard = np.hstack([(values - middle) / spread, np.ones((len(values), 1))])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = standard @ weights
        own = np.append(weights[:-1], 0.0)
        likely = 1 / (1 + np.exp(-scores))
        value = np.logaddexp(0, scores) - right * scores
        return float(value.mean() + L2_CONFIDENCE * own @ own), (
            standard.T @ (likely - right) / len(right) + 2 * L2_CONFIDENCE * own
        )

    fitted = minimize(loss, np.zeros(standard.shape[1]), jac=True, method="L-BFGS-B").x
    weights = fitted[:-1] / spread
    intercept = float(fitted[-1] - weights @ middle)
    return {"intercept": intercept, **{name: float(w) for name, w in zip(names, weights, strict=True)}}


def answers(case: Case) -> bool:
    return bool(case.right[:QUOTED_UNITS].any())


def confidence(case: Case, fitted: dict[str, float]) -> float:
    readings = readings_of(case.evidence, case.units, case.coverage)
    if not readings:
        return 0.0
    logit = fitted["intercept"] + sum(fitted[name] * value for name, value in readings.items())
    return float(1 / (1 + np.exp(-logit)))


def threshold(judged: Sequence[tuple[Case, float]]) -> float:
    """The confidence that `ANSWERED_SHARE` of the answerable questions reach."""
    sure = sorted((sure for case, sure in judged if case.answerable), reverse=True)
    return round(sure[int(ANSWERED_SHARE * len(sure)) - 1], 3)


def show_curve(name: str, judged: Sequence[tuple[Case, float]]) -> None:
    sure = sorted((sure for case, sure in judged if case.answerable), reverse=True)
    unsure = np.array([sure for case, sure in judged if not case.answerable])
    wrongly = "  ".join(
        f"{np.mean(unsure >= sure[int(share * len(sure)) - 1]):.2f}" for share in (0.8, 0.85, 0.9, 0.95)
    )
    above = np.array(sure)
    area = np.mean([np.mean(above > one) + 0.5 * np.mean(above == one) for one in unsure])
    print(f"{name:38} {len(sure)} answerable, {len(unsure)} not: {wrongly}   area under the curve {area:.3f}")


def show_bins(judged: Sequence[tuple[Case, float]]) -> None:
    print("confidence from–to, questions, mean confidence, share answered rightly")
    for low, high, count, mean, share in bins(judged):
        print(f"  {low:.1f}–{high:.1f}  {count:4d}  {mean:.2f}  {share:.2f}")


def bins(judged: Sequence[tuple[Case, float]]) -> list[tuple[float, float, int, float, float]]:
    """Low, high, count, mean confidence and share answered rightly of each fifth of the scale that has any."""
    told = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        here = [(case, sure) for case, sure in judged if low <= sure < low + 0.2 or (low == 0.8 and sure == 1.0)]
        if here:
            mean = float(np.mean([sure for _, sure in here]))
            told.append((low, low + 0.2, len(here), mean, float(np.mean([answers(case) for case, _ in here]))))
    return told


def reliability_plot(judged: Sequence[tuple[Case, float]]) -> str:
    """The plot as SVG: a dot for each fifth of the scale, its area the number of questions."""
    side, edge = 360, 50
    dots, labels = [], []
    for _, _, count, mean, share in bins(judged):
        x, y = edge + mean * side, edge + (1 - share) * side
        dots.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{3 + count**0.5:.1f}" fill="#1d70b8" fill-opacity="0.7"/>')
        labels.append(f'<text x="{x:.0f}" y="{y - 6 - count**0.5:.0f}" text-anchor="middle">{count}</text>')
    ticks = [
        f'<text x="{edge + at * side:.0f}" y="{edge + side + 18}" text-anchor="middle">{at:.1f}</text>'
        f'<text x="{edge - 8}" y="{edge + (1 - at) * side + 4:.0f}" text-anchor="end">{at:.1f}</text>'
        for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 2 * edge}" height="{side + 2 * edge}" '
            'font-family="sans-serif" font-size="12" role="img" '
            'aria-label="Confidence against the share of questions answered rightly">',
            f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#505a5f"/>',
            f'<line x1="{edge}" y1="{edge + side}" x2="{edge + side}" y2="{edge}" stroke="#b1b4b6"/>',
            *ticks,
            *dots,
            *labels,
            f'<text x="{edge + side / 2}" y="{edge + side + 38}" text-anchor="middle">confidence</text>',
            f'<text x="{edge}" y="{edge - 14}">share answered rightly (numbers: questions)</text>',
            "</svg>",
            "",
        ]
    )


def folds(cases: Sequence[Case]) -> list[tuple[list[Case], list[Case]]]:
    """Train and test five times; both readings of one question fall into the same fold."""
    ids = sorted({case.id for case in cases})
    part = {id_: place % FOLDS for place, id_ in enumerate(ids)}
    return [
        ([case for case in cases if part[case.id] != fold], [case for case in cases if part[case.id] == fold])
        for fold in range(FOLDS)
    ]


def write_weights(units: dict[str, float], fitted: dict[str, float]) -> None:
    lines = [
        "# Fitted by tools/fit_answers.py on the development questions in tests/eval; figures: docs/answering.md.",
        "",
        "[unit]",
        *(f"{name} = {weight}" for name, weight in units.items()),
        "",
        "[confidence]",
        *(f"{name} = {round(weight, 4)}" for name, weight in fitted.items()),
        "",
    ]
    WEIGHTS.write_text("\n".join(lines), encoding="utf-8")


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _folded(text: str) -> str:
    return " ".join(text.replace("’", "'").lower().split())


if __name__ == "__main__":
    main()
