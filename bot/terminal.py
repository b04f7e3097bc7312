"""How do results look in a terminal?

Colours, tables and progress bars on a terminal only; plain text where the output is piped.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import unified_diff
from typing import Any

from rich import progress
from rich.console import Console
from rich.markdown import Markdown

from bot.answering.write import OnSentence
from bot.evaluation.compare import Comparison
from bot.evaluation.figures import Figures
from bot.evaluation.report import comparison_lines, failure_lines, figure_lines
from bot.explain import trace_lines
from bot.model import Answer, Answered, AnswerSentence, Reply
from bot.render import render_markdown, written_sentence
from bot.status import CorpusStatus
from bot.wording import marks, spoken_date
from ingestion.model import RefreshReport
from ingestion.refresh import Progress

LISTED = 20
"""Paths shown of a long list; `--json` has them all."""


class LiveAnswer:
    """One answer on a terminal: a chat model's sentences as each passes its checks, then what belongs beneath them.

    Where the output is piped, or no model writes, the whole answer at its end.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._said: list[AnswerSentence] = []

    @property
    def on_sentence(self) -> OnSentence | None:
        """What to hand the sentences to; None where nobody watches."""
        return self._say if self._console.is_terminal else None

    def _say(self, sentence: AnswerSentence) -> None:
        self._console.print(_as_text(sentence), end=" ", markup=False, highlight=False)
        self._said.append(sentence)

    def finish(self, answer: Answer) -> None:
        """The rest of the answer; all of it when it is another than the one that was begun."""
        text = render_markdown(answer)
        if self._said:
            self._console.print("\n")
            if isinstance(answer, Answered) and list(answer.sentences) == self._said:
                text = text.removeprefix(" ".join(map(written_sentence, self._said))).lstrip()
            else:
                self._console.print("The model stopped there. In the documents’ own words:\n", markup=False)
        if self._console.is_terminal:
            self._console.print(Markdown(text))
        else:
            print(text)


def print_trace(reply: Reply) -> None:
    """How the answer came about, beneath it; that nothing is known of it where something broke."""
    print("\n── How this answer came about ──")
    for line in trace_lines(reply.trace) if reply.trace else ["Something broke: there is nothing to tell."]:
        print(line)


def _as_text(sentence: AnswerSentence) -> str:
    return sentence.text + marks(sentence.citations)


@contextmanager
def refresh_progress() -> Iterator[Callable[[Progress], None]]:
    """Yields the function that a refresh tells its progress to. Shows nothing off a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda reached: None
        return
    columns = (
        progress.TextColumn("{task.description:<10}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def on_progress(reached: Progress) -> None:
            if reached.step not in tasks:
                tasks[reached.step] = bars.add_task(reached.step, total=reached.total)
            bars.update(tasks[reached.step], completed=reached.done, total=reached.total)

        yield on_progress


def print_report(report: RefreshReport) -> None:
    """What a refresh did, or would do: counts, each failure with its reason, and what was not read of a document."""
    would = "Would be " if report.dry_run else ""
    for name, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        if paths:
            print(f"{would}{name}: {len(paths)}".capitalize())
            _print_some(paths)
    for name, paths in (("comes into force", report.starts), ("is no longer in force", report.ends)):
        if paths:
            print(f"{'On a refresh, t' if report.dry_run else 'T'}he file is the same and {name}: {len(paths)}")
            _print_some(paths)
    if report.trust_changed:
        print("trust.toml would change." if report.dry_run else "trust.toml changed.")
    counts = report.passages
    print(
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, {report.kept} kept, "
        f"{len(report.failed)} failed; "
        f"passages: {counts.embedded} embedded, {counts.kept} kept, {counts.removed} removed; "
        f"{report.took_seconds:.1f} s"
    )
    for failure in report.failed:
        print(f"  FAILED {failure.path}: {failure.reason}")
    for down in report.sources_down:
        print(f"  NOT REACHED source {down.path}: {down.reason}")
    for warning in report.warnings:
        print(f"  To look at: {warning.path}: {warning.reason}")
    if report.failed:
        rest = "" if report.dry_run else "; everything else is in service"
        print(f"PARTIAL: the documents named above were not read{rest}.")
    if report.sources_down:
        print("PARTIAL: the sources named above did not answer; their documents stand as they were.")
    if report.dry_run:
        print("Nothing was changed: this was a dry run.")


def print_status(status: CorpusStatus) -> None:
    """The health of the corpus, the sound parts first and what needs a person last."""
    print(
        f"{status.documents} documents in force, {status.passages} passages; "
        f"last refresh {status.last_refresh or 'never'}"
    )
    for _, name, count in status.by_school:
        print(f"  {name}: {count}")
    for title, lines in (
        ("Schools without a behaviour policy", status.without_behaviour_policy),
        (
            "Overdue for review",
            [f"{one.path}: review was due {spoken_date(one.metadata.review_due or '')}" for one in status.overdue],
        ),
        ("Drafts, not searched", [one.path for one in status.drafts]),
        ("Superseded, not searched", [one.path for one in status.superseded]),
        ("Unsure which edition is in force", [f"{one.path}: {one.doubt}" for one in status.doubts]),
        ("Due to start: run `staffroom refresh` to put in force", [one.path for one in status.due_to_start]),
        ("Sources that did not answer", [f"{down.path}: {down.reason}" for down in status.sources_down]),
        ("To look at", [f"{warning.path}: {warning.reason}" for warning in status.warnings]),
        ("Could not be read", [f"{failure.path}: {failure.reason}" for failure in status.failures]),
    ):
        if lines:
            print(f"{title}:")
            for line in lines:
                print(f"  {line}")

    if status.is_rolled_back:
        print("The last refresh was rolled back: no refresh runs by itself until `staffroom refresh` is run by hand.")


def print_history(past: Sequence[Mapping[str, Any]]) -> None:
    """Past refreshes, the latest first: when, who, what each did and what failed."""
    for one in past:
        undone = ", undone since" if one["is_undone"] else ""
        print(
            f"{one['finished_at'][:16].replace('T', ' ')} UTC  {one['kind']} {one['id']} by {one['who']}{undone}: "
            f"{one['added']} added, {one['changed']} changed, {one['removed']} removed, {one['kept']} kept, "
            f"{one['failed']} failed; {one['passages_embedded']} passages embedded"
        )
        if one["changed_trust"]:
            print("  trust.toml changed")
        _print_some(
            [f"{change['change']} {change['path']}" + (f": {change['reason']}" if change["reason"] else "")
             for change in one["documents"]]
        )  # fmt: skip


def print_changes(compared: Mapping[str, Any]) -> None:
    """What changed between two editions: each passage that did, with its words before (-) and after (+)."""
    before, after = compared["before"], compared["after"]
    print(f"{_edition_name(before)}  →  {_edition_name(after)}")
    counts = Counter(one["change"] for one in compared["passages"])
    print(", ".join(f"{counts[change]} {change}" for change in ("changed", "added", "removed", "kept")))
    for one in compared["passages"]:
        if one["change"] == "kept":
            continue
        shown = one["after"] or one["before"]
        print(f"\n[{shown['locator']}] {' > '.join(shown['heading'])}: {one['change']}")
        old = one["before"]["text"].splitlines() if one["before"] else []
        new = one["after"]["text"].splitlines() if one["after"] else []
        for line in unified_diff(old, new, n=1, lineterm=""):
            if not line.startswith(("---", "+++", "@@")):
                print(f"  {line[:1]} {line[1:]}")


def _edition_name(edition: Mapping[str, Any]) -> str:
    version = f", version {edition['version']}" if edition["version"] else ""
    status = edition["status"].replace("_", " ")
    if edition["retired_on"]:
        status = f"{'before, ' if status == 'replaced' else ''}{status} on {spoken_date(edition['retired_on'])}"
    return f"{edition['title']} ({edition['path']}{version}, {status})"


@contextmanager
def eval_progress(total: int) -> Iterator[Callable[[int], None]]:
    """Yields the function that is told how many of `total` questions were asked. Shows nothing off a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda asked: None
        return
    columns = (progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn())
    with progress.Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("asking", total=total)
        yield lambda asked: bars.update(task, completed=asked)


def print_eval(figures: Figures, comparison: Comparison | None, *, failures: int) -> None:
    """At most so many failures, each with what was expected, what came and how; then the figures, and the earlier
    run's beside them."""
    for one in figures.failures[:failures]:
        print("\n".join(failure_lines(one)))
    if (rest := len(figures.failures) - failures) > 0:
        shown = f"… and {rest} more" if failures else f"{rest} failures"
        print(f"{shown} (--failures {len(figures.failures)} lists all; --save keeps them)")
    print("\n".join(figure_lines(figures)))
    if comparison:
        print("\n".join(["", *comparison_lines(comparison, named=LISTED)]))
    print(f"took p50 {figures.took_ms[0]:.0f} ms, p95 {figures.took_ms[1]:.0f} ms", file=sys.stderr)


def _print_some(paths: Sequence[str]) -> None:
    for path in paths[:LISTED]:
        print(f"  {path}")
    if len(paths) > LISTED:
        print(f"  … and {len(paths) - LISTED} more (--json lists all)")
