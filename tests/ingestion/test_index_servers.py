"""Claims about an index on PostgreSQL and a Chroma server: several processes, and servers that go away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import text

from ingestion.errors import IndexUnavailable, RefreshRunning
from ingestion.index.vectors import VectorServer
from tests.backends import kept_on_servers, place_at
from tests.fakes import FakeEmbedder
from tests.ingestion.texts import Desk
from tests.relay import Relay

DOCUMENTS = {"trust/pay.md": "Teachers are paid monthly.\nBonuses are rare.", "schools/kestrel/pay.md": "Pay is late."}


@pytest.fixture(scope="module", autouse=True)
def on_servers() -> Iterator[None]:
    with kept_on_servers():
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, DOCUMENTS)
    desk.refresh()
    return desk


@pytest.fixture
def chroma(desk: Desk) -> Iterator[Relay]:
    """The way to the Chroma server, for this desk."""
    assert desk.place.chroma_url is not None
    with Relay(desk.place.chroma_url) as relay:
        desk.place = replace(desk.place, chroma_url=relay.url)
        yield relay


@pytest.fixture
def postgres(desk: Desk) -> Iterator[Relay]:
    """The way to PostgreSQL, for this desk."""
    assert desk.place.database_url is not None
    with Relay(desk.place.database_url) as relay:
        desk.place = replace(desk.place, database_url=relay.url)
        yield relay


# ── servers that go away ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_search_without_the_chroma_server_is_a_sentence_and_the_next_one_answers(desk: Desk, chroma: Relay) -> None:
    question = desk.embedder.embed_question("teachers paid")
    index = desk.open()
    before = index.nearest(question, schools=(), limit=1)
    chroma.cut()
    with pytest.raises(IndexUnavailable, match=rf"^The Chroma server at {chroma.url} does not answer .*: start it"):
        index.nearest(question, schools=(), limit=1)
    assert [hit.found.passage.text for hit in index.matching("bonuses", schools=(), limit=1)] == ["Bonuses are rare."]
    chroma.mend()
    assert index.nearest(question, schools=(), limit=1) == before
    index.close()


def test_a_refresh_without_the_chroma_server_changes_nothing_and_the_next_one_finishes(
    desk: Desk, chroma: Relay
) -> None:
    desk.source.documents["trust/pay.md"] = "Teachers are paid weekly."
    chroma.cut()
    with pytest.raises(IndexUnavailable, match=r"The Chroma server .* does not answer"):
        desk.refresh()
    chroma.mend()
    assert desk.ask("teachers paid") == ["Teachers are paid monthly."]
    assert desk.refresh().changed == ("trust/pay.md",)
    assert desk.ask("teachers paid") == ["Teachers are paid weekly."]


def test_a_question_without_postgres_is_a_sentence_and_the_next_one_answers(desk: Desk, postgres: Relay) -> None:
    index = desk.open()
    before = index.matching("bonuses", schools=(), limit=1)
    postgres.cut()
    with pytest.raises(
        IndexUnavailable, match=r"^The registry postgresql://127.0.0.1:\d+/\w+ does not answer \(.*\): "
    ) as gone:
        index.matching("bonuses", schools=(), limit=1)
    assert "staff:" not in str(gone.value)
    postgres.mend()
    assert index.matching("bonuses", schools=(), limit=1) == before != []
    index.close()


def test_a_refresh_that_loses_postgres_changes_nothing_and_the_next_one_finishes(desk: Desk, postgres: Relay) -> None:
    class Pulling(FakeEmbedder):
        def embed_passages(self, texts: object) -> object:  # type: ignore[override]
            postgres.cut()
            return super().embed_passages(texts)  # type: ignore[arg-type]

    desk.source.documents["trust/pay.md"] = "Teachers are paid weekly."
    well, desk.embedder = desk.embedder, Pulling()
    with pytest.raises(IndexUnavailable, match="does not answer"):
        desk.refresh()
    postgres.mend()
    desk.embedder = well
    assert desk.ask("teachers paid") == ["Teachers are paid monthly."]
    desk.place.damage(
        "DELETE FROM lease"
    )  # which it could not give back; this process goes on, so it is not seen to end
    assert desk.refresh().changed == ("trust/pay.md",)


def test_vectors_that_a_server_lost_are_made_again(desk: Desk) -> None:
    index = desk.open()
    question = desk.embedder.embed_question("teachers paid")
    before = index.nearest(question, schools=(), limit=2)
    desk.forget_vectors()
    with pytest.raises(IndexUnavailable, match=r"vectors of the trust are missing at http.*: run `staffroom refresh`"):
        index.nearest(question, schools=(), limit=2)
    assert desk.refresh().passages.embedded == 3
    assert index.nearest(question, schools=(), limit=2) == before
    index.close()


def test_an_address_that_is_no_chroma_server_is_named_without_its_password(desk: Desk) -> None:
    place = VectorServer("http://user:secret@127.0.0.1:1/")
    with pytest.raises(IndexUnavailable, match=r"The Chroma server at http://127.0.0.1:1 does not answer") as failed:
        place.open("x")
    assert "secret" not in str(failed.value)


# ── several at once ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_indexes_share_a_chroma_server_and_leave_each_other_alone(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", {"trust/ties.md": "Ties are worn."})
    other.refresh()
    desk.source.documents.pop("schools/kestrel/pay.md")
    desk.refresh(allow_mass_removal=True)
    assert other.ask("ties") == ["Ties are worn."]
    assert desk.ask("teachers paid bonuses") == ["Bonuses are rare.", "Teachers are paid monthly."]


def test_a_collection_that_was_dropped_and_made_again_is_found_by_an_open_index(desk: Desk) -> None:
    index = desk.open()
    question = desk.embedder.embed_question("pay late")

    def found() -> list[str]:
        hits = index.nearest(question, schools=("kestrel",), limit=1, trust_wide=False)  # type: ignore[arg-type]
        return [hit.found.passage.text for hit in hits]

    assert found() == ["Pay is late."]
    kept = desk.source.documents.pop("schools/kestrel/pay.md")
    desk.refresh(allow_mass_removal=True)
    assert found() == []
    desk.source.documents["schools/kestrel/pay.md"] = kept
    desk.refresh()
    assert found() == ["Pay is late."]
    index.close()


def test_of_many_that_make_the_tables_at_once_one_does(tmp_path: Path) -> None:
    database = place_at(tmp_path).database
    with ThreadPoolExecutor(4) as threads:
        for opened in list(threads.map(lambda _: database.open_writing(), range(4))):
            opened.close()
    database.open_reading().close()


def test_of_many_that_want_the_lease_at_once_one_has_it(tmp_path: Path) -> None:
    place = place_at(tmp_path)
    start, end = threading.Barrier(6), threading.Event()

    def want(_: int) -> bool:
        start.wait()
        try:
            with place.open_writer().lease():
                end.wait(timeout=30)
                return True
        except RefreshRunning:
            return False

    with ThreadPoolExecutor(6) as threads:
        running = [threads.submit(want, number) for number in range(6)]
        refused = list(islice(as_completed(running), 5))
        end.set()
    assert [one.result() for one in refused] == [False] * 5
    assert [one.result() for one in running].count(True) == 1


def test_a_refresh_that_stood_still_for_too_long_writes_nothing_more(desk: Desk) -> None:
    with desk.place.open_writer().lease() as stalled:
        desk.place.damage("UPDATE lease SET holder = 'elsewhere:1:x:y', expires_at = '2000-01-01T00:00:00+00:00'")
        desk.source.documents["trust/pay.md"] = "Teachers are paid weekly."
        assert desk.refresh().changed == ("trust/pay.md",)
        with pytest.raises(RefreshRunning, match="took over"):
            stalled.discard_staged()
    assert desk.refresh().kept == 2


def test_a_claim_of_another_machine_holds_until_it_ends(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = "Teachers are paid weekly."
    desk.place.damage("INSERT INTO lease VALUES ('refresh', 'elsewhere:1:x:y', '2999-01-01T00:00:00+00:00')")
    with pytest.raises(RefreshRunning, match="Another refresh is running"):
        desk.refresh()
    desk.place.damage("UPDATE lease SET expires_at = '2000-01-01T00:00:00+00:00'")
    assert desk.refresh().changed == ("trust/pay.md",)


def test_a_dry_run_neither_waits_for_a_refresh_nor_makes_it_wait(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = "Teachers are paid weekly."
    database = desk.place.database
    writing = database.open_writing()
    with writing.transaction(), desk.place.open_writer().rehearsal() as copy:  # a switch in the middle
        assert [edition.path for edition in copy.editions(without=())] == sorted(DOCUMENTS)
    writing.close()
    with database.rehearsal() as copy, copy.transaction() as connection:
        connection.execute(text("UPDATE versions SET state = 'staged'"))
        assert desk.refresh().changed == ("trust/pay.md",)
    assert desk.ask("teachers paid") == ["Teachers are paid weekly."]


def test_text_with_a_nul_is_stored_without_it(desk: Desk) -> None:
    desk.source.documents["trust/pay.md"] = "title: Pay\0\nTeachers are paid\0 weekly."
    desk.refresh()
    [hit] = desk.look(lambda index: index.matching("teachers\0 weekly", schools=(), limit=1))
    assert hit.found.version.title == "Pay"
