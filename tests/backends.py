"""Where does a test keep its index? Embedded in a folder; or on servers, PostgreSQL and Chroma, with a schema and
collections of its own.

A test names a folder and is given a place. Which kind is up to the fixture `backend` (tests/ingestion/conftest.py),
which says so in the environment, so that the processes a test starts find the same place.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from ingestion.index import Index, open_index
from ingestion.index.database import database_at
from ingestion.index.opened import Database
from ingestion.index.vectors import VectorPlace, VectorStore, vectors_at
from ingestion.index.writer import IndexWriter, open_writer

POSTGRES = "STAFFROOM_TEST_POSTGRES"
CHROMA = "STAFFROOM_TEST_CHROMA"
ON_SERVERS = "STAFFROOM_TEST_ON_SERVERS"


@dataclass(frozen=True)
class Place:
    """Where one index is kept."""

    data: Path
    database_url: str | None = None
    chroma_url: str | None = None

    def open_index(self, *, model: str | None = None) -> Index:
        return open_index(data=self.data, database_url=self.database_url, chroma_url=self.chroma_url, model=model)

    def open_writer(self) -> IndexWriter:
        return open_writer(data=self.data, database_url=self.database_url, chroma_url=self.chroma_url)

    @property
    def database(self) -> Database:
        return database_at(data=self.data, database_url=self.database_url)

    @property
    def vectors(self) -> VectorPlace:
        return vectors_at(data=self.data, chroma_url=self.chroma_url)

    def select(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query of the registry."""
        opened = self.database.open_reading()
        try:
            with opened.transaction() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            opened.close()

    def words(self) -> list[tuple[Any, ...]]:
        """All that the word index holds, and what it counts."""
        if self.database_url is None:
            return self.select("SELECT scope, title, heading, body FROM words ORDER BY 1, 2, 3, 4")
        rows = self.select("SELECT stems::text, size FROM words ORDER BY 1, 2")
        counts = self.select("SELECT stem, passages FROM word_counts ORDER BY stem")
        return [*rows, *counts, *self.select("SELECT passages, words FROM word_totals")]

    def damage(self, *statements: str) -> None:
        """Change the registry behind Staffroom's back."""
        url = self.database_url or f"sqlite:///{self.data / 'staffroom.db'}"
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    @contextmanager
    def store(self) -> Iterator[VectorStore]:
        store = self.vectors.open(self._identity())
        try:
            yield store
        finally:
            store.close()

    def forget_vectors(self) -> None:
        """Lose every vector, as a lost folder or a server with an empty disk does."""
        if self.chroma_url is None:
            shutil.rmtree(self.data / "chroma")
        else:
            _forget_collections(self.chroma_url, self._identity())

    def _identity(self) -> str:
        [(identity,)] = self.select("SELECT value FROM facts WHERE name = 'identity'")
        return str(identity)


def place_at(data: Path) -> Place:
    """The place that belongs to the folder; with servers, the folder itself stays unused."""
    if not os.environ.get(ON_SERVERS):
        return Place(data)
    return Place(data, database_url=_schema_of(data), chroma_url=os.environ[CHROMA])


@contextmanager
def kept_on_servers() -> Iterator[None]:
    """Within, every place is on servers; what the tests left there goes at the end.

    Skips the test where the environment names no servers; in CI, fails it.
    """
    missing = [name for name in (POSTGRES, CHROMA) if not os.environ.get(name)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} must name the servers to test on")
    if missing:
        pytest.skip(f"no {' and '.join(missing)}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ON_SERVERS, "1")
        yield
        _drop_places()


@cache
def _schema_of(data: Path) -> str:
    """The address of a schema named after the folder; it is made where it is missing."""
    schema = f"staffroom_test_{sha256(str(data).encode()).hexdigest()[:16]}"
    engine = create_engine(os.environ[POSTGRES], poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    url = make_url(os.environ[POSTGRES]).update_query_dict({"options": f"-c search_path={schema}"})
    _SCHEMAS[schema] = url.render_as_string(hide_password=False)
    return _SCHEMAS[schema]


_SCHEMAS: dict[str, str] = {}
"""The schemas that this process made, and their addresses."""


def _drop_places() -> None:
    engine = create_engine(os.environ[POSTGRES], poolclass=NullPool)
    identities = []
    with engine.connect() as connection:
        for schema in _SCHEMAS:
            connection.execute(text(f"SET search_path = {schema}"))
            if connection.scalar(text("SELECT to_regclass('facts') IS NOT NULL")):
                identities += connection.scalars(text("SELECT value FROM facts WHERE name = 'identity'")).all()
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
            connection.commit()
    _forget_collections(os.environ[CHROMA], *identities)
    _SCHEMAS.clear()
    _schema_of.cache_clear()


def _forget_collections(chroma_url: str, *identities: str) -> None:
    collections = f"{chroma_url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    with httpx.Client(verify=False) as client:
        for found in client.get(collections).raise_for_status().json():
            if found["name"].startswith(tuple(f"staffroom.{identity}." for identity in identities)):
                client.delete(f"{collections}/{found['name']}").raise_for_status()
