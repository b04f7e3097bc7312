"""How long does an answer take, where does the time go, and do ten at once queue behind one another?

Asks graded questions in one process, after a few others to warm up, and prints

* an answer's time on the clock and the processor's time in it (50th and 95th percentiles), the first being what a
  person waits and the second what a busy machine does not blur;
* the steps of an answer by their share;
* the named alternative, the nearest passages alone, as a plain vector search gives them (same model, same index, no
  word search, no choice of words to quote), and the ratio question by question;
* the questions once more, ten at once in threads, against one after another.

Each of the three begins with a bot of its own, so that none finds its questions embedded already.

    staffroom refresh
    python -m benchmarks.answering [--questions tests/eval/development.jsonl …] [--limit 100] [--at-once 10]

It uses the settings in force, so another index is measured by STAFFROOM_DATA.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from time import perf_counter, process_time

from bot.app import Staffroom
from bot.evaluation.questions import read_graded
from bot.logs import set_up_logs
from bot.model import Question, Reply
from bot.settings import Settings, read_settings

WARM_UP = 10
"""Questions asked first, of the end of the list: they are not timed."""


@dataclass(frozen=True)
class Timed:
    """One run of something: milliseconds on the clock and of the processor, all threads of this process."""

    wall: float
    cpu: float
    reply: Reply | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, nargs="+", default=[Path("tests/eval/development.jsonl")])
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=10)
    options = parser.parse_args()
    set_up_logs(level=logging.WARNING)
    settings = read_settings()
    questions = [
        one.question
        for file in options.questions
        for one in read_graded(file.read_text(encoding="utf-8").splitlines(), name=str(file))
    ]
    asked, warm_up = questions[: options.limit], questions[-WARM_UP:]
    answers = one_after_another(settings, asked, warm_up, passages=True)
    print(f"answer:                {spread([one.wall for one in answers])}, CPU {spread([one.cpu for one in answers])}")
    show_steps(answers)
    nearest = nearest_alone(settings, asked, warm_up)
    print(f"nearest passages only: {spread([one.wall for one in nearest])}, CPU {spread([one.cpu for one in nearest])}")
    ratios = [mine.cpu / theirs.cpu for mine, theirs in zip(answers, nearest, strict=True)]
    print(f"ratio of CPU, question by question: median {median(ratios):.1f}")
    show_at_once(settings, asked, warm_up, at_once=options.at_once)


def opened(settings: Settings, warm_up: Sequence[Question]) -> Staffroom:
    """A bot that has answered some questions, so that models and patterns are loaded."""
    staffroom = Staffroom(settings)
    staffroom.warm_up()
    for question in warm_up:
        staffroom.answer(question)
    return staffroom


def one_after_another(
    settings: Settings, asked: Sequence[Question], warm_up: Sequence[Question], *, passages: bool = False
) -> list[Timed]:
    staffroom = opened(settings, warm_up)
    if passages:
        print(f"{len(asked)} questions over {staffroom.status().passages} passages")
    timed = [timing(lambda question=question: staffroom.answer(question)) for question in asked]
    staffroom.close()
    return timed


def nearest_alone(settings: Settings, asked: Sequence[Question], warm_up: Sequence[Question]) -> list[Timed]:
    staffroom = opened(settings, warm_up)
    timed = [
        timing(lambda question=question: staffroom.nearest(question.text, school=question.asker.school))
        for question in asked
    ]
    staffroom.close()
    return timed


def show_steps(answers: Sequence[Timed]) -> None:
    """What each step takes, of the questions that come to it, and its share of the time of all."""
    traces = [(one, one.reply.trace.steps_ms) for one in answers if one.reply is not None and one.reply.trace]
    everything = sum(one.wall for one, _ in traces)
    for name in dict.fromkeys(name for _, steps in traces for name in steps):
        took = [steps[name] for _, steps in traces if name in steps]
        print(f"    {name:<12} {spread(took)}, {sum(took) / everything:4.0%} of all, in {len(took)} answers")
    rest = [one.wall - sum(steps.values()) for one, steps in traces]
    print(f"    {'the rest':<12} {spread(rest)}, {sum(rest) / everything:4.0%} of all")


def show_at_once(settings: Settings, asked: Sequence[Question], warm_up: Sequence[Question], *, at_once: int) -> None:
    """The same questions with so many always under way; the processor's time tells what being many costs."""
    staffroom = opened(settings, warm_up)
    with ThreadPoolExecutor(at_once) as pool:
        whole = timing(lambda: [*pool.map(staffroom.answer, asked)])
    staffroom.close()
    alone = timing_of_all(one_after_another(settings, asked, warm_up))
    print(
        f"{at_once} at once: {whole.wall / len(asked):.1f} ms a question ({whole.cpu / len(asked):.1f} CPU); one after "
        f"another: {alone.wall / len(asked):.1f} ({alone.cpu / len(asked):.1f} CPU); "
        f"ratio {whole.wall / alone.wall:.2f} (CPU {whole.cpu / alone.cpu:.2f})"
    )


def timing(run: Callable[[], object]) -> Timed:
    began, used = perf_counter(), process_time()
    given = run()
    wall, cpu = (perf_counter() - began) * 1000, (process_time() - used) * 1000
    return Timed(wall, cpu, given if isinstance(given, Reply) else None)


def timing_of_all(timed: Sequence[Timed]) -> Timed:
    return Timed(sum(one.wall for one in timed), sum(one.cpu for one in timed))


def spread(values: Sequence[float]) -> str:
    """Median, 95th percentile and mean."""
    p95 = quantiles(values, n=20, method="inclusive")[18] if len(values) > 1 else values[0]
    return f"p50 {median(values):6.1f} p95 {p95:6.1f} mean {mean(values):6.1f} ms"


if __name__ == "__main__":
    main()
