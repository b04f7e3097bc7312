"""How does SQLite look words up? In an FTS5 table, with Porter's stemmer; the only module that speaks FTS5.

Each row's `scope` column holds one word that names its school, or the trust, and a search asks for that word in the
same MATCH expression: FTS5 then skips other schools' passages before it ranks anything. Of a document that is kept to
some roles, the column holds a word for each of them with the school instead, and a search asks for those of its asker.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ingestion.audience import EVERYONE, Roles
from ingestion.model import School

if TYPE_CHECKING:
    from ingestion.index.words import Phrase, WordRow

_WEIGHTS = "0.0, 2.0, 1.5, 1.0"
"""BM25 weights of scope, title, heading, body: a word in the title counts as two in the body; the scope, as none."""


def search(
    connection: Connection,
    phrases: "Sequence[Phrase]",
    *,
    scopes: Sequence[School],
    limit: int,
    reads: Roles = EVERYONE,
) -> list[tuple[int, float]]:
    """Passage ids and BM25 scores, best (highest) first."""
    tokens = [scope_token(scope, role) for scope in scopes for role in (None, *sorted(reads))]
    within = " OR ".join(f'"{token}"' for token in tokens)
    rows = connection.execute(
        text(
            f"SELECT rowid, -bm25(words, {_WEIGHTS}) AS score FROM words WHERE words MATCH :match "  # noqa: S608 – constants
            "ORDER BY score DESC, rowid LIMIT :limit"
        ),
        {"match": f"scope : ({within}) AND {_in_text(phrases)}", "limit": limit},
    )
    return [(passage_id, score) for passage_id, score in rows]


def add(connection: Connection, rows: "Sequence[WordRow]") -> None:
    connection.execute(
        text("INSERT INTO words (rowid, scope, title, heading, body) VALUES (:id, :scope, :title, :heading, :body)"),
        [
            {
                "id": row.passage_id,
                "scope": " ".join(scope_token(row.school, role) for role in row.kept_to),
                "title": row.title,
                "heading": " > ".join(row.heading),
                "body": row.body,
            }
            for row in rows
        ],
    )


def remove(connection: Connection, passage_ids: Sequence[int]) -> None:
    connection.execute(text("DELETE FROM words WHERE rowid = :id"), [{"id": id_} for id_ in passage_ids])


def count(connection: Connection, phrase: "Phrase") -> int:
    """How many passages hold the phrase."""
    counted = text("SELECT count(*) FROM words WHERE words MATCH :match")
    number: int = connection.execute(counted, {"match": _in_text([phrase])}).scalar_one()
    return number


def scope_token(school: School, role: str | None = None) -> str:
    """The one word that stands for a school, or for the trust, in the `scope` column; with a role, for those documents
    of it that are kept to that role.

    It ends in a digit, so the stemmer leaves it whole; 48 bits of a digest, so that no slug is cut into words.
    """
    if role is not None:
        return f"kept{hashlib.sha256('/'.join((role, school or '')).encode()).hexdigest()[:12]}0"
    if school is None:
        return "scopetrust0"
    return f"scope{hashlib.sha256(school.encode()).hexdigest()[:12]}0"


def _in_text(phrases: "Sequence[Phrase]") -> str:
    """An FTS5 expression: any of the phrases, each quoted, in a column that people wrote."""
    return "{title heading body} : (" + " OR ".join(f'"{" ".join(phrase)}"' for phrase in phrases) + ")"
