"""Which passages' vectors are nearest to a question's? Chroma, one collection for each school and one for the trust.

A search for one school opens that school's collection and the trust's; another school's vectors are not in them, so no
filter can fail. A collection's name carries the embedding model's fingerprint: vectors of two models never mix. A
vector's id is the digest of the text it was made of: what did not change is never embedded again.

Chroma runs in this process over a folder, or as a server. In this process it keeps a collection's graph in memory: what
another process adds is not seen there, and what it deletes is still met there and makes a search fail ("Error finding
id"; chromadb 1.5.9). The reader therefore opens a `VectorStore` anew whenever the registry's generation moves on, and
when one fails. A server needs the former less and the latter as much: a collection that was dropped and made again is
found under its new id only.
"""

import hashlib
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ingestion.errors import IndexUnavailable
from ingestion.model import School

if TYPE_CHECKING:
    from chromadb.api import ServerAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.config import System

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

_OPENING = threading.Lock()
"""Two threads that open the same new folder at once would both make its tables."""

_MARK = "staffroom-state"
_COLLECTIONS = "tenants/default_tenant/databases/default_database/collections"

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0
"""How long a server may take; Chroma's client waits for ever unless told."""


def vectors_at(*, data: Path, chroma_url: str | None) -> "VectorPlace":
    """The folder `chroma` under `data`, unless a server is named; nothing is opened yet."""
    return VectorFolder(data / "chroma") if chroma_url is None else VectorServer(chroma_url)


def vector_id(embedding_text: str) -> str:
    """The id of the vector of a text: the first 32 hex digits of its SHA-256."""
    return hashlib.sha256(embedding_text.encode()).hexdigest()[:32]


class VectorsFailed(IndexUnavailable):
    """Chroma failed at work; a store opened anew may well not."""


class ServerGone(IndexUnavailable):
    """The Chroma server does not answer; it will once somebody has started it."""


class VectorPlace(ABC):
    """Where an index's vectors live. `str(place)` names it in messages, without a password."""

    @abstractmethod
    def open(self, identity: str) -> "VectorStore":
        """The store of the index of that identity; what is missing is made. Raises VectorsFailed or ServerGone."""

    @abstractmethod
    def check(self) -> None:
        """Raises IndexUnavailable where the vectors as a whole are plainly gone; cheap."""

    @property
    @abstractmethod
    def folder(self) -> Path | None:
        """Where it stands on a disk of this machine; None where it is a server's."""

    @abstractmethod
    def mark(self, identity: str) -> str | None:
        """What `set_mark` noted last; None where the vectors went since. Cheap: Chroma is not even imported."""

    @abstractmethod
    def set_mark(self, identity: str, mark: str) -> None:
        """Note with the vectors themselves which state they are of."""


@dataclass(frozen=True)
class VectorFolder(VectorPlace):
    """A folder that belongs to one index, opened in this process."""

    path: Path

    def __str__(self) -> str:
        return f"under {self.path}"

    def open(self, identity: str) -> "VectorStore":
        with self.failures_named():
            system, chroma = _start(is_persistent=True, persist_directory=str(self.path))
        return VectorStore(chroma, prefix="staffroom", close=system.stop, failures_named=self.failures_named)

    def check(self) -> None:
        if not self.path.is_dir():
            raise IndexUnavailable(
                f"The vectors of the index are missing ({self.path}): run `staffroom refresh` to make them again."
            )

    @property
    def folder(self) -> Path:
        return self.path

    def mark(self, identity: str) -> str | None:
        try:
            return (self.path / _MARK).read_text(encoding="utf-8")
        except OSError:
            return None

    def set_mark(self, identity: str, mark: str) -> None:
        with self.failures_named():
            (self.path / _MARK).write_text(mark, encoding="utf-8")

    @contextmanager
    def failures_named(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, OSError, ValueError, RuntimeError) as error:
            raise VectorsFailed(
                f"The vectors under {self.path} cannot be used ({error}): delete that folder and run `staffroom "
                "refresh`. Nothing is lost, since they are made from the corpus."
            ) from error


@dataclass(frozen=True)
class VectorServer(VectorPlace):
    """A Chroma server, which other indexes may use as well: collections are told apart by the index's identity."""

    url: str

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def open(self, identity: str) -> "VectorStore":
        import httpx

        with self.failures_named():
            system, chroma = _start(
                chroma_api_impl="chromadb.api.fastapi.FastAPI",
                chroma_server_host=self.url,
                chroma_server_http_port=0,  # the address has it
                chroma_server_ssl_verify=self._has_certificate(),
            )
            session: httpx.Client = chroma._session
            session.timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
            chroma.heartbeat()

        def close() -> None:
            system.stop()
            session.close()  # which Chroma leaves open

        return VectorStore(chroma, prefix=f"staffroom.{identity}", close=close, failures_named=self.failures_named)

    @property
    def folder(self) -> None:
        return None

    def check(self) -> None:
        """Nothing is plain from here: a search finds out."""

    def mark(self, identity: str) -> str | None:
        with self.failures_named():
            found = self._request("GET", f"{_COLLECTIONS}/{_mark_name(identity)}", missing_ok=True)
        noted: str | None = ((found or {}).get("metadata") or {}).get("state")
        return noted

    def set_mark(self, identity: str, mark: str) -> None:
        with self.failures_named():
            made = self._request("POST", _COLLECTIONS, {"name": _mark_name(identity), "get_or_create": True})
            self._request("PUT", f"{_COLLECTIONS}/{made['id']}", {"new_metadata": {"state": mark}})

    def _request(self, method: str, path: str, body: object = None, *, missing_ok: bool = False) -> Any:
        import httpx

        answer = httpx.request(
            method,
            f"{self.url.rstrip('/')}/api/v2/{path}",
            json=body,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            verify=self._has_certificate(),
        )
        if missing_ok and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.raise_for_status().json()

    def _has_certificate(self) -> bool:
        """Whether there is one to verify: reading the known authorities takes 0.1 s, which http:// is spared."""
        return self.url.startswith("https:")

    @contextmanager
    def failures_named(self) -> Iterator[None]:
        import httpx

        try:
            yield
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            raise ServerGone(
                f"The Chroma server {self} does not answer ({error}): start it, or correct STAFFROOM_CHROMA_URL."
            ) from error
        except Exception as error:  # Chroma raises a bare Exception for an answer that it does not know
            raise VectorsFailed(
                f"The vectors {self} cannot be used ({error}): see the Chroma server's log; if its data is damaged, "
                "empty it and run `staffroom refresh`. Nothing is lost, since they are made from the corpus."
            ) from error


class VectorStore:
    """One index's opened vectors, as they stood then. Several threads may use it at once; `close` only when none does.

    Every method raises VectorsFailed or ServerGone where Chroma fails, naming the place and the mend.
    """

    def __init__(
        self,
        chroma: "ServerAPI",
        *,
        prefix: str,
        close: Callable[[], object],
        failures_named: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`prefix` begins the names of this index's collections."""
        self._chroma = chroma
        self._prefix = prefix
        self._close = close
        self._failures_named = failures_named
        self._collections: dict[str, Collection | None] = {}

    def close(self) -> None:
        """Release files, memory and connections."""
        self._close()

    def collection_name(self, school: School, model: str) -> str:
        """`<prefix>.trust.<fingerprint>` or `<prefix>.school.<slug>.<fingerprint>`.

        Chroma takes 3 to 512 characters of [a-zA-Z0-9._-] (1.5.9), so an unusual slug is given by its digest.
        """
        fingerprint = hashlib.sha256(model.encode()).hexdigest()[:12]
        if school is None:
            return f"{self._prefix}.trust.{fingerprint}"
        is_plain = re.fullmatch(r"[a-z0-9-]{1,100}", school)
        slug = school if is_plain else f"_{hashlib.sha256(school.encode()).hexdigest()[:32]}"
        return f"{self._prefix}.school.{slug}.{fingerprint}"

    def nearest(
        self, vector: NDArray[np.float32], *, school: School, model: str, limit: int
    ) -> list[tuple[str, float]] | None:
        """Vector ids and cosine similarities (−1 … 1), best first, at most `limit`; None where there is no collection.

        Fewer than `limit` means that the collection holds no more.
        """
        collection = self._collection(self.collection_name(school, model))
        if collection is None:
            return None
        with self._failures_named():
            query: Any = [vector]
            found = collection.query(query_embeddings=query, n_results=limit, include=["distances"])
            ids, distances = found["ids"][0], found["distances"]
            assert distances is not None
            if len(ids) < limit and len(ids) < collection.count():
                return _nearest_exactly(collection, vector, limit=limit)
        return [(id_, 1.0 - distance) for id_, distance in zip(ids, distances[0], strict=True)]

    def ids(self, *, school: School, model: str) -> set[str]:
        """Every vector id of a collection; empty where there is none."""
        collection = self._collection(self.collection_name(school, model))
        if collection is None:
            return set()
        with self._failures_named():
            return set(collection.get(include=[])["ids"])

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32], *, school: School, model: str) -> None:
        """Write vectors (float32[len(ids), dimension]) whose ids the collection lacks; it is made where missing."""
        name = self.collection_name(school, model)
        with self._failures_named():
            collection = self._collection(name)
            if collection is None:
                configuration: Any = {"hnsw": _HNSW}
                made = self._chroma.create_collection(name, configuration=configuration)
                collection = self._collections[name] = self._opened(made)
            for start in range(0, len(ids), PAGE):
                collection.add(ids=list(ids[start : start + PAGE]), embeddings=vectors[start : start + PAGE])

    def delete(self, ids: Sequence[str], *, school: School, model: str) -> None:
        collection = self._collection(self.collection_name(school, model))
        if collection is None:
            return
        with self._failures_named():
            for start in range(0, len(ids), PAGE):
                collection.delete(ids=list(ids[start : start + PAGE]))

    def drop_other_collections(self, schools: Iterable[School], *, model: str) -> None:
        """Drop this index's collections but those of these schools (None = the trust) and this model."""
        kept = {self.collection_name(school, model) for school in schools}
        ours = re.compile(rf"{re.escape(self._prefix)}\.(trust|school\..+)\.[0-9a-f]{{12}}")
        with self._failures_named():
            for collection in self._chroma.list_collections():
                if ours.fullmatch(collection.name) and collection.name not in kept:
                    self._chroma.delete_collection(collection.name)
                    self._collections.pop(collection.name, None)

    def _collection(self, name: str) -> "Collection | None":
        """The collection of that name, looked up once; None where there is none."""
        from chromadb.errors import NotFoundError

        if name not in self._collections:
            with self._failures_named():
                try:
                    self._collections[name] = self._opened(self._chroma.get_collection(name))
                except NotFoundError:
                    return None
        return self._collections[name]

    def _opened(self, model: Any) -> "Collection":
        from chromadb.api.models.Collection import Collection

        return Collection(self._chroma, model, embedding_function=None)


def _start(**settings: Any) -> tuple["System", Any]:
    """A Chroma of its own, which shares nothing with others of this process.

    Chroma's clients keep all they opened in a table of the process and hand the same opened folder, with its stale
    memory, to every client; and over HTTP they open a second connection that nobody closes (1.5.9). What they are made
    of has neither.
    """
    # Chroma reads the environment and a `.env` when it is imported, so it is imported here and not on top.
    from chromadb.api import ServerAPI
    from chromadb.config import Settings, System

    make_settings: Any = Settings
    with _OPENING:
        system = System(make_settings(_env_file=None, anonymized_telemetry=False, **settings))
        chroma = system.instance(ServerAPI)  # type: ignore[type-abstract]
        system.start()
    return system, chroma


def _mark_name(identity: str) -> str:
    """The collection, always empty, whose metadata is an index's mark on a server."""
    return f"staffroom.{identity}.mark"


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
