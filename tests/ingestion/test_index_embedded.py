"""Claims about an index that is kept in files: what is said of one that is damaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingestion.errors import IndexUnavailable
from ingestion.index import reader
from tests.ingestion.texts import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "data", {"trust/framework.md": "Each school decides about phones."})
    desk.refresh()
    return desk


def test_damaged_vectors_are_named_with_the_mend(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PATIENCE_SECONDS", 0.05)
    vector = desk.embedder.embed_question("phones")
    desk.forget_vectors()
    (desk.data / "chroma").mkdir()
    (desk.data / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    with pytest.raises(IndexUnavailable, match=r"vectors under .*chroma cannot be used .*delete that folder and run"):
        desk.look(lambda index: index.nearest(vector, schools=(), limit=1))
    with pytest.raises(IndexUnavailable, match="delete that folder and run"):
        desk.refresh()
    desk.forget_vectors()
    desk.refresh()
    assert desk.ask("phones") == ["Each school decides about phones."]


def test_a_damaged_registry_is_named_with_the_mend(desk: Desk) -> None:
    for file in desk.data.glob("staffroom.db*"):
        file.unlink()
    (desk.data / "staffroom.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(IndexUnavailable, match=r"registry .*staffroom.db does not answer .*delete it and run"):
        desk.open()


PAGE_BYTES = 4096
"""SQLite's own, unless told otherwise."""


@pytest.mark.parametrize("damaged", ["everything", "the table of tables", "the versions"])
def test_a_damaged_registry_is_named_alike_with_and_without_a_dry_run(desk: Desk, damaged: str) -> None:
    desk.refresh()
    registry = desk.data / "staffroom.db"
    with closing(sqlite3.connect(registry)) as database:
        [(versions_page,)] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'versions'")
    whole = bytearray(registry.read_bytes())
    start, end = {
        "everything": (0, len(whole)),
        "the table of tables": (PAGE_BYTES, 3 * PAGE_BYTES),
        "the versions": ((versions_page - 1) * PAGE_BYTES, versions_page * PAGE_BYTES),
    }[damaged]
    whole[start:end] = b"\xff" * (end - start)
    registry.write_bytes(whole)
    sentences = []
    for dry_run in (True, False):
        with pytest.raises(IndexUnavailable, match=r"^The registry .*/data/staffroom.db does not answer ") as refused:
            desk.refresh(dry_run=dry_run)
        sentences.append(str(refused.value))
    assert sentences[0] == sentences[1]
