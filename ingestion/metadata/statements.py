"""What does a label with its value state: "Approved by" with "Board of trustees, 9 July 2026"?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.metadata.labels import body_in_label, field_of, label_in
from ingestion.metadata.values import (
    MAX_WORDS_LENGTH,
    cycle_of,
    date_in,
    is_blank,
    value_of,
    without_dates,
)

MAX_LINE_LENGTH = 300
"""Characters: a longer line is prose, and read a sentence at a time."""

TABLE, VERSIONS, LINES, MARGIN = "cover table", "version table", "cover", "page header or footer"
TEXT, TITLE, STAMP, CLOSING = "a sentence", "title", "stamp", "end of the document"
"""The places, in the words an admin is told them with."""


@dataclass(frozen=True)
class Statement:
    """One field as one place on the cover states it: its value, the words, and the place for a reader."""

    name: str
    value: Any
    words: str
    place: str
    label: str = ""


def read_pair(label: str, value: str, place: str, *, in_table: bool = False) -> Iterator[Statement]:
    """The statements of one pair, mostly one; none where the label is not known, or the value is blank or something
    else than the label asks for. `in_table`: labels that are common words count as well."""
    if len(value) > MAX_WORDS_LENGTH:
        return
    name = field_of(label, in_table=in_table)
    body = body_in_label(label) if name is None else None
    known = label_in(label)
    if body and (when := date_in(value)):
        yield Statement("approved_by", body, body, place, known)
        yield Statement("approved_on", when, value, place, known)
    if name is None:
        return
    if name in ("approved_by", "approved_on"):
        yield from _approval(name, known, value, place)
        return
    if name == "owner" and (_SAYS_MORE.search(value) or len(value.split()) > MAX_OWNER_WORDS):
        return
    read = value_of(name, value)
    if read is not None:
        yield Statement(name, read, " ".join(value.split()), place, known)
    if name == "review_due" and (cycle := cycle_of(label) or cycle_of(value, at_start=True)):
        # "Review: annually", "Review (every three years): June 2029"
        yield Statement("review_cycle", cycle, cycle, place, known)


MAX_OWNER_WORDS = 12
_SAYS_MORE = re.compile(r"\b(?:who|which|means|must|is|are|will|should|ensures?)\b", re.IGNORECASE)
"""Not a name or a role: what a glossary or a table of duties says."""


def _approval(name: str, label: str, value: str, place: str) -> Iterator[Statement]:
    """ "Approved by: Board of trustees, 9 July 2026" and "Approved: Board of trustees" both occur."""
    if is_blank(value) or _SAYS_MORE.search(value):
        return
    when, body = date_in(value), _body_of(value)
    if when:
        yield Statement("approved_on", when, " ".join(value.split()), place, label)
    if body and (name == "approved_by" or ("date" not in label and is_body(body))):
        yield Statement("approved_by", body, body, place, label)


def is_body(words: str) -> bool:
    """Whether the words name a body or an office, and no more: for places where anything may stand."""
    return bool(_BODY_WORDS.search(words)) and not _MORE_THAN_A_BODY.search(words) and not re.search(r"[\d()]", words)


def _body_of(value: str) -> str | None:
    """Who approved: the value without its date."""
    words = " ".join(without_dates(value[:MAX_LINE_LENGTH]).split())
    words = re.sub(r"\([^()A-Za-z]{0,20}\)|\((?:minute|item|min)\b[^()]{0,40}\)", "", words)
    words = re.sub(r"[\s,;:–—-]{0,5}(?:\b(?:on|in|dated?)\b)?[\s,;:.–—-]{0,5}$", "", words).strip(" ,;:–—-")
    words = re.sub(r"^(?:by\s|name:\s)?(?:the\s)?", "", words, flags=re.IGNORECASE)
    return words if re.search(r"[A-Za-z]{2}", words) and not is_blank(words) else None


_BODY_WORDS = re.compile(
    r"\b(?:board|governors?|governing|trustees?|committee|head|headteacher|principal|chief|executive|ceo|directors?|council|"
    r"lgb|fgb|slt|team|panel|manager)\b",
    re.IGNORECASE,
)
_MORE_THAN_A_BODY = re.compile(
    r"\b(?:before|after|when|if|unless|until|that|which|who|to|for|with|without|as|must|should|is|are|was|will|can|may|"
    r"prior|following|further|each|every)\b|.{81}",
    re.IGNORECASE,
)
