"""Was one answer right?

Graded where the question states it:

    outcome      the outcome and which written reply, or that it is not a certain one
    case         which reply of the family, where the answer says which it gave
    document     a document that must be cited is, and none is that must not be
    words        the words that must be said are, and none that must not be

Graded wherever something is cited, whatever the question states:

    school       no citation is from a school that was not asked about
    superseded   no citation is from an edition that is not in force, unless the question asks what was before
    verbatim     every quotation stands in the document that it names, as it is indexed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bot.evaluation.asked import asks_what_was, schools_allowed
from bot.evaluation.documents import Documents, stands_in
from bot.evaluation.questions import Expected, GradedQuestion
from bot.model import Question, Redirected, Reply
from bot.render import reply_as_json
from ingestion.model import Trust

Measure = Literal["outcome", "case", "document", "words", "school", "superseded", "verbatim"]
MEASURES: tuple[Measure, ...] = ("outcome", "case", "document", "words", "school", "superseded", "verbatim")

_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"})


@dataclass(frozen=True)
class Result:
    """One question's result. `graded` are the measures it was graded by, `failed` those of them it failed; both in the
    order of MEASURES. `asked` and `got` are JSON objects: as `ask --batch` reads, and as it writes with the `case`
    added. `trace` is how the answer came about, None where that is not told."""

    id: str
    kind: str
    asked: Mapping[str, Any]
    expected: Expected
    got: Mapping[str, Any]
    graded: tuple[Measure, ...] = ()
    failed: tuple[Measure, ...] = ()
    trace: Mapping[str, Any] | None = field(default=None, compare=False)

    @property
    def is_right(self) -> bool:
        return not self.failed


def grade(one: GradedQuestion, reply: Reply, *, trust: Trust, documents: Documents) -> Result:
    """Compares an answer with what was expected. `trust` tells which schools the question names, `documents` what the
    citations are held against."""
    got = _as_json(reply)
    held = {**_stated(one.expected, got), **_always(one, got, trust=trust, documents=documents)}
    return Result(
        id=one.id,
        kind=one.kind,
        asked=_question_as_json(one.question),
        expected=one.expected,
        got=got,
        graded=tuple(measure for measure in MEASURES if measure in held),
        failed=tuple(measure for measure in MEASURES if held.get(measure) is False),
        trace=asdict(reply.trace) if reply.trace is not None else None,
    )


def _stated(expected: Expected, got: Mapping[str, Any]) -> dict[Measure, bool]:
    """What the question states, by measure: whether it holds."""
    held: dict[Measure, bool] = {}
    cited = {citation["path"] for citation in got["citations"]}
    said = folded(" ".join([got["text"], *(citation["quote"] for citation in got["citations"])]))
    if expected.outcomes or expected.redirects or expected.not_redirects or got["outcome"] == "failed":
        held["outcome"] = (
            got["outcome"] in (expected.outcomes or {got["outcome"]} - {"failed"})
            and got["redirect"] in (expected.redirects or {got["redirect"]})
            and got["redirect"] not in expected.not_redirects
        )
    if expected.cases and got["case"] is not None:
        held["case"] = got["case"] in expected.cases
    if expected.paths or expected.not_paths:
        held["document"] = (not expected.paths or not cited.isdisjoint(expected.paths)) and cited.isdisjoint(
            expected.not_paths
        )
    if expected.words or expected.not_words:
        held["words"] = all(folded(words) in said for words in expected.words) and not any(
            folded(words) in said for words in expected.not_words
        )
    return held


def _always(one: GradedQuestion, got: Mapping[str, Any], *, trust: Trust, documents: Documents) -> dict[Measure, bool]:
    """What holds of every answer that cites something, by measure; {} where nothing is cited."""
    citations: Sequence[Mapping[str, Any]] = got["citations"]
    if not citations:
        return {}
    allowed = schools_allowed(one.question, trust)
    asks_past = asks_what_was(one.question)
    held: dict[Measure, bool] = dict.fromkeys(("school", "superseded", "verbatim"), True)
    for citation in citations:
        path = citation["path"]
        status = documents.status_of(path)
        was_asked_for = path in one.expected.paths or (asks_past and status not in ("draft", "waiting", None))
        held["school"] &= citation["school"] in allowed
        held["superseded"] &= status == "in_force" or was_asked_for
        may_be_past = asks_past or status != "in_force"
        held["verbatim"] &= stands_in(documents.texts_of(path, in_past_editions=may_be_past), citation["quote"])
    return held


def _as_json(reply: Reply) -> dict[str, Any]:
    """What `ask --json` prints, with the case of a written reply."""
    case = reply.answer.case if isinstance(reply.answer, Redirected) else None
    return {**reply_as_json(reply), "case": case}


def _question_as_json(question: Question) -> dict[str, Any]:
    """What `ask --batch` reads."""
    stated = {
        "question": question.text,
        "school": question.asker.school,
        "roles": list(question.asker.roles),
        "history": [asdict(turn) for turn in question.history],
    }
    return {key: value for key, value in stated.items() if value}


def folded(text: str) -> str:
    """The text as words are looked for in it: case, white space and the several forms of quotation marks and dashes
    make no difference."""
    return " ".join(text.translate(_ALIKE).lower().split())
