"""What do the lines of a cover state: "Review date: …", "Version 2 · Review May 2027", a label above its value?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingestion.metadata.labels import DATES, FIELD_OF_LABEL, body_in_label, field_of, label_in
from ingestion.metadata.statements import LINES, MARGIN, MAX_LINE_LENGTH, Statement, is_body, read_pair
from ingestion.metadata.values import date_in, version_of, without_dates


@dataclass(frozen=True)
class Line:
    """A line of the cover; a heading may be a label, and never a value."""

    text: str
    is_heading: bool = False


MAX_VALUE_WORDS = 8
"""Words of a value that stands beneath its label: an owner's or a committee's name, and not the text that follows."""


def read_lines(lines: Sequence[Line | None]) -> Iterator[Statement]:
    """Label and value from lines: "Review date: …", "Version 2.2 · Next review September 2027", a label alone above
    its value."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line is None or len(line.text) > MAX_LINE_LENGTH:
            continue
        name = field_of(line.text)
        if name is None and not (line.text.rstrip().endswith(":") and body_in_label(line.text)):
            yield from read_line(line.text, LINES)
            continue
        value = lines[at] if at < len(lines) else None
        if value is not None and _is_beneath(line, name, value.text, lines, at) and not value.is_heading:
            found = list(read_pair(line.text, value.text, LINES))
            yield from found
            at += bool(found)
        elif not line.is_heading:
            yield from read_line(line.text, LINES)  # "Approved by the Trust Board" has its value within it


def _is_beneath(line: Line, name: str | None, value: str, lines: Sequence[Line | None], at: int) -> bool:
    """Whether the line at `at` may be the value of the label above it: it shows so itself (a date, a version, a
    status), or labels and values take turns, or the label ends with a colon; and it is no label and no prose."""
    if len(value) > 120 or field_of(value) or body_in_label(value) or _starts_with_label(value):
        return False
    if name in DATES or name in ("version", "status") or name is None:
        return len(value) <= 60 and not (name == "version" and len(value) > 30)
    is_short = len(value.split()) <= MAX_VALUE_WORDS and not value.rstrip().endswith((".", ":"))
    after, before = (lines[at + 1] if at + 1 < len(lines) else None), (lines[at - 3] if at >= 3 else None)
    takes_turns = any(other is not None and field_of(other.text) is not None for other in (after, before))
    is_labelled = line.text.rstrip().endswith(":")
    return is_short and (takes_turns or (is_labelled and name in ("owner", "approved_by") and after is None))


def _starts_with_label(text: str) -> bool:
    return any(
        field_of(words) is not None or body_in_label(words) is not None for words in re.split(r":|\s[–—-]\s", text)
    )


_LABEL = "|".join(re.escape(label).replace(r"\ ", r"\s") for label in sorted(FIELD_OF_LABEL, key=len, reverse=True))
_APART = re.compile(r"\s[|·•¦]\s|\t|;\s|\s{3}")
_NEXT = re.compile(rf"(?<=[\d)|·•–—])[.,]?\s(?:[–—-]\s)?(?=(?:{_LABEL}|v\d)\b)", re.IGNORECASE)
"""Where another statement begins on the same line: after a number, a bracket or a dash, before a label."""
_NEXT_OF_SHORT = re.compile(rf"{_NEXT.pattern}|,\s(?=(?:{_LABEL}|v\d)\b)", re.IGNORECASE)
"""In a short line also after a comma; in a longer one that is how a sentence goes on."""
MAX_SHORT_LINE = 90
"""Characters."""
_DASH = re.compile(r"(?P<label>[^–—]{2,60}?)\s?(?:\s-\s|–|—)\s?(?P<value>.{1,200})")
_BARE = re.compile(rf"(?P<label>{_LABEL}|v(?=\.?\s?\d))[.,]?\s?(?P<value>.{{1,120}})", re.IGNORECASE)
_INNER = re.compile(rf"(?<=\s)(?:(?:{_LABEL})\s?:|(?:approved|ratified|adopted|agreed)\s(?:by|on)\s)", re.IGNORECASE)
_ONLY_DATE = re.compile(
    r"^\W{0,3}(?:(?:on|in|by|from|is|for|due)\s){0,2}(?:the\s)?(?:end\sof\s)?(?:the\s)?\W{0,3}$", re.I
)
_ONLY_EDITION = re.compile(
    r"^\W{0,4}(?:\([^()]{0,40}\)|final|draft|approved|issued|updated|dated|last updated)?\W{0,4}$", re.I
)
_WORTH_READING = re.compile(r"[:\d–—-]|\bby\s", re.IGNORECASE)
"""What no statement on one line can be without: a colon, a dash, a figure, or who approved it."""
_ISSUE = re.compile(r"\s?\d{1,3}(?:\.\d{1,3})?(?:$|\s(?:\(|[A-Z][A-Za-z ]{2,30}:))")


def read_line(line: str, place: str) -> Iterator[Statement]:
    """What a line states. Without colon or dash, what follows other words is another paper's: "1. Behaviour policy:
    version 2.2, review due May 2027"; but along the pages only this document is spoken of."""
    if not _WORTH_READING.search(line):
        return
    following = _NEXT_OF_SHORT if len(line) <= MAX_SHORT_LINE else _NEXT
    for part in _APART.split(line):
        is_ours = True
        for piece in filter(None, map(str.strip, following.split(part))):
            found = list(read_piece(piece, place)) if is_ours or place == MARGIN or _is_labelled(piece) else []
            yield from found
            is_ours = bool(found)


def _is_labelled(piece: str) -> bool:
    return ":" in piece and _means(piece.partition(":")[0], True)


def read_piece(piece: str, place: str, *, in_table: bool = False) -> Iterator[Statement]:
    """What one piece of a line states: "Version: 2.1", "Owner – Head of people", "Approved by governors: May 2026",
    "Review July 2027". Of a label without colon or dash, only what the value itself shows to be meant."""
    if not piece or len(piece) > MAX_LINE_LENGTH:
        return
    label, colon, value = piece.partition(":")
    if not (colon and _means(label, in_table)) and (dashed := _DASH.match(piece)) and _means(dashed["label"], in_table):
        label, colon, value = dashed["label"], "–", dashed["value"]
    if colon and label_in(label) in ("issue", "edition") and _ISSUE.match(value):
        yield from read_pair(label, value, place, in_table=True)
    elif colon and _means(label, in_table):
        following = _INNER.search(value)  # "Version: 2.1 Review date: July 2027" states two things
        if following is not None:
            yield from read_piece(value[following.start() :], place, in_table=in_table)
            value = value[: following.start()]
        yield from read_pair(label, value, place, in_table=in_table)
    elif (bare := _BARE.match(piece)) is not None:
        yield from _of_bare(bare["label"], bare["value"].strip(), place)


def _means(label: str, in_table: bool) -> bool:
    return field_of(label, in_table=in_table) is not None or body_in_label(label) is not None


def _of_bare(label: str, value: str, place: str) -> Iterator[Statement]:
    """ "Version 2.1", "Review July 2027", "Approved by the Trust Board"; and no sentence that begins with a label."""
    name = "version" if label.lower() == "v" else field_of(label)
    if name == "version" and (version := version_of(value)) is not None:
        if _ONLY_EDITION.match(without_dates(value.partition(version)[2])):
            yield Statement(name, version, value, place, label_in(label))
    elif name in DATES and (when := date_in(value)) and _ONLY_DATE.match(without_dates(value)):
        yield Statement(name, when, value, place, label_in(label))
    elif name == "approved_by" and is_body(without_dates(value)):
        yield from read_pair(label, value.rstrip("."), place)
