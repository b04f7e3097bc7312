"""How long does an answer take, and how much of it is more than finding passages?

Asks the graded development questions in one process, once to warm up and once timed, each followed by the named
alternative: the nearest passages alone, as a plain vector search gives them (same model, same index, no word search,
no choice of words to quote). Prints both medians and 95th percentiles, and the ratio question by question.

    staffroom refresh
    python -m benchmarks.answering [--questions tests/eval/development.jsonl] [--limit 100]

It uses the settings in force, so another index is measured by STAFFROOM_DATA.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from bot.app import Staffroom
from bot.evaluation.questions import read_graded
from bot.logs import set_up_logs
from bot.settings import read_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, default=Path("tests/eval/development.jsonl"))
    parser.add_argument("--limit", type=int, default=100)
    options = parser.parse_args()
    set_up_logs(level=logging.WARNING)
    staffroom = Staffroom(read_settings())
    lines = options.questions.read_text(encoding="utf-8").splitlines()
    questions = [one.question for one in read_graded(lines, name=str(options.questions))][: options.limit]
    for question in questions[:10]:
        staffroom.answer(question)
    answers, nearest = [], []
    for question in questions:
        answers.append(milliseconds(lambda asked=question: staffroom.answer(asked)))
        nearest.append(milliseconds(lambda asked=question: staffroom.nearest(asked.text, school=asked.asker.school)))
    staffroom.close()
    print(f"{len(questions)} questions over {options.questions}")
    print(f"answer:                p50 {median(answers):6.1f} ms, p95 {p95(answers):6.1f} ms")
    print(f"nearest passages only: p50 {median(nearest):6.1f} ms, p95 {p95(nearest):6.1f} ms")
    ratios = [mine / theirs for mine, theirs in zip(answers, nearest, strict=True)]
    print(f"ratio, question by question: median {median(ratios):.1f}")


def milliseconds(run: Callable[[], object]) -> float:
    started = perf_counter()
    run()
    return (perf_counter() - started) * 1000


def p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[18]


if __name__ == "__main__":
    main()
