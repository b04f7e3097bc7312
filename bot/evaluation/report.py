"""How do a run's figures read: in a terminal, in a file, as JSON?

Pure. Lines are plain text for a terminal; `markdown_report` is `figures.md`, `report_as_json` is `figures.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.evaluation.compare import Comparison, comparison_as_json
from bot.evaluation.figures import Figures, Share, failure_as_json, figures_as_json
from bot.evaluation.grade import Result
from bot.evaluation.run import Run

TRACED_PASSAGES = 3
NAME_WIDTH = 32

ERRORS = {
    "answerable": "answerable, declined",
    "unanswerable": "unanswerable, answered",
    "disclosures": "disclosures missed",
    "look-alikes": "false alarms, look-alikes",
    "other questions": "false alarms, others",
}
"""How the shares that are told by their errors are called: each is the rest of the share of that name."""

MEASURE_WORDS = {"superseded": "edition in force", "verbatim": "quoted verbatim"}
"""How a measure is called where "right" before its name does not say what is right."""


def figure_lines(figures: Figures) -> list[str]:
    """A line a share: its name, per cent, count and 95 % interval; then calibration."""
    lines = [_share_line(kind, share) for kind, share in figures.by_kind.items()]
    lines += [_share_line(_measure_words(measure), share) for measure, share in figures.by_measure.items()]
    lines += [_share_line(ERRORS[name], share.rest()) for name, share in _told_by_errors(figures)]
    if figures.calibration:
        lines.append(f"{'calibration error':<{NAME_WIDTH}} {figures.calibration.error:8.3f}")
        for one in figures.calibration.bins:
            if one.confidence is not None:
                name = f"  confidence {one.low:.1f} to {one.high:.1f}"
                lines.append(f"{_share_line(name, one.answers)}, mean confidence {one.confidence:.2f}")
    return [*lines, _share_line("all right", figures.overall)]


def failure_lines(result: Result) -> list[str]:
    """A failure in short: what was asked, expected and got, and where in the search the expected document stood."""
    told = failure_as_json(result)
    expected = "; ".join(f"{key} {' | '.join(values)}" for key, values in told["expected"].items())
    got = [str(told["got"].get(key)) for key in ("outcome", "redirect", "case") if told["got"].get(key)]
    confidence = told["got"].get("confidence")
    lines = [f"MISS {result.id} [{', '.join(result.failed)}] {told['question']}"]
    if told.get("school"):
        lines.append(f"     asked at {told['school']}")
    if expected:
        lines.append(f"     expected {expected}")
    lines.append(f"     got      {' '.join(got)}{f', confidence {confidence}' if confidence is not None else ''}")
    lines += [
        f"              {words}" for words in (*told["got"]["citations"], *told["got"].get("said", "").splitlines())
    ]
    return [*lines, *(f"     trace    {sentence}" for sentence in _traced(result))]


def comparison_lines(comparison: Comparison, *, named: int) -> list[str]:
    """Both runs side by side, what differs in their settings, and at most `named` questions of each direction."""
    lines = [f"{comparison.common} questions were asked in both runs"]
    if left_out := _left_out(comparison):
        lines[0] += f"; not compared: {left_out}"
    lines += [f"  {name}: {_plain(old)} → {_plain(new)}" for name, (old, new) in comparison.settings.items()]
    lines.append(f"{'':<{NAME_WIDTH}} {'before':>8} {'now':>8} {'of':>5} {'better':>7} {'worse':>6} {'p':>6}")
    lines += [
        f"{row.name:<{NAME_WIDTH}} {row.before.share or 0:8.1%} {row.now.share or 0:8.1%} {row.now.of:5} "
        f"{row.better:7} {row.worse:6} {row.p_value:6.3f}"
        for row in comparison.rows
    ]
    for name, ids in (("better", comparison.better), ("worse", comparison.worse)):
        if ids:
            rest = f" and {len(ids) - named} more" if len(ids) > named else ""
            shown = f": {', '.join(ids[:named])}" if named else ""
            lines.append(f"{name}, {len(ids)}{shown}{rest if shown else ''}")
    return lines


def report_as_json(figures: Figures, comparison: Comparison | None = None) -> dict[str, Any]:
    """The object that `eval --json` prints and `figures.json` holds."""
    return figures_as_json(figures) | ({"against": comparison_as_json(comparison)} if comparison else {})


def markdown_report(run: Run, figures: Figures, comparison: Comparison | None = None) -> str:
    """`figures.md`: figures, calibration, comparison, settings, and every failure by kind."""
    overall = figures.overall
    parts = [
        f"# Graded questions, {run.settings.get('date', 'undated')}",
        f"**{_percent(overall)}** of {overall.of} questions all right (95 % interval {_interval(overall)}); "
        f"p50 {figures.took_ms[0]:.0f} ms, p95 {figures.took_ms[1]:.0f} ms a question.",
        _share_table("Kind", figures.by_kind.items()),
        _share_table("Measure", [(_measure_words(name), share) for name, share in figures.by_measure.items()]),
    ]
    if errors := [(ERRORS[name], share.rest()) for name, share in _told_by_errors(figures)]:
        parts.append(_share_table("Wrong", errors))
    if figures.calibration:
        rows = [
            (f"{one.low:.1f} to {one.high:.1f}", one.answers.of, f"{one.confidence:.2f}",
             _percent(one.answers), _interval(one.answers))
            for one in figures.calibration.bins
            if one.confidence is not None
        ]  # fmt: skip
        parts += [
            f"Expected calibration error: {figures.calibration.error:.3f}",
            _table(("Confidence", "Answers", "Mean confidence", "Right", "95 % interval"), rows),
        ]
    if comparison:
        parts += ["## Against the earlier run", *_comparison_parts(comparison)]
    parts += ["## Settings", _fenced(json.dumps(run.settings, ensure_ascii=False, indent=2))]
    parts.append(f"## Failures ({len(figures.failures)})")
    for kind in sorted({one.kind for one in figures.failures}):
        parts.append(f"### {kind}")
        parts += [_fenced("\n".join(failure_lines(one))) for one in figures.failures if one.kind == kind]
    return "\n\n".join(parts) + "\n"


def _comparison_parts(comparison: Comparison) -> list[str]:
    left_out = _left_out(comparison)
    rows = [
        (row.name, _percent(row.before), _percent(row.now), row.now.of, row.better, row.worse, f"{row.p_value:.3f}")
        for row in comparison.rows
    ]
    changed = [
        f"{name}: {', '.join(ids)}" for name, ids in (("Better", comparison.better), ("Worse", comparison.worse)) if ids
    ]
    settings = [f"- {name}: {_plain(old)} → {_plain(new)}" for name, (old, new) in comparison.settings.items()]
    return [
        f"{comparison.common} questions were asked in both{f'; not compared: {left_out}' if left_out else ''}.",
        *(["\n".join(settings)] if settings else []),
        _table(("", "Before", "Now", "Questions", "Better", "Worse", "p, sign test"), rows),
        *changed,
    ]


def _left_out(comparison: Comparison) -> str:
    counts = (
        (comparison.only_before, "only before"), (comparison.only_now, "only now"), (comparison.reworded, "reworded")
    )  # fmt: skip
    return ", ".join(f"{count} {why}" for count, why in counts if count)


def _traced(result: Result) -> list[str]:
    """Where the search had the expected document, and what it had first; nothing where there is no trace."""
    trace = result.trace or {}
    passages: Sequence[dict[str, Any]] = trace.get("passages") or ()
    lines = []
    if interpretation := trace.get("interpretation"):
        lines.append(f"{interpretation}, searched for: {trace.get('query') or 'nothing'}")
    places = [place for place, one in enumerate(passages, start=1) if one["path"] in result.expected.paths]
    if passages and result.expected.paths:
        found = f"{places[0]} of {len(passages)}" if places else f"not among {len(passages)}"
        lines.append(f"expected document found: {found}")
    lines += [f"{place}. {one['path']}, {one['locator']}" for place, one in enumerate(passages[:TRACED_PASSAGES], 1)]
    return lines


def _told_by_errors(figures: Figures) -> list[tuple[str, Share]]:
    return [*figures.abstention.items(), *figures.safeguarding.items()]


def _measure_words(measure: str) -> str:
    return MEASURE_WORDS.get(measure, f"right {measure}")


def _share_line(name: str, share: Share) -> str:
    return f"{name:<{NAME_WIDTH}} {_percent(share):>8}  {share.right:>4} of {share.of:<4} ({_interval(share)})"


def _fenced(text: str) -> str:
    """Shown as it stands; a question may hold a fence itself."""
    return f"````\n{text}\n````"


def _share_table(name: str, shares: Iterable[tuple[str, Share]]) -> str:
    rows = [(key, _percent(share), f"{share.right} of {share.of}", _interval(share)) for key, share in shares]
    return _table((name, "Share", "Count", "95 % interval"), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in cells)


def _percent(share: Share) -> str:
    return "–" if share.share is None else f"{share.share:.1%}"


def _interval(share: Share) -> str:
    interval = share.interval
    return "–" if interval is None else f"{interval[0]:.0%} to {interval[1]:.0%}"


def _plain(value: object) -> str:
    return "–" if value is None else str(value)
