"""Which live passages hold the words of a query? BM25, in the registry's own transaction.

The index holds the passages of live versions in force and no others. The filter by school and by role stands in the
search itself, so that passages of other schools, and those kept to other roles, are skipped before anything is ranked,
and the caller's join checks again.

What a query asks is decided here; `words_sqlite.py` (FTS5) and `words_postgres.py` look it up.
docs/decisions/0003-word-index.md says why.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ingestion.audience import EVERYONE, Roles
from ingestion.index import words_postgres, words_sqlite
from ingestion.index.registry import batches
from ingestion.model import School

MAX_QUERY_WORDS = 64
"""A longer query is a pasted text: its first words say what it is about, and the time of a search stays bounded."""

ADDED_AT_A_TIME = 1000
"""Passages held in memory on their way into the index."""

_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been before being but by can could did do does doing for from
get had has have having he her here him his how i if in into is it its itself just me more most my no not of off on once
only or other our ours out over own please same she should so some such tell than that the their theirs them then there
these they this those through to too under until up us very was we were what when where which while who whom whose why
will with would you your yours
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English function words: they stand in every passage and say nothing of what is asked."""

_WORD = re.compile(r"[^\W_]+(?:[.'’\-/][^\W_]+)*")
_PARTS = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s$")

Phrase = tuple[str, ...]
"""Words that must follow each other; one word, as a rule. Of letters and digits only, in lower case."""


@dataclass(frozen=True)
class WordRow:
    """What the word index holds of one passage."""

    passage_id: int
    school: School
    title: str
    heading: tuple[str, ...]
    body: str
    readers: Roles = EVERYONE
    """The roles that its document is kept to."""

    @property
    def kept_to(self) -> tuple[str | None, ...]:
        """The roles, sorted; (None,) where the document is open to all."""
        return tuple(sorted(self.readers)) or (None,)


def search_words(
    connection: Connection,
    query: str,
    *,
    scopes: Sequence[School],
    limit: int,
    expansions: Sequence[str] = (),
    reads: Roles = EVERYONE,
) -> list[tuple[int, float]]:
    """Passage ids and BM25 scores, best (highest) first; empty when the query has no word to look for.

    Of documents that are kept to some roles, those of the roles in `reads` alone are looked into.
    """
    wanted = query_phrases(query, expansions=expansions)
    if not wanted or not scopes or limit < 1:
        return []
    if connection.dialect.name == "postgresql":
        return words_postgres.search(connection, wanted, scopes=scopes, limit=limit, reads=reads)
    return words_sqlite.search(connection, wanted, scopes=scopes, limit=limit, reads=reads)


def add_words(connection: Connection, rows: Iterable[WordRow]) -> None:
    """Put passages in; of many documents at once, since PostgreSQL counts words anew at every call."""
    for some in batches(rows, ADDED_AT_A_TIME):
        if connection.dialect.name == "postgresql":
            words_postgres.add(connection, some)
        else:
            words_sqlite.add(connection, some)


def remove_words(connection: Connection, passage_ids: Iterable[int]) -> None:
    """Take passages out; of many documents at once, as `add_words`."""
    for some in batches(passage_ids, ADDED_AT_A_TIME):
        if connection.dialect.name == "postgresql":
            words_postgres.remove(connection, some)
        else:
            words_sqlite.remove(connection, some)


def count_passages_with(connection: Connection, word: str) -> int:
    """How many indexed passages hold the word, in any form that has its stem; 0 for what is no word."""
    phrase = tuple(_PARTS.findall(_folded(word))[:MAX_QUERY_WORDS])
    if not phrase:
        return 0
    if connection.dialect.name == "postgresql":
        return words_postgres.count(connection, phrase)
    return words_sqlite.count(connection, phrase)


def query_phrases(query: str, *, expansions: Sequence[str] = ()) -> list[Phrase]:
    """What a query looks for, any of which may match; empty when it has no word.

    Stop words are dropped unless nothing else is there. What is joined by a dot, hyphen, slash or apostrophe ("4.6",
    "part-time") is looked for as a phrase, and its parts of two letters or more as words too. `expansions` are phrases.
    """
    words = query_words(query)
    wanted: dict[Phrase, None] = {}
    for word in ([word for word in words if not _is_stop_word(word)] or words)[:MAX_QUERY_WORDS]:
        parts = _PARTS.findall(word)
        wanted[tuple(parts)] = None
        if len(parts) > 1:
            wanted |= {(part,): None for part in parts if part.isalpha() and not _is_stop_word(part)}
    for expansion in expansions[:MAX_QUERY_WORDS]:
        parts = _PARTS.findall(_folded(expansion))[:MAX_QUERY_WORDS]
        if parts:
            wanted[tuple(parts)] = None
    return list(wanted)


def query_words(query: str) -> list[str]:
    """The distinct words of a query in their order, folded to lower case, without a possessive 's."""
    return list(dict.fromkeys(_POSSESSIVE.sub("", word) for word in _WORD.findall(_folded(query))))


def share_of_title(title: str, query: str) -> float:
    """The share of a title's words, in any form of them, that a query holds: 0 … 1. Words that most titles have
    ("policy", "draft", a year) and function words count in a title of nothing else alone."""
    words = [word for word in _PARTS.findall(_folded(title)) if not _is_stop_word(word)]
    telling = [word for word in words if word not in _TITLE_WORDS and not word.isdigit()] or words
    wanted = set(words_postgres.stems_of(" ".join(telling)))
    return len(wanted & set(words_postgres.stems_of(query))) / len(wanted) if wanted else 0.0


_TITLE_WORDS = frozenset(
    "policy policies procedure procedures framework guidance guide statement document draft final version handbook "
    "code plan scheme school schools trust staff".split()
)


def _folded(words: str) -> str:
    return unicodedata.normalize("NFC", words).casefold()


def _is_stop_word(word: str) -> bool:
    return word in STOP_WORDS or (len(word) == 1 and word.isalpha())
