"""How many unanswerable questions are declined, at how many answerable ones wrongly declined?

    python -m benchmarks.abstention passages QUESTION_SET --folder FOLDER
    staffroom refresh
    python -m benchmarks.abstention graded tests/eval/held_out*.jsonl

`passages` takes a folder with `docs.jsonl` (id, title, text) and `queries.jsonl`, CLAPNQ's: half of its questions are
answered by their `passage`, the other half each have one that looks as if it did. All passages are indexed together
under FOLDER, once, so that an unanswerable question finds its own. `graded` asks files of graded questions of the index
in force (STAFFROOM_DATA names another): those whose outcome is `answered` against those of `no_evidence`.

Every question takes the whole way of an answer, and counts with the confidence that decided it; what gets a written
reply or is asked back counts as declined, with confidence 0, and is told apart in the first line. The questions of
`passages` are about anything under the sun, which the trained reader of messages turns away; they are looked up all the
same, and how many it would have turned away is told. Printed are the curve
(one figure alone means nothing: declining everything declines what is unanswerable), the area under the curve of
answerable against unanswerable, and where the line stands that is in force. The named alternative is the cosine of the
nearest passage, which is what a plain vector search has to go by.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.ablation import indexed
from bot.answering.answer import Answering, answer_question
from bot.answering.confidence import MIN_CONFIDENCE
from bot.answering.redirects import Redirects
from bot.answering.remembering import RememberingEmbedder
from bot.answering.spelling import CurrentWords
from bot.app import embedder_of, open_reading_index, prompt_of, redirects_of, today_in_school
from bot.evaluation.questions import read_graded
from bot.logs import set_up_logs
from bot.model import Answered, NoEvidence, Question
from bot.prompts import load_replies
from bot.settings import read_settings

DECLINED_SHARES = (0.05, 0.10, 0.20, 0.30)
"""Of the answerable questions."""


@dataclass(frozen=True)
class Asked:
    """A question, whether the documents answer it, and which way it went."""

    answerable: bool
    sure: float
    nearest: float
    outcome: str
    cites_its_own: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("passages", "graded"))
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--folder", type=Path, help="where the documents of a public set are indexed")
    options = parser.parse_args()
    set_up_logs(level=logging.WARNING)
    settings = read_settings()
    if options.kind == "passages":
        if options.folder is None:
            parser.error("--folder says where the documents are to be indexed")
        settings = indexed(options.questions[0], options.folder, settings)
    embedder = RememberingEmbedder(embedder_of(settings))
    index = open_reading_index(settings, model=embedder.name)
    trained = redirects_of(settings)
    using = Answering(
        index=index,
        embedder=embedder,
        redirects=trained if options.kind == "graded" else Redirects(),
        replies=load_replies(),
        prompt=prompt_of("compose", settings),
        known_words=CurrentWords(index),
    )
    read = read_public(options.questions[0]) if options.kind == "passages" else read_own(options.questions)
    if options.kind == "passages":
        turned_away = sum(trained.of(question.text) is not None for question, _, _ in read)
        print(f"the trained reader would turn away {turned_away} of {len(read)}")
    show([ask(using, question, answerable, own) for question, answerable, own in read])
    index.close()


def read_public(folder: Path) -> list[tuple[Question, bool, tuple[str, ...]]]:
    """Each question, whether it can be answered, and what the path of its own passage holds."""
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [(Question(one["text"]), one["answerability"] == "ANSWERABLE", (one["passage"],)) for one in entries]


def read_own(paths: Sequence[Path]) -> list[tuple[Question, bool, tuple[str, ...]]]:
    graded = [
        one for path in paths for one in read_graded(path.read_text(encoding="utf-8").splitlines(), name=str(path))
    ]
    told = (("answered",), ("no_evidence",))
    return [
        (one.question, one.expected.outcomes == ("answered",), one.expected.paths)
        for one in graded
        if one.expected.outcomes in told
    ]


def ask(using: Answering, question: Question, answerable: bool, own: Sequence[str]) -> Asked:
    answer, trace = answer_question(question, using, today=today_in_school())
    is_judged = isinstance(answer, Answered | NoEvidence)
    school = question.asker.school
    vector = using.embedder.embed_question(question.text)
    hits = using.index.nearest(vector, schools=(school,) if school else (), limit=1)
    cited = [citation.path for citation in answer.citations] if isinstance(answer, Answered) else []
    return Asked(
        answerable=answerable,
        sure=trace.confidence or 0.0 if is_judged else 0.0,
        nearest=hits[0].score if hits else -1.0,
        outcome=type(answer).__name__,
        cites_its_own=any(path in one for one in cited for path in own),
    )


def show(asked: Sequence[Asked]) -> None:
    can, cannot = [one for one in asked if one.answerable], [one for one in asked if not one.answerable]
    others = sum(one.outcome not in ("Answered", "NoEvidence") for one in asked)
    print(f"{len(can)} answerable, {len(cannot)} not; {others} got a written reply or were asked back\n")
    shares = " | ".join(f"{share:.0%}" for share in DECLINED_SHARES)
    print(f"| answerable declined | {shares} | area under the curve |\n|---|{'---|' * (len(DECLINED_SHARES) + 1)}")
    print(curve("unanswerable declined", [one.sure for one in can], [one.sure for one in cannot]))
    print(curve("the same by cosine alone", [one.nearest for one in can], [one.nearest for one in cannot]))
    answered = [one for one in can if one.outcome == "Answered"]
    print(
        f"\nAs it is (confidence from {MIN_CONFIDENCE:.2f}): "
        f"{1 - len(answered) / len(can):.1%} of the answerable declined, "
        f"{np.mean([one.outcome != 'Answered' for one in cannot]):.1%} of the unanswerable declined; of the answerable "
        f"that were answered {np.mean([one.cites_its_own for one in answered]):.1%} cite a document that answers"
    )


def curve(name: str, can: Sequence[float], cannot: Sequence[float]) -> str:
    """The share of unanswerable questions below the confidence under which so large a share of answerable ones is."""
    declined = []
    for share in DECLINED_SHARES:
        line = sorted(can)[int(share * len(can))]
        declined.append(f"{np.mean(np.array(cannot) < line):.0%}")
    return f"| {name} | {' | '.join(declined)} | {area(can, cannot):.3f} |"


def area(can: Sequence[float], cannot: Sequence[float]) -> float:
    """The chance that an answerable question is surer than an unanswerable one, ties counting half."""
    above = np.array(can)[:, None] - np.array(cannot)[None, :]
    return float(np.mean(above > 0) + 0.5 * np.mean(above == 0))


if __name__ == "__main__":
    main()
