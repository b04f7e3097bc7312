"""How does a line of JSON become a graded question?

A file of graded questions is JSON lines. Each has a `question`, and any of these:

    id          a name that stays the same from run to run      kind       a name to count under
    school      the asker's school                              history    the turns before it, as in `ask --batch`
    roles       the asker's roles, a list                       note       for people; not graded

    outcome     the outcome expected: a text, or a list of which one must be
    redirect    which family of written replies; `not_redirect`: which it must not be
    case        which reply of the family; compared where the answer states one
    path        the document that must be cited: a text, or a list of which one must be
    not_path    documents that must not be cited
    words       what must stand in the answer or its quotations: a text, or a list of all that must
    not_words   what must not stand in them

What a line does not state is not graded, but for what holds of every answer: `bot.evaluation.grade` has the list.

Lines of a second shape are messages sorted by whether they need the safeguarding reply: `text` with `case` is one that
does, for that case; `text` with `about` is one that uses the same words and does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, get_args

from bot.batch import as_question
from bot.errors import SettingsError
from bot.model import Question, RedirectCase, RedirectKind

OUTCOMES = ("answered", "needs_detail", "no_evidence", "redirected", "failed")
OF_THE_ASKER = ("school", "history", "roles")
OF_THE_ANSWER = ("outcome", "redirect", "not_redirect", "case", "path", "not_path", "words", "not_words")
KNOWN = ("id", "kind", "question", *OF_THE_ASKER, *OF_THE_ANSWER, "note")
KNOWN_OF_MESSAGES = ("id", "text", "case", "about", "school", "note")

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "outcome": OUTCOMES,
    "redirect": get_args(RedirectKind),
    "not_redirect": get_args(RedirectKind),
    "case": get_args(RedirectCase),
}
"""The values of the keys that have a fixed list of them: a slip would be a question that no answer can pass."""


@dataclass(frozen=True)
class Expected:
    """What is right, by key; () = the line does not state it. Of `outcomes`, `redirects`, `cases` and `paths` one must
    be; of `words` all; of those that begin with `not_` none."""

    outcomes: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    not_redirects: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As a line states it, with what it does not state left out."""
        stated = zip(OF_THE_ANSWER, (
            self.outcomes, self.redirects, self.not_redirects, self.cases,
            self.paths, self.not_paths, self.words, self.not_words,
        ), strict=True)  # fmt: skip
        return {key: list(values) for key, values in stated if values}

    @classmethod
    def from_json(cls, stated: Mapping[str, Sequence[str]]) -> Expected:
        """What `as_json` gave."""
        return cls(*(tuple(stated.get(key, ())) for key in OF_THE_ANSWER))


@dataclass(frozen=True)
class GradedQuestion:
    """A question with what is right. `file` and `line` (from 1) say where it was read."""

    id: str
    kind: str
    question: Question
    expected: Expected = field(default=Expected())
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """Where to mend it: "questions.jsonl, line 3"."""
        return f"{self.file}, line {self.line}"


def read_graded(lines: Iterable[str], *, name: str) -> list[GradedQuestion]:
    """The graded questions of a file, in its order; blank lines are none. A question without an `id` is named by file
    and line.

    Raises SettingsError naming the line that cannot be used and why, or the file that holds none.
    """
    questions = []
    for number, line in enumerate(lines, start=1):
        stripped = line.lstrip("\ufeff") if number == 1 else line  # Windows editors begin a file with a byte order mark
        if not stripped.strip():
            continue
        try:
            questions.append(_read_line(stripped, name=name, number=number))
        except ValueError as error:
            raise SettingsError(f"{name}, line {number}: {error}") from None
    if not questions:
        raise SettingsError(f"{name} holds no graded question: write one a line, as docs/evaluating.md shows.")
    return questions


def check_ids(questions: Sequence[GradedQuestion]) -> None:
    """Raises SettingsError where two questions have one id: runs are compared by it."""
    seen: dict[str, GradedQuestion] = {}
    for one in questions:
        if (first := seen.setdefault(one.id, one)) is not one:
            raise SettingsError(f"{one.place}: the id {one.id!r} stands in {first.place} already; give each its own.")


def _read_line(line: str, *, name: str, number: int) -> GradedQuestion:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError('not JSON. Each line is one object, for instance {"question": "…"}.') from None
    if isinstance(entry, dict) and "text" in entry and "question" not in entry:
        entry = _from_message(entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("question"), str):
        raise ValueError("an object with a `question` is expected, in quotation marks.")
    _refuse_unknown(entry, KNOWN)
    if re.search(r"[\ud800-\udfff]", json.dumps(entry, ensure_ascii=False)):
        raise ValueError("half a character (a lone surrogate) stands in it.")
    if entry.get("school") is not None and not isinstance(entry["school"], str):
        raise ValueError("`school` is a slug of trust.toml.")
    values = [_texts(entry, key) for key in OF_THE_ANSWER]
    id_ = str(entry.get("id", f"{PurePath(name).stem}:{number}"))
    return GradedQuestion(
        id=id_,
        kind=_kind(entry),
        question=as_question({**entry, "id": id_}),
        expected=Expected(*values),
        file=name,
        line=number,
    )


def _from_message(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the second shape as one of the first."""
    _refuse_unknown(entry, KNOWN_OF_MESSAGES)
    if ("case" in entry) == ("about" in entry):
        raise ValueError(
            "a line with `text` has either `case` (it needs the safeguarding reply) or `about` (it does not)."
        )
    rest = {key: value for key, value in entry.items() if key not in ("text", "about")}
    if "case" in entry:
        needs = {"outcome": "redirected", "redirect": "safeguarding", "kind": f"disclosure: {entry['case']}"}
        return {**rest, **needs, "question": entry["text"]}
    return {**rest, "not_redirect": "safeguarding", "kind": f"look-alike: {entry['about']}", "question": entry["text"]}


def _refuse_unknown(entry: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(set(entry) - set(known)):
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(known)}.")


def _kind(entry: Mapping[str, Any]) -> str:
    kind = entry.get("kind")
    if kind is None:
        return "/".join(_texts(entry, "outcome")) or "question"
    if not isinstance(kind, str) or not kind.strip():
        raise ValueError("`kind` is a text, a name to count under.")
    return kind


def _texts(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The values under a key, which holds a text or a list of texts; () where it is not there or null."""
    value = entry.get(key)
    values = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
        raise ValueError(f"`{key}` is a text or a list of texts, none of them empty.")
    allowed = _ALLOWED.get(key)
    if allowed and (wrong := [one for one in values if one not in allowed]):
        raise ValueError(f"`{key}` cannot be {wrong[0]!r}; it is one of {', '.join(allowed)}.")
    return tuple(values)
