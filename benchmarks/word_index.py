"""What should keep the word index? FTS5 as Staffroom uses it, against a join for its school filter, PostgreSQL as
Staffroom uses it, bm25s and tantivy.

    python -m benchmarks.word_index QUESTION_SET [--against postgres --against bm25s …] [--passages 100000]

QUESTION_SET is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text, rewrite) and `qrels.tsv`
(query-id, corpus-id, score), such as MTRAG's ClapNQ part. Measured: nDCG@5 and recall@5 with the last question alone
and with its stand-alone rewrite; then, over passages dealt out to 20 schools, the time of a search for one school and
the trust. The contenders are timed in turn, question by question, so that a busy machine slows all of them alike.
PostgreSQL is where STAFFROOM_TEST_POSTGRES says, in a schema of its own. bm25s and tantivy are no dependencies:
`pip install bm25s PyStemmer tantivy` to compare.
"""

import argparse
import json
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from ingestion.index.database import database_at
from ingestion.index.words import STOP_WORDS, WordRow, add_words, query_phrases, search_words
from ingestion.model import School, Slug
from tests.backends import kept_on_servers, place_at

DEPTH = 5
SEARCH_LIMIT = 50
SCHOOLS = 20
TRUST_SHARE = 0.2
"""Of the passages dealt out, so many are the trust's; the rest are the schools' in equal parts."""


class WordIndex(Protocol):
    def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
        """Passage ids, best first."""


@dataclass(frozen=True)
class Question:
    text: str
    relevant: frozenset[int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question_set", type=Path)
    parser.add_argument("--against", action="append", choices=sorted(ALTERNATIVES), default=[])
    parser.add_argument("--passages", type=int, default=100_000)
    asked = parser.parse_args()

    texts, last_turn, rewritten = read_question_set(asked.question_set)
    names = ["fts5", "fts5-join", *asked.against]
    print(f"{len(texts)} passages, {len(last_turn)} questions judged")
    rows = [WordRow(number, None, "", (), body) for number, body in enumerate(texts)]
    for name in names:
        with CONTENDERS[name](rows) as index:
            for turn, questions in (("last turn", last_turn), ("rewrite", rewritten)):
                ndcg, recall = quality(index, questions)
                print(f"{name:10} {turn:10} nDCG@5 {ndcg:.3f}  recall@5 {recall:.3f}")

    rows = deal_out(texts, asked.passages)
    queries = [question.text for question in rewritten]
    print(f"\n{len(rows)} passages of {SCHOOLS} schools and the trust; a search of one school and the trust")
    with ExitStack() as stack:
        indexes: dict[str, WordIndex] = {}
        for name in names:
            began = time.perf_counter()
            indexes[name] = stack.enter_context(CONTENDERS[name](rows))
            print(f"{name:10} built in {time.perf_counter() - began:5.1f} s")
        took = latencies_ms(indexes, queries)
    fastest = percentile(took["fts5"], 0.5)
    for name in names:
        p50, p95 = percentile(took[name], 0.5), percentile(took[name], 0.95)
        print(f"{name:10} p50 {p50:6.2f} ms  p95 {p95:6.2f} ms  ({p50 / fastest:.2f} × fts5)")


# ── the questions ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_question_set(folder: Path) -> tuple[list[str], list[Question], list[Question]]:
    """The passages' texts (a passage's id is its place), and the judged questions: the last turn alone, rewritten."""
    docs = [json.loads(line) for line in (folder / "docs.jsonl").read_text().splitlines()]
    place = {doc["id"]: number for number, doc in enumerate(docs)}
    relevant: dict[str, set[int]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query_id, doc_id, _ = line.split("\t")
        relevant.setdefault(query_id, set()).add(place[doc_id])
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    judged = [question for question in asked if question["id"] in relevant]
    return (
        [f"{doc['title']}\n{doc['text']}" for doc in docs],
        [Question(question["text"], frozenset(relevant[question["id"]])) for question in judged],
        [Question(question["rewrite"] or question["text"], frozenset(relevant[question["id"]])) for question in judged],
    )


def deal_out(texts: Sequence[str], count: int) -> list[WordRow]:
    """So many passages, drawn from the texts with repetition, a school after the other as a refresh writes them."""
    draw = random.Random(2)
    trust = int(count * TRUST_SHARE)
    each = max(1, (count - trust) // SCHOOLS)
    schools: list[School] = [Slug(f"school-{min(number // each, SCHOOLS - 1)}") for number in range(count - trust)]
    return [
        WordRow(number, school, "", (), draw.choice(texts)) for number, school in enumerate([*[None] * trust, *schools])
    ]


# ── the measures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def quality(index: WordIndex, questions: Sequence[Question]) -> tuple[float, float]:
    """Mean nDCG@5 (binary gains, Järvelin and Kekäläinen 2002) and mean recall@5."""
    ndcg = recall = 0.0
    for question in questions:
        found = index.search(question.text, [None], DEPTH)
        gains = [1 / math.log2(place + 2) for place, id_ in enumerate(found) if id_ in question.relevant]
        ideal = [1 / math.log2(place + 2) for place in range(min(DEPTH, len(question.relevant)))]
        ndcg += sum(gains) / sum(ideal)
        recall += len(gains) / len(question.relevant)
    return ndcg / len(questions), recall / len(questions)


def latencies_ms(indexes: Mapping[str, WordIndex], queries: Sequence[str]) -> dict[str, list[float]]:
    """How long each question took with each of them."""
    draw = random.Random(3)
    took: dict[str, list[float]] = {name: [] for name in indexes}
    for query in queries:
        scopes: list[School] = [None, Slug(f"school-{draw.randrange(SCHOOLS)}")]
        for name, index in indexes.items():
            began = time.perf_counter()
            index.search(query, scopes, SEARCH_LIMIT)
            took[name].append((time.perf_counter() - began) * 1000)
    return took


def percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


# ── the contenders ───────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def fts5(rows: Sequence[WordRow]) -> Iterator[WordIndex]:
    """As Staffroom uses it: the school stands in the MATCH expression."""
    with fts5_table(rows) as connection:

        class Scoped:
            def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
                return [id_ for id_, _ in search_words(connection, query, scopes=scopes, limit=limit)]

        yield Scoped()


@contextmanager
def fts5_join(rows: Sequence[WordRow]) -> Iterator[WordIndex]:
    """The same table, and the school looked up in another one."""
    with fts5_table(rows) as connection:
        connection.execute(text("CREATE TABLE belongs (id INTEGER PRIMARY KEY, school TEXT)"))
        connection.execute(
            text("INSERT INTO belongs VALUES (:id, :school)"),
            [{"id": row.passage_id, "school": row.school or ""} for row in rows],
        )

        class Joined:
            def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
                wanted = " OR ".join(f'"{" ".join(phrase)}"' for phrase in query_phrases(query))
                slots = ", ".join(f":s{number}" for number in range(len(scopes)))
                found = connection.execute(
                    text(
                        "SELECT words.rowid FROM words JOIN belongs ON id = words.rowid WHERE words MATCH :match "
                        f"AND school IN ({slots}) ORDER BY bm25(words, 0.0, 2.0, 1.5, 1.0) LIMIT :limit"
                    ),
                    {"match": f"{{title heading body}} : ({wanted})", "limit": limit}
                    | {f"s{number}": scope or "" for number, scope in enumerate(scopes)},
                )
                return list(found.scalars())

        yield Joined()


@contextmanager
def fts5_table(rows: Sequence[WordRow]) -> Iterator[Any]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = database_at(data=Path(folder), database_url=None).open_writing()
        stack.callback(database.close)
        with database.transaction() as connection:
            add_words(connection, rows)
        yield stack.enter_context(database.transaction())


@contextmanager
def postgres(rows: Sequence[WordRow]) -> Iterator[WordIndex]:
    """As Staffroom uses it: a tsvector for each passage, and BM25 by arithmetic."""
    with kept_on_servers(), ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = place_at(Path(folder)).database
        writing = database.open_writing()
        with writing.transaction() as connection:
            add_words(connection, rows)
        writing.close()
        reading = database.open_reading()
        stack.callback(reading.close)
        connection = stack.enter_context(reading.transaction())

        class Scoped:
            def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
                return [id_ for id_, _ in search_words(connection, query, scopes=scopes, limit=limit)]

        yield Scoped()


@contextmanager
def bm25s(rows: Sequence[WordRow]) -> Iterator[WordIndex]:
    """bm25s with the Porter stemmer; a school is a mask over all passages."""
    import bm25s as library
    import numpy as np
    import Stemmer

    stemmer = Stemmer.Stemmer("porter")

    def tokens(texts: list[str]) -> Any:
        return library.tokenize(texts, stopwords=sorted(STOP_WORDS), stemmer=stemmer, show_progress=False)

    index = library.BM25(k1=1.2, b=0.75)
    index.index(tokens([row.body for row in rows]), show_progress=False)
    belongs = np.array([row.school or "" for row in rows])

    class Masked:
        def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
            mask = np.isin(belongs, [scope or "" for scope in scopes])
            found, scores = index.retrieve(
                tokens([query]), k=min(limit, len(rows)), weight_mask=mask, show_progress=False
            )
            return [rows[int(place)].passage_id for place, score in zip(found[0], scores[0], strict=True) if score > 0]

    yield Masked()


@contextmanager
def tantivy(rows: Sequence[WordRow]) -> Iterator[WordIndex]:
    """tantivy on disk with its English stemmer; a school is a term that must match."""
    import tantivy as library

    builder = library.SchemaBuilder()
    builder.add_integer_field("id", stored=True, indexed=True)
    builder.add_text_field("school", tokenizer_name="raw")
    builder.add_text_field("body", tokenizer_name="en_stem")
    schema = builder.build()
    with tempfile.TemporaryDirectory() as folder:
        index = library.Index(schema, path=folder)
        writer = index.writer()
        for row in rows:
            writer.add_document(library.Document(id=row.passage_id, school=row.school or "-", body=row.body))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()

        class Filtered:
            def search(self, query: str, scopes: Sequence[School], limit: int) -> list[int]:
                words = [word for word in re.findall(r"\w+", query.casefold()) if word not in STOP_WORDS]
                wanted = index.parse_query(" OR ".join(f'"{word}"' for word in words), ["body"])
                terms = [library.Query.term_query(schema, "school", scope or "-", "basic") for scope in scopes]
                within = library.Query.boolean_query([(library.Occur.Should, term) for term in terms])
                within = library.Query.const_score_query(within, 0.0)
                both = library.Query.boolean_query([(library.Occur.Must, wanted), (library.Occur.Must, within)])
                return [searcher.doc(address)["id"][0] for _, address in searcher.search(both, limit).hits]

        yield Filtered()


ALTERNATIVES: dict[str, Callable[[Sequence[WordRow]], Any]] = {"bm25s": bm25s, "postgres": postgres, "tantivy": tantivy}
CONTENDERS = {"fts5": fts5, "fts5-join": fts5_join} | ALTERNATIVES

if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed: pip install bm25s PyStemmer tantivy")
