"""What can be asked of the index? `open_index` is the bot's only door.

Every answer is of one state: the registry before a refresh's switch, or after it. Passages come from the registry
alone; what a vector or a word points to counts only where a live passage in force holds it, in the same transaction.

What takes `roles` answers with what somebody with these roles may read; without any, with what is open to all staff.
The rest is for admins, who see every document.
"""

import math
import re
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from ingestion.audience import roles_read_by
from ingestion.editions import first_day
from ingestion.errors import IndexUnavailable
from ingestion.index import codec
from ingestion.index.database import database_at
from ingestion.index.opened import OpenDatabase
from ingestion.index.past_editions import find_edition_before, find_pending
from ingestion.index.readers import hide_names, is_readable
from ingestion.index.registry import (
    IS_LIVE,
    IS_SEARCHED,
    DocumentChange,
    PastRefresh,
    State,
    count_searched,
    in_scopes,
    read_changes,
    read_chosen_ids,
    read_ids_by_vector,
    read_is_held,
    read_passages,
    read_passages_by_id,
    read_refreshes,
    read_state,
    read_trust,
    read_versions,
    scopes_of,
    version_of,
)
from ingestion.index.schema import changes, failures, records, sources, versions
from ingestion.index.vectors import VectorPlace, VectorsFailed, VectorStore, vectors_at
from ingestion.index.words import count_passages_with, search_words
from ingestion.model import (
    Failure,
    Hit,
    IndexedPassage,
    Passage,
    PastEdition,
    PendingEdition,
    Record,
    School,
    Slug,
    Trust,
    Version,
)

PATIENCE_SECONDS = 5.0
"""How long a search that a refresh disturbs is tried again: two or three tries, in general. What fails on is broken."""

SPARE = 0.25
"""The share of vectors asked for beyond the limit, in case some are hidden: to ask again would take as long again."""

_LETTERS = re.compile(r"[^\W\d_]{2,}")

KEPT_PASSAGES = 4096
"""Passages kept in memory as they were read, those found lately: some 20 MB."""

T = TypeVar("T")


def open_index(
    *, data: Path, database_url: str | None = None, chroma_url: str | None = None, model: str | None = None
) -> "Index":
    """The index under `data`, for reading from any thread; cheap, since vectors are opened by the first search.

    `model` is the embedder's `name`; None leaves it unchecked. Raises IndexUnavailable where nothing is indexed yet,
    or the index was built with another model; SettingsError for a database or server that cannot be used.
    """
    database = database_at(data=data, database_url=database_url).open_reading()
    index = Index(database, vectors=vectors_at(data=data, chroma_url=chroma_url), model=model)
    try:
        index.generation()
    except IndexUnavailable:
        index.close()
        raise
    return index


@dataclass(frozen=True)
class HeldEdition:
    """One edition of a document as the registry holds it, in the corpus or no longer.

    Editions of one `digest` are the same bytes, which a newer reader may have read anew. `retired_at` (ISO 8601, UTC)
    is when it left the corpus, None of the one that is there; `is_removed` tells that no other took its place then.
    """

    version: Version
    digest: str
    passage_count: int
    retired_at: str | None = None
    is_removed: bool = False


class Index:
    """The documents in force, to be searched; made by `open_index`. Its methods may be called from several threads."""

    def __init__(self, database: OpenDatabase, *, vectors: VectorPlace, model: str | None) -> None:
        self._database = database
        self._model = model
        self._vectors = _SharedVectors(vectors)
        self._frequencies: tuple[int, dict[str, int]] = (0, {})
        self._known_state: State | None = None
        self._read = _ReadPassages()

    def close(self) -> None:
        self._vectors.close()
        self._database.close()

    def generation(self) -> int:
        """A number that moves on whenever a refresh changed what the index answers; at least 1."""
        with self._reading() as (_, state):
            return state.generation

    def trust(self) -> Trust:
        """`trust.toml` as the last refresh read it."""
        with self._reading() as (connection, _):
            return read_trust(connection) or Trust()

    def nearest(
        self,
        vector: NDArray[np.float32],
        *,
        schools: tuple[Slug, ...],
        limit: int,
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]:
        """The passages of these schools (and of the trust) nearest to a question's vector (float32[dimension]).

        Scores are cosine similarities, best first; never a passage of a school that was not named, nor of a document
        that is kept to other roles.
        """
        scopes = scopes_of(schools, trust_wide=trust_wide) if limit > 0 else []
        return self._consistently(lambda state: self._nearest_of(vector, scopes, roles, limit=limit, state=state))

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]:
        """The passages of these schools (and of the trust) that hold words of the query, in any form of them.

        `expansions` are phrases that may match as well. Scores are BM25, best (highest) first; empty when the query
        has no word.
        """
        scopes = scopes_of(schools, trust_wide=trust_wide)
        with self._reading() as (connection, state):
            scored = search_words(
                connection, query, scopes=scopes, limit=limit, expansions=expansions, reads=roles_read_by(roles)
            )
            scores = dict(scored)
            found = self._read_found(connection, state, scores, roles, in_scopes(scopes))
        return [Hit(found[id_], score) for id_, score in scores.items() if id_ in found]

    def word_weight(self, words: Iterable[str]) -> dict[str, float]:
        """How rare each word is: its inverse document frequency over all searched passages, by stem.

        ln(1 + (N − n + 0.5) / (n + 0.5)), as in BM25: near 0 for a word in every passage, highest for an unknown one.
        """
        wanted = list(dict.fromkeys(words))
        with self._reading() as (connection, state):
            generation, frequencies = self._frequencies
            if generation != state.generation:
                frequencies = {"": count_searched(connection, everywhere=True)}
            missing = {word: count_passages_with(connection, word) for word in wanted if word not in frequencies}
            frequencies = frequencies | missing
            if missing or generation != state.generation:
                self._frequencies = (state.generation, frequencies)
        total = frequencies[""]
        return {word: math.log(1 + (total - frequencies[word] + 0.5) / (frequencies[word] + 0.5)) for word in wanted}

    def statements(
        self, code: str | None = None, *, roles: Collection[str] = ()
    ) -> list[tuple[Record, IndexedPassage]]:
        """The framework statements in force, of that code ("4.6") or all, each with the passage that holds it; by
        document, in its order."""
        of_code = () if code is None else (records.c.code == code.strip().casefold(),)
        return self._records("statement", roles, *of_code)

    def programmes(self, *, roles: Collection[str] = ()) -> list[tuple[Record, IndexedPassage]]:
        """The training programmes in force, each with the passage that holds it."""
        return self._records("programme", roles)

    def edition_before(self, version: Version, *, roles: Collection[str] = ()) -> PastEdition | None:
        """What stood before an edition in force; None where there is nothing, or nothing that these roles may read.

        The last other edition of its path, else of its document, of the same school; what was taken out of the corpus,
        or came with a refresh that was undone, is none.
        """
        with self._reading() as (connection, _):
            return find_edition_before(connection, version, roles)

    def matching_pending(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[PendingEdition]:
        """The drafts, and the editions that wait for their day, that the query asks for by most words of their title.

        Best first; none of their text is looked into. `expansions` are phrases that may stand for words of the query.
        """
        scopes = scopes_of(schools, trust_wide=trust_wide)
        with self._reading() as (connection, _):
            return find_pending(connection, query, scopes, roles, limit=limit, expansions=expansions)

    def passages_of(self, path: str) -> list[IndexedPassage]:
        """The passages of the corpus's edition at that path, in reading order, whatever its status."""
        with self._reading() as (connection, _):
            return read_passages(connection, IS_LIVE, versions.c.path == path)

    def versions(self) -> list[Version]:
        """Every document of the corpus as the registry holds it, by path: in force, superseded, draft, …"""
        with self._reading() as (connection, _):
            return read_versions(connection, IS_LIVE)

    def overdue_switches(self, today: date) -> list[Version]:
        """The editions that should be in force by now and wait for a refresh to put them there, by path.

        Until one runs, the edition before each is still the one that is searched.
        """
        with self._reading() as (connection, _):
            waiting = read_versions(connection, IS_LIVE, versions.c.status == "waiting")
        return [
            version
            for version in waiting
            if (begins := first_day(version.metadata.effective_from)) is not None and begins <= today
        ]

    def passage_count(self) -> int:
        """How many passages are searched."""
        with self._reading() as (connection, _):
            return count_searched(connection, everywhere=True)

    def failures(self) -> list[Failure]:
        """The documents that could not be read at the last refresh, by path; an earlier edition may still answer."""
        with self._reading() as (connection, _):
            rows = connection.execute(select(failures).order_by(failures.c.path))
            return [Failure(row.path, row.reason) for row in rows]

    def warnings(self) -> list[Failure]:
        """What was not read of the documents in the corpus, by path: pages without text, records left out."""
        with self._reading() as (connection, _):
            rows = connection.execute(select(versions).where(IS_LIVE).order_by(versions.c.path))
            return [Failure(row.path, warning) for row in rows for warning in codec.decode_words(row.warnings)]

    def last_refresh(self) -> PastRefresh | None:
        """The last refresh that is on record; None before the first."""
        return next(iter(self.history(limit=1)), None)

    def is_held(self) -> bool:
        """Whether the last refresh was rolled back, and none was run by hand since."""
        with self._reading() as (connection, _):
            return read_is_held(connection)

    def history(self, *, limit: int) -> list[PastRefresh]:
        """The refreshes that changed something or failed at something, the latest first."""
        with self._reading() as (connection, _):
            return read_refreshes(connection, limit=limit)

    def changes_of(self, past: PastRefresh) -> list[DocumentChange]:
        """What a refresh did to each document, by path."""
        with self._reading() as (connection, _):
            return read_changes(connection, past.id)

    def sources_down(self) -> list[Failure]:
        """The sources that did not answer at the last refresh, by name: their documents stand as they were."""
        with self._reading() as (connection, _):
            rows = connection.execute(select(sources).where(sources.c.problem.is_not(None)).order_by(sources.c.name))
            return [Failure(row.name, row.problem) for row in rows]

    def editions_of(self, path: str) -> list[HeldEdition]:
        """Every edition of a path that the registry holds, the latest first; `words_of` has what each says."""
        with self._reading() as (connection, _):
            held = select(versions).where(versions.c.path == path, versions.c.state != "staged")
            rows = connection.execute(held.order_by(versions.c.id.desc())).all()
            went = select(changes.c.before_id).where(changes.c.path == path, changes.c.change == "removed")
            removed = set(connection.execute(went).scalars())
        return [
            HeldEdition(
                version=version_of(row),
                digest=row.digest,
                passage_count=row.passage_count,
                retired_at=row.retired_at,
                is_removed=row.id in removed,
            )
            for row in rows
        ]

    def words_of(self, edition: HeldEdition) -> list[Passage] | None:
        """What an edition says, in reading order; None where its words are no longer kept."""
        with self._reading() as (connection, _):
            found = read_passages(connection, versions.c.id == edition.version.id)
        return [one.passage for one in found] if len(found) == edition.passage_count else None

    def vocabulary(self) -> dict[str, int]:
        """How many searched passages hold each word of letters, in lower case, in what is open to all staff: to spell
        by. It reads all of them, so it is asked once a generation."""
        with self._reading() as (connection, _):
            found = read_passages(connection, IS_SEARCHED, is_readable(()))
        counts: Counter[str] = Counter()
        for one in found:
            said = " ".join((one.version.title, *one.passage.heading, one.passage.text)).casefold()
            counts.update(set(_LETTERS.findall(said)))
        return dict(counts)

    def _records(
        self, kind: str, roles: Collection[str], *conditions: ColumnElement[bool]
    ) -> list[tuple[Record, IndexedPassage]]:
        with self._reading() as (connection, state):
            rows = connection.execute(
                select(records)
                .join(versions, records.c.version_id == versions.c.id)
                .where(records.c.kind == kind, IS_SEARCHED, is_readable(roles), *conditions)
                .order_by(versions.c.path, records.c.id)
            ).all()
            found = self._read_found(connection, state, dict.fromkeys(row.passage_id for row in rows), roles)
        return [
            (
                Record(row.kind, row.key, codec.decode_fields(row.fields), codec.decode_locator(row.locator)),
                found[row.passage_id],
            )
            for row in rows
        ]

    def _nearest_of(
        self,
        vector: NDArray[np.float32],
        scopes: Sequence[School],
        roles: Collection[str],
        *,
        limit: int,
        state: State,
    ) -> list[Hit]:
        """The `limit` nearest live passages of all these scopes together; only they are read whole."""
        assert state.model is not None
        asked = limit + math.ceil(limit * SPARE)
        near: list[tuple[int, float]] = []
        waiting = list(scopes)
        while waiting:
            with self._vectors.at(state) as store:
                nearest = {
                    scope: store.nearest(vector, school=scope, model=state.model, limit=asked) for scope in waiting
                }
            with self._reading() as (connection, now):
                if now != state:
                    raise _StateMoved
                waiting = []
                for scope, vectors in nearest.items():
                    hits = self._live_among(connection, vectors, scope, roles)
                    if len(hits) >= limit or vectors is None or len(vectors) < asked:
                        near += hits[:limit]
                    else:
                        waiting.append(scope)
                if not waiting:
                    best = dict(sorted(near, key=lambda scored: (-scored[1], scored[0]))[:limit])
                    # each was found to be searched and readable above, in a transaction of this state
                    found = hide_names(connection, self._read.of(connection, state, best), roles)
                    return [Hit(found[id_], score) for id_, score in best.items() if id_ in found]
            asked *= 2  # vectors that are retired, or kept to other roles, crowded out those that are searched
        return []

    def _live_among(
        self,
        connection: Connection,
        nearest: Sequence[tuple[str, float]] | None,
        scope: School,
        roles: Collection[str],
    ) -> list[tuple[int, float]]:
        """The ids of the searched passages of one scope that these vectors stand for, with their scores."""
        if nearest is None:
            self._expect_none(connection, scope)
            return []
        ids = [id_ for id_, _ in nearest]
        found = read_ids_by_vector(connection, ids, IS_SEARCHED, in_scopes([scope]), is_readable(roles))
        return [(passage_id, score) for id_, score in nearest for passage_id in found.get(id_, ())]

    def _read_found(
        self,
        connection: Connection,
        state: State,
        ids: Iterable[int],
        roles: Collection[str],
        *conditions: ColumnElement[bool],
    ) -> dict[int, IndexedPassage]:
        """The searched passages of these ids that somebody with these roles may read, by id."""
        readable = read_chosen_ids(connection, ids, IS_SEARCHED, is_readable(roles), *conditions)
        return hide_names(connection, self._read.of(connection, state, readable), roles)

    def _expect_none(self, connection: Connection, scope: School) -> None:
        """Nothing searched in a scope has no collection; anything else means that the vectors were lost."""
        if count_searched(connection, scope):
            whose = "the trust" if scope is None else scope
            raise IndexUnavailable(
                f"The vectors of {whose} are missing {self._vectors.place}: run `staffroom refresh` to make them again."
            )

    def _consistently(self, search: Callable[[State], T]) -> T:
        """The search's result over one state: it starts anew when a refresh switched or collected meanwhile.

        It begins with the state of the search before it, since the search finds out whether that still holds.
        """
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        known, self._known_state = self._known_state, None
        while True:
            if known is None:
                with self._reading() as (_, state):
                    pass
            else:
                state = known
            try:
                found = search(state)
            except (_StateMoved, VectorsFailed):
                if time.monotonic() > give_up_at:
                    raise
            else:
                self._known_state = state
                return found
            if known is None:
                time.sleep(0.01)
            known = None

    @contextmanager
    def _reading(self) -> Iterator[tuple[Connection, State]]:
        """A read transaction and its state, once that is known to be one that can be searched."""
        with self._database.transaction() as connection:
            state = read_state(connection)
            if state.generation == 0 or state.model is None:
                raise self._database.place.nothing_indexed()
            if self._model is not None and state.model != self._model:
                raise IndexUnavailable(
                    f"The index was built with {state.model} and the settings name {self._model}: run `staffroom "
                    f"refresh` to build it anew with {self._model}, or set STAFFROOM_EMBEDDING_MODEL and "
                    "STAFFROOM_EMBEDDING_PRECISION back."
                )
            yield connection, state


class _ReadPassages:
    """The passages read of one state of the index, by id, so that each is made of its row once. Whoever asks has
    found out which of them the asker may read: what is kept here decides nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[State | None, OrderedDict[int, IndexedPassage]] = (None, OrderedDict())

    def of(self, connection: Connection, state: State, ids: Collection[int]) -> dict[int, IndexedPassage]:
        """These passages, in a transaction of that state."""
        with self._lock:
            of_state, kept = self._kept
            found = {id_: kept[id_] for id_ in ids if id_ in kept} if of_state == state else {}
        missing = [id_ for id_ in ids if id_ not in found]
        if missing:
            found |= read_passages_by_id(connection, missing)
        with self._lock:
            if self._kept[0] != state:
                self._kept = (state, OrderedDict())
            kept = self._kept[1]
            for id_, passage in found.items():
                kept[id_] = passage
                kept.move_to_end(id_)
            while len(kept) > KEPT_PASSAGES:
                kept.popitem(last=False)
        return found


class _StateMoved(IndexUnavailable):
    """A refresh switched between the two halves of a search."""

    def __init__(self) -> None:
        super().__init__("The index changes faster than it can be read: try again shortly.")


def _is_behind(opened: State, state: State) -> bool:
    """Whether vectors were opened before that state; also where the registry was made anew, and counts from one."""
    return opened.identity != state.identity or opened.generation < state.generation


class _SharedVectors:
    """The current generation's vector store, lent to threads; an old or failed one is closed once it is back."""

    def __init__(self, place: VectorPlace) -> None:
        self.place = place
        self._lock = threading.Lock()
        self._current: tuple[State, VectorStore] | None = None
        self._borrowers: dict[VectorStore, int] = {}

    @contextmanager
    def at(self, state: State) -> Iterator[VectorStore]:
        with self._lock:
            if self._current is None or _is_behind(self._current[0], state):
                self._replace(state)
            assert self._current is not None
            store = self._current[1]
            self._borrowers[store] += 1
        try:
            yield store
        except VectorsFailed:
            with self._lock:
                if self._current is not None and self._current[1] is store:
                    self._current = None
            raise
        finally:
            with self._lock:
                self._borrowers[store] -= 1
                self._close_if_unused(store)

    def close(self) -> None:
        with self._lock:
            old, self._current = self._current, None
            if old is not None:
                self._close_if_unused(old[1])

    def _replace(self, state: State) -> None:
        self.place.check()
        old, store = self._current, self.place.open(state.identity)
        self._current = (state, store)
        self._borrowers[store] = 0
        if old is not None:
            self._close_if_unused(old[1])

    def _close_if_unused(self, store: VectorStore) -> None:
        if self._borrowers[store] == 0 and (self._current is None or self._current[1] is not store):
            del self._borrowers[store]
            store.close()
