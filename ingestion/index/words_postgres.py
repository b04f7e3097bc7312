"""How does PostgreSQL look words up? In a `tsvector` for each passage under a GIN index, scored by BM25.

PostgreSQL's own ranking knows nothing of how rare a word is. It does give a word's weighted frequency in a passage:
`ts_rank_cd` of a single word, or of a phrase, is the sum of the weights at which it stands. With that, the passage's
length and the number of passages that hold the word (kept in `word_counts`), BM25 is plain arithmetic.

Words are cut, folded and stemmed here and not by PostgreSQL's configurations, so that the index answers as SQLite's
does and does not depend on the server's dictionaries. A passage's school is one more word of its vector, which no text
can hold, since it begins with "@": other schools' passages are skipped in the index, before anything is ranked. Of a
document that is kept to some roles, each role with the school is such a word instead.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from ingestion.audience import EVERYONE, Roles
from ingestion.model import School

if TYPE_CHECKING:
    from ingestion.index.words import Phrase, WordRow

_SATURATION = 1.2
_LENGTH_SHARE = 0.75
"""BM25's k1 and b, as FTS5 has them (https://www.sqlite.org/fts5.html#the_bm25_function)."""

_WEIGHTS = "{0.5, 0.5, 0.75, 1.0}"
"""Half the weights of body (D), nothing (C), heading (B) and title (A): PostgreSQL takes none above 1."""

_ENOUGH = 4000
"""Passages, of all schools, in which the words stand that find; commoner ones only rank. Ranking takes 2 µs a passage
and word, so a search stays quick however many passages there are. Of 100,000, all words would find 98.8 % the same best
50, in three times the time at the 95th percentile."""

_LONGEST_WORD = 200
"""Characters of a word that count; PostgreSQL takes up to 2,046 bytes."""

_MOST_PLACES = 255
"""Places of a word that a vector keeps."""

_WORD = re.compile(r"[^\W_]+")

Stems = tuple[str, ...]


def search(
    connection: Connection,
    phrases: "Sequence[Phrase]",
    *,
    scopes: Sequence[School],
    limit: int,
    reads: Roles = EVERYONE,
) -> list[tuple[int, float]]:
    """Passage ids and BM25 scores, best (highest) first."""
    within = [_scope(scope, role) for scope in scopes for role in (None, *sorted(reads))]
    wanted = list(dict.fromkeys(stems for phrase in phrases if (stems := _phrase_stems(phrase))))
    passages, words = connection.execute(text("SELECT passages, words FROM word_totals")).one()
    if not passages or not wanted:
        return []
    counts = _counts(connection, wanted)
    rarity = {stems: _rarity(counts[stems], passages) for stems in wanted}
    rare = _rarest(counts)
    found = _ranked(connection, rare, rarity, within=within, mean=words / passages, limit=limit)
    if len(found) < limit and len(rare) < len(wanted):
        return _ranked(connection, wanted, rarity, within=within, mean=words / passages, limit=limit)
    return found


def _rarest(counts: Mapping[Stems, int]) -> list[Stems]:
    """The rarest words, so many that they should find enough; the others then only rank what these find."""
    rarest: list[Stems] = []
    total = 0
    for stems in sorted(counts, key=lambda stems: counts[stems]):
        if total >= _ENOUGH:
            break
        rarest.append(stems)
        total += counts[stems]
    return rarest


def _ranked(
    connection: Connection,
    finding: Sequence[Stems],
    rarity: Mapping[Stems, float],
    *,
    within: Sequence[str],
    mean: float,
    limit: int,
) -> list[tuple[int, float]]:
    """The passages with any word of `finding`, by their BM25 for all words of `rarity`; `within` are the words of the
    schools and roles, of which each has one.

    `mean` is the number of words of a passage, on average.
    """
    wanted = list(rarity)
    often = f"2 * ts_rank_cd('{_WEIGHTS}', stems, CAST(:match"
    gains = " + ".join(
        f"CAST(:rarity{n} AS float8) * (1 - damp / (damp + {often}{n} AS tsquery))))" for n in range(len(wanted))
    )
    rows = connection.execute(
        text(
            f"SELECT passage_id, {_SATURATION + 1} * ({gains}) AS score FROM ("  # noqa: S608 – our own names and numbers
            f"SELECT passage_id, stems, {_SATURATION} * ({1 - _LENGTH_SHARE} + {_LENGTH_SHARE} * size / :mean) AS damp "
            "FROM words WHERE stems @@ CAST(:any AS tsquery)) AS found ORDER BY score DESC, passage_id LIMIT :limit"
        ),
        {
            "any": f"({' | '.join(map(_quoted, within))}) & ({' | '.join(map(_match, finding))})",
            "mean": mean,
            "limit": limit,
        }
        | {f"match{n}": _match(stems) for n, stems in enumerate(wanted)}
        | {f"rarity{n}": rarity[stems] for n, stems in enumerate(wanted)},
    )
    return [(passage_id, score) for passage_id, score in rows]


def add(connection: Connection, rows: "Sequence[WordRow]") -> None:
    values = [_vector(row) for row in rows]
    connection.execute(
        text("INSERT INTO words (passage_id, size, stems) VALUES (:id, :size, CAST(:stems AS tsvector))"), values
    )
    connection.execute(
        text(
            "INSERT INTO word_counts AS known (stem, passages) "
            "SELECT lexeme, count(*) FROM words, unnest(stems) WHERE passage_id = ANY(:ids) GROUP BY lexeme "
            "ON CONFLICT (stem) DO UPDATE SET passages = known.passages + excluded.passages"
        ),
        {"ids": [row.passage_id for row in rows]},
    )
    # What the index took down hastily, a search would have to read through until the next vacuum.
    connection.execute(text("SELECT gin_clean_pending_list('words_stems')"))
    _move_totals(connection, passages=len(values), words=sum(value["size"] for value in values))


def remove(connection: Connection, passage_ids: Sequence[int]) -> None:
    passages, words = connection.execute(
        text(
            "WITH gone AS (DELETE FROM words WHERE passage_id = ANY(:ids) RETURNING size, stems), "
            "held AS (SELECT lexeme, count(*) AS passages FROM gone, unnest(stems) GROUP BY lexeme), "
            "counted AS (UPDATE word_counts AS known SET passages = known.passages - held.passages "
            "FROM held WHERE stem = lexeme) "
            "SELECT count(*), coalesce(sum(size), 0) FROM gone"
        ),
        {"ids": list(passage_ids)},
    ).one()
    connection.execute(text("DELETE FROM word_counts WHERE passages = 0"))
    _move_totals(connection, passages=-passages, words=-words)


def count(connection: Connection, phrase: "Phrase") -> int:
    """How many passages hold the phrase."""
    stems = _phrase_stems(phrase)
    return _counts(connection, [stems])[stems] if stems else 0


def _counts(connection: Connection, wanted: Sequence[Stems]) -> dict[Stems, int]:
    """How many passages, of all schools, hold each: words are counted already, phrases are looked up."""
    found = connection.execute(
        text("SELECT stem, passages FROM word_counts WHERE stem = ANY(:stems)"),
        {"stems": [stems[0] for stems in wanted if len(stems) == 1]},
    )
    counts: dict[Stems, int] = dict.fromkeys(wanted, 0) | {(row.stem,): row.passages for row in found}
    counted = text("SELECT count(*) FROM words WHERE stems @@ CAST(:match AS tsquery)")
    for stems in wanted:
        if len(stems) > 1:
            counts[stems] = connection.execute(counted, {"match": _match(stems)}).scalar_one()
    return counts


def _rarity(held: int, passages: int) -> float:
    """BM25's inverse document frequency; of a word in more than half of the passages, next to nothing, as in FTS5."""
    return max(math.log((passages - held + 0.5) / (held + 0.5)), 1e-6)


def _vector(row: "WordRow") -> dict[str, Any]:
    """A row of `words`: title, heading and body one after the other, with a gap that no phrase spans."""
    places: dict[str, list[str]] = {}
    place = size = 0
    for part, weight in ((row.title, "A"), (" > ".join(row.heading), "B"), (row.body, "")):
        stems = list(stems_of(part))
        for stem in stems:
            place += 1
            places.setdefault(stem, []).append(f"{place}{weight}")
        place += 1
        size += len(stems)
    words = [f"{_quoted(stem)}:{','.join(where[:_MOST_PLACES])}" for stem, where in places.items()]
    scopes = [_quoted(_scope(row.school, role)) for role in row.kept_to]
    return {"id": row.passage_id, "size": size, "stems": " ".join([*scopes, *words])}


def _phrase_stems(phrase: "Phrase") -> Stems:
    return tuple(stem for part in phrase for stem in stems_of(part))


def _match(stems: Stems) -> str:
    """A `tsquery` of one word, or of words that follow each other."""
    return " <-> ".join(map(_quoted, stems))


def stems_of(words: str) -> Iterable[str]:
    """The words of a text without their accents and endings, in their order."""
    decomposed = unicodedata.normalize("NFKD", words)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return (_stem(word[:_LONGEST_WORD]) for word in _WORD.findall(plain.casefold()))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    """By Porter's rules, which leave words of one and two letters whole (the library makes nothing of an "s")."""
    stemmed: str = _porter().stemWord(word) if len(word) > 2 else word
    return stemmed


@cache
def _porter() -> Any:
    import snowballstemmer  # only PostgreSQL needs it here; SQLite stems by itself

    return snowballstemmer.stemmer("porter")


def _scope(school: School, role: str | None = None) -> str:
    """The word of a school's open documents, or of those that are kept to a role; no slug begins with "@"."""
    kept_to = "" if role is None else f"@{role}/"
    return f"@{kept_to}{school or ''}"


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _move_totals(connection: Connection, *, passages: int, words: int) -> None:
    connection.execute(
        text("UPDATE word_totals SET passages = passages + :passages, words = words + :words"),
        {"passages": passages, "words": words},
    )
