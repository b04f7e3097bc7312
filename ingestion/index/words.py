"""Which live passages hold the words of a query? BM25 over SQLite's FTS5, in the registry's own transaction.

The index holds the passages of live versions in force and no others. The school filter stands in the MATCH expression
itself: each row's `scope` column holds one word that names its school (or the trust), so FTS5 skips other schools'
passages before it ranks anything, and the caller's join checks again.

This module is the only one that speaks FTS5; docs/decisions/0003-word-index.md says why FTS5.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ingestion.model import School

MAX_QUERY_WORDS = 64
"""A longer query is a pasted text: its first words say what it is about, and the time of a search stays bounded."""

_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did do does doing for from
get had has have having he her here him his how i if in into is it its itself just me more most my no not of off on once
only or other our ours out over own please same she should so some such tell than that the their theirs them then there
these they this those through to too under until up us very was we were what when where which while who whom whose why
will with would you your yours
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English function words: they stand in every passage and say nothing of what is asked."""

_WEIGHTS = "0.0, 2.0, 1.5, 1.0"
"""BM25 weights of scope, title, heading, body: a word in the title counts as two in the body; the scope, as none."""

_WORD = re.compile(r"[^\W_]+(?:[.'’\-/][^\W_]+)*")
_PARTS = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s$")


@dataclass(frozen=True)
class WordRow:
    """What the word index holds of one passage."""

    passage_id: int
    school: School
    title: str
    heading: tuple[str, ...]
    body: str


def search_words(
    connection: Connection, query: str, *, scopes: Sequence[School], limit: int, expansions: Sequence[str] = ()
) -> list[tuple[int, float]]:
    """Passage ids and BM25 scores, best (highest) first; empty when the query has no word to look for."""
    wanted = match_expression(query, expansions=expansions)
    if wanted is None or not scopes or limit < 1:
        return []
    within = " OR ".join(f'"{scope_token(scope)}"' for scope in scopes)
    rows = connection.execute(
        text(
            f"SELECT rowid, -bm25(words, {_WEIGHTS}) AS score FROM words WHERE words MATCH :match "  # noqa: S608 – constants
            "ORDER BY score DESC, rowid LIMIT :limit"
        ),
        {"match": f"scope : ({within}) AND {{title heading body}} : ({wanted})", "limit": limit},
    )
    return [(passage_id, score) for passage_id, score in rows]


def match_expression(query: str, *, expansions: Sequence[str] = ()) -> str | None:
    """An FTS5 expression of the query's words, each quoted, any of which may match; None when it has none.

    Stop words are dropped unless nothing else is there. What is joined by a dot, hyphen, slash or apostrophe ("4.6",
    "part-time") is looked for as a phrase, and its parts of two letters or more as words too. `expansions` are phrases.
    """
    words = query_words(query)
    phrases = [word for word in words if not _is_stop_word(word)] or words
    wanted: dict[str, None] = {}
    for phrase in phrases[:MAX_QUERY_WORDS]:
        parts = _PARTS.findall(phrase)
        wanted[" ".join(parts)] = None
        if len(parts) > 1:
            wanted |= dict.fromkeys(part for part in parts if part.isalpha() and not _is_stop_word(part))
    for expansion in expansions[:MAX_QUERY_WORDS]:
        parts = _PARTS.findall(_folded(expansion))[:MAX_QUERY_WORDS]
        if parts:
            wanted[" ".join(parts)] = None
    return " OR ".join(f'"{phrase}"' for phrase in wanted) or None


def query_words(query: str) -> list[str]:
    """The distinct words of a query in their order, folded to lower case, without a possessive 's."""
    return list(dict.fromkeys(_POSSESSIVE.sub("", word) for word in _WORD.findall(_folded(query))))


def add_words(connection: Connection, rows: Iterable[WordRow]) -> None:
    values = [
        {
            "id": row.passage_id,
            "scope": scope_token(row.school),
            "title": row.title,
            "heading": " > ".join(row.heading),
            "body": row.body,
        }
        for row in rows
    ]
    if values:
        connection.execute(
            text(
                "INSERT INTO words (rowid, scope, title, heading, body) VALUES (:id, :scope, :title, :heading, :body)"
            ),
            values,
        )


def remove_words(connection: Connection, passage_ids: Iterable[int]) -> None:
    values = [{"id": passage_id} for passage_id in passage_ids]
    if values:
        connection.execute(text("DELETE FROM words WHERE rowid = :id"), values)


def count_passages_with(connection: Connection, word: str) -> int:
    """How many indexed passages hold the word, in any form that has its stem; 0 for what is no word."""
    parts = _PARTS.findall(_folded(word))[:MAX_QUERY_WORDS]
    if not parts:
        return 0
    match = f'{{title heading body}} : "{" ".join(parts)}"'
    counted = text("SELECT count(*) FROM words WHERE words MATCH :match")
    count: int = connection.execute(counted, {"match": match}).scalar_one()
    return count


def scope_token(school: School) -> str:
    """The one word that stands for a school, or for the trust, in the `scope` column.

    It ends in a digit, so the stemmer leaves it whole; 48 bits of a digest, so that no slug is cut into words.
    """
    if school is None:
        return "scopetrust0"
    return f"scope{hashlib.sha256(school.encode()).hexdigest()[:12]}0"


def _folded(words: str) -> str:
    return unicodedata.normalize("NFC", words).casefold()


def _is_stop_word(word: str) -> bool:
    return word in STOP_WORDS or (len(word) == 1 and word.isalpha())
