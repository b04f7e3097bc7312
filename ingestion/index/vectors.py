"""Which passages' vectors are nearest to a question's? Chroma, one collection for each school and one for the trust.

A search for one school opens that school's collection and the trust's; another school's vectors are not in them, so no
filter can fail. A collection's name carries the embedding model's fingerprint: vectors of two models never mix. A
vector's id is the digest of the text it was made of: what did not change is never embedded again.

Chroma keeps a collection's graph in the memory of each process: what another process adds is not seen there, and what
it deletes is still met there and makes a search fail ("Error finding id"; chromadb 1.5.9). The reader therefore opens a
`VectorStore` anew whenever the registry's generation moves on, and when one fails.
"""

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingestion.errors import IndexUnavailable
from ingestion.model import School

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

PAGE = 2000
"""Vectors written or deleted at a time; Chroma's own bound is 5,461 (`get_max_batch_size`, SQLite's variables)."""

_HNSW = {
    "space": "cosine",
    # A wide graph and a wide search: recall@50 of 1.000 over 11,210 passages, where Chroma's defaults reach 0.996.
    "ef_construction": 200,
    "max_neighbors": 32,
    "ef_search": 400,
    # What was added since the graph was last written is inserted anew by everyone who opens it: with the default of
    # 1,000 that took up to a second for each collection, with 100 it takes 0.01 s.
    "sync_threshold": 100,
    "batch_size": 100,
}

_OUR_NAME = re.compile(r"^staffroom\.(trust|school\..+)\.[0-9a-f]{12}$")
_OPENING = threading.Lock()


def vector_id(embedding_text: str) -> str:
    """The id of the vector of a text: the first 32 hex digits of its SHA-256."""
    return hashlib.sha256(embedding_text.encode()).hexdigest()[:32]


def collection_name(school: School, model: str) -> str:
    """`staffroom.trust.<fingerprint>` or `staffroom.school.<slug>.<fingerprint>`.

    Chroma takes 3 to 512 characters of [a-zA-Z0-9._-] (1.5.9), so an unusual slug is given by its digest.
    """
    fingerprint = hashlib.sha256(model.encode()).hexdigest()[:12]
    if school is None:
        return f"staffroom.trust.{fingerprint}"
    slug = (
        school if re.fullmatch(r"[a-z0-9-]{1,100}", school) else f"_{hashlib.sha256(school.encode()).hexdigest()[:32]}"
    )
    return f"staffroom.school.{slug}.{fingerprint}"


class VectorsFailed(IndexUnavailable):
    """Chroma failed at work; a store opened anew may well not."""


class VectorStore:
    """One opened Chroma folder, as it stood then. Several threads may use it at once; `close` only when none does.

    Every method raises VectorsFailed where Chroma fails, naming the folder and the mend.
    """

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make it."""
        # Chroma reads the environment and a `.env` when it is imported, so it is imported here and not on top.
        from chromadb.api import ServerAPI
        from chromadb.api.client import Client
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings, System

        self._folder = folder
        settings: Any = Settings
        with self._failures_named():
            self._system = System(
                settings(
                    _env_file=None,
                    anonymized_telemetry=False,
                    is_persistent=True,
                    persist_directory=str(folder),
                )
            )
            with _OPENING:
                # Chroma would hand the same opened folder, with its stale memory, to every client of a process; each
                # store has its own system instead, and leaves nothing in that shared table.
                self._system.instance(ServerAPI)  # type: ignore[type-abstract]
                self._system.start()
                self._client = Client.from_system(self._system)
                SharedSystemClient.clear_system_cache()
        self._collections: dict[str, Collection | None] = {}

    def close(self) -> None:
        """Release the folder's files and memory."""
        self._system.stop()

    def nearest(
        self, vector: NDArray[np.float32], *, school: School, model: str, limit: int
    ) -> list[tuple[str, float]] | None:
        """Vector ids and cosine similarities (−1 … 1), best first, at most `limit`; None where there is no collection.

        Fewer than `limit` means that the collection holds no more.
        """
        collection = self._collection(collection_name(school, model))
        if collection is None:
            return None
        with self._failures_named():
            query: Any = [vector]
            found = collection.query(query_embeddings=query, n_results=limit, include=["distances"])
            ids, distances = found["ids"][0], found["distances"]
            assert distances is not None
            if len(ids) < min(limit, collection.count()):
                return _nearest_exactly(collection, vector, limit=limit)
        return [(id_, 1.0 - distance) for id_, distance in zip(ids, distances[0], strict=True)]

    def ids(self, *, school: School, model: str) -> set[str]:
        """Every vector id of a collection; empty where there is none."""
        collection = self._collection(collection_name(school, model))
        if collection is None:
            return set()
        with self._failures_named():
            return set(collection.get(include=[])["ids"])

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32], *, school: School, model: str) -> None:
        """Write vectors (float32[len(ids), dimension]) whose ids the collection lacks; it is made where missing."""
        name = collection_name(school, model)
        with self._failures_named():
            collection = self._collection(name)
            if collection is None:
                configuration: Any = {"hnsw": _HNSW}
                collection = self._client.create_collection(name, configuration=configuration, embedding_function=None)
                self._collections[name] = collection
            for start in range(0, len(ids), PAGE):
                collection.add(ids=list(ids[start : start + PAGE]), embeddings=vectors[start : start + PAGE])

    def delete(self, ids: Sequence[str], *, school: School, model: str) -> None:
        collection = self._collection(collection_name(school, model))
        if collection is None:
            return
        with self._failures_named():
            for start in range(0, len(ids), PAGE):
                collection.delete(ids=list(ids[start : start + PAGE]))

    def drop_other_collections(self, schools: Iterable[School], *, model: str) -> None:
        """Drop Staffroom's collections but those of these schools (None = the trust) and this model."""
        kept = {collection_name(school, model) for school in schools}
        with self._failures_named():
            for collection in self._client.list_collections():
                if _OUR_NAME.match(collection.name) and collection.name not in kept:
                    self._client.delete_collection(collection.name)
                    self._collections.pop(collection.name, None)

    def _collection(self, name: str) -> "Collection | None":
        """The collection of that name, looked up once; None where there is none."""
        from chromadb.errors import NotFoundError

        if name not in self._collections:
            with self._failures_named():
                try:
                    self._collections[name] = self._client.get_collection(name, embedding_function=None)
                except NotFoundError:
                    return None
        return self._collections[name]

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, OSError, ValueError, RuntimeError) as error:
            raise VectorsFailed(
                f"The vectors under {self._folder} cannot be used ({error}): delete that folder and run "
                "`staffroom refresh`. Nothing is lost, since they are made from the corpus."
            ) from error


def _nearest_exactly(collection: "Collection", vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
    """What `nearest` gives, by comparing every vector.

    The graph should reach as many vectors as are asked for and does not where a hundred or more are the same (chromadb
    1.5.9: of 1,501 with 1,500 alike, 308 are returned, and not the other one).
    """
    best: list[tuple[str, float]] = []
    for start in range(0, collection.count(), PAGE):
        page = collection.get(limit=PAGE, offset=start, include=["embeddings"])
        matrix = np.asarray(page["embeddings"], dtype=np.float32)
        similarities = matrix @ vector / (np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector))
        best += zip(page["ids"], similarities.tolist(), strict=True)
    return sorted(best, key=lambda scored: -scored[1])[:limit]
