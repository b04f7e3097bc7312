"""How does a line of JSON become a question?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.model import Asker, Failed, Question, Reply, Turn
from ingestion.model import School, Slug


@dataclass(frozen=True)
class Search:
    """One line of `search --batch`."""

    id: str | None
    query: str
    school: School
    problem: str | None = None
    """Why the line cannot be used; None when it can."""
    roles: tuple[str, ...] = ()


def read_questions(
    lines: Iterable[str], *, school: School = None, roles: tuple[str, ...] = ()
) -> Iterator[Question | Reply]:
    """A question for each line that is not blank, in order; for a line that cannot be used, a failed reply that says
    why, under the line's id where it states one. `school` and `roles` are the asker's where the line names none."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield as_question(_read_object(line, wants="question"), school=school, roles=roles)
            except ValueError as error:
                yield Reply(Failed(f"Line {number}: {error}", reference=""), question_id=_stated_id(line))


def read_searches(lines: Iterable[str], *, school: School = None, roles: tuple[str, ...] = ()) -> Iterator[Search]:
    """A search for each line that is not blank, in order; one with a `problem` for a line that cannot be used. `school`
    is searched, and `roles` are the asker's, where the line names none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = _read_object(line, wants="query")
            own_roles = _roles(entry) or roles
        except ValueError as error:
            yield Search(_stated_id(line), "", None, problem=f"Line {number}: {error}")
            continue
        yield Search(
            _text_or_none(entry.get("id")), entry["query"], _slug(entry.get("school")) or school, roles=own_roles
        )


def as_question(entry: Mapping[str, Any], *, school: School = None, roles: tuple[str, ...] = ()) -> Question:
    """The question that an object states. Raises ValueError naming what is wrong with it."""
    history = entry.get("history") or []
    if not isinstance(history, list) or not all(_is_turn(turn) for turn in history):
        raise ValueError('`history` is a list of {"role": "user" or "assistant", "text": "…"}.')
    return Question(
        text=entry["question"],
        asker=Asker(_slug(entry.get("school")) or school, _roles(entry) or roles),
        history=tuple(Turn(turn["role"], turn["text"]) for turn in history),
        id=_text_or_none(entry.get("id")),
    )


def _roles(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles that an object states; () where none. Raises ValueError for what is no list of texts."""
    roles = entry.get("roles") or []
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise ValueError("`roles` is a list of texts.")
    return tuple(roles)


def _read_object(line: str, *, wants: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON.") from None
    if not isinstance(entry, dict) or not isinstance(entry.get(wants), str):
        raise ValueError(f"an object with a text under {wants!r} is expected.")
    if entry.get("school") is not None and not isinstance(entry["school"], str):
        raise ValueError("`school` is a slug of trust.toml.")
    if re.search(r"[\ud800-\udfff]", json.dumps(entry, ensure_ascii=False)):
        raise ValueError("half a character (a lone surrogate) stands in it.")
    return entry


def _stated_id(line: str) -> str | None:
    """The id of a line that cannot be used; None where it cannot be told."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    stated = _text_or_none(entry.get("id")) if isinstance(entry, dict) else None
    return stated.encode("utf-8", "replace").decode("utf-8") if stated else stated


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("role") in ("user", "assistant") and isinstance(turn.get("text"), str)


def _slug(value: str | None) -> School:
    return Slug(value) if value else None


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)
