"""Which training programmes does `programmes.toml` hold? Each is a record, and a section a reader can be shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from ingestion.editions import first_day
from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import Locator, Record
from ingestion.parse.reading import Outline, Reading

TABLES = ("programmes", "programme")
NAMES = ("aliases", "former_names")
NOT_SHOWN = frozenset({"id", "name", "aliases", "former_names", "source", "last_checked"})
"""Keys that serve the look-up and the record's keeper, and not its reader."""


def read_programmes(data: bytes) -> Reading:
    """The records of `[[programmes]]`. A record without an id or a name, or with the id of another, is named in the
    warnings and left out; the others stand. One name where a list of them belongs becomes a list, and a closing date
    that is none stays as it is written; both are named. Raises DocumentNotRead: no valid TOML, no record that can be
    read."""
    text = _decoded(data)
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentNotRead(f"it is not valid TOML: {error}") from error
    table = next((name for name in TABLES if isinstance(stated.get(name), list)), None)
    if table is None:
        raise DocumentNotRead("it has no [[programmes]]: write one for each programme, with an id and a name")
    lines = [
        text.count("\n", 0, found.start()) + 1 for found in re.finditer(rf"^[ \t]*\[\[\s*{table}\s*\]\]", text, re.M)
    ]
    outline = Outline()
    records: dict[str, Record] = {}
    warnings: list[str] = []
    for number, entry in enumerate(stated[table]):
        line = lines[number] if number < len(lines) else 0
        problem = _problem(entry, records)
        if problem is not None:
            warnings.append(f"line {line}: {table}[{number + 1}] {problem}")
            continue
        warnings += [f"line {line}: programme {entry['id']!r}: {doubt}" for doubt in _doubts(entry)]
        entry = _with_lists_of_names(entry)
        locator = Locator("section", name=entry["name"])
        outline.heading(1, entry["name"])
        shown = list(_shown(entry))
        for label, value in shown:
            outline.add("list_item", f"{label}: {value}", locator)
        if not shown:
            outline.add("paragraph", entry["name"], locator)
        records[entry["id"]] = Record("programme", entry["id"], _plain(entry), locator)
    if not records:
        raise DocumentNotRead("; ".join(warnings) or f"it has no [[{table}]]: write one for each programme")
    return Reading(
        outline.sections(),
        Cover(titles=("Training programmes",), kind="programme"),
        records=tuple(records.values()),
        warnings=tuple(warnings),
    )


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentNotRead(f"it is not UTF-8 (line {line}): save it as UTF-8") from error


def _problem(entry: Any, records: Mapping[str, Record]) -> str | None:
    if not isinstance(entry, dict):
        return "is not a table: write [[programmes]] above its lines"
    for key in ("id", "name"):
        value = entry.get(key)
        if value is None:
            return f"has no {key}: add it"
        if not isinstance(value, str) or not value.strip():
            return f"has the {key} {value!r}: write it as text in quotes"
    if entry["id"] in records:
        return f"has the id {entry['id']!r} of another programme: give it its own"
    return None


def _doubts(entry: Mapping[str, Any]) -> Iterator[str]:
    """What is not written as it should be, and can be read all the same."""
    for key in NAMES:
        if key in entry and not isinstance(entry[key], list):
            yield f"{key} is {entry[key]!r}, read as one name: write a list in [ ]"
    cohorts = entry.get("cohorts")
    for number, cohort in enumerate(cohorts if isinstance(cohorts, list) else [], start=1):
        closes = cohort.get("closes") if isinstance(cohort, Mapping) else None
        if closes is not None and not _is_date(closes):
            yield f"cohorts[{number}].closes is {closes!r}, which is no date: write it as 2027-01-15, or leave it out"


def _is_date(value: Any) -> bool:
    """A TOML date, or ISO 8601 text of any precision: "2027-01-15", "2027-01"."""
    return isinstance(value, date) or (isinstance(value, str) and first_day(value) is not None)


def _with_lists_of_names(entry: Mapping[str, Any]) -> dict[str, Any]:
    single = {key: [str(entry[key])] for key in NAMES if key in entry and not isinstance(entry[key], list)}
    return {**entry, **single}


def _shown(entry: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """What a reader wants to know, as label and value: "Closes", "15 January 2027".

    A rule is shown by what it `says`, since its other keys are for deciding; a rule that says nothing is not shown.
    """
    for key, value in entry.items():
        label = f"{prefix}{key.replace('_', ' ')}".strip()
        if not prefix and key in NOT_SHOWN:
            continue
        if isinstance(value, Mapping):
            yield from _shown(value, f"{label}, ")
        elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
            for inside in filter(None, map(_shown_rule, value)):
                yield label.capitalize(), inside
        elif words := _words(value):
            yield label[:1].upper() + label[1:], words


def _shown_rule(rule: Any) -> str:
    """One entry of a list of tables: a rule's sentence, with when it holds; or a cohort's dates."""
    if not isinstance(rule, Mapping):
        return ""
    if "rule" in rule or "says" in rule:
        return ": ".join(filter(None, (_words(rule.get("when")), _words(rule.get("says")))))
    return ", ".join(f"{name.lower()} {words}" for name, words in _shown(rule))


def _words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime() | date():
            return f"{value.day} {value:%B %Y}"
        case list():
            return ", ".join(filter(None, map(_words, value)))
        case None:
            return ""
        case _:
            return str(value).strip()


def _plain(value: Any) -> Any:
    """The value as JSON knows it: dates and times as ISO 8601 text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return value
