"""Claims about what can be asked of the index, and of what it never answers with."""

import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import IndexUnavailable
from ingestion.index import Index, reader
from ingestion.index.staging import StagedFile
from ingestion.index.vectors import VectorStore, vector_id
from ingestion.model import (
    Block,
    FileStamp,
    Hit,
    Locator,
    Metadata,
    ParsedDocument,
    Passage,
    Record,
    School,
    Slug,
    SourceFile,
    Trust,
)
from tests.backends import ON_SERVERS, place_at
from tests.fakes import FakeEmbedder
from tests.ingestion.texts import Desk

pytestmark = pytest.mark.usefixtures("backend")

SALTMARSH, KESTREL = Slug("saltmarsh"), Slug("kestrel")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(
        tmp_path / "data",
        {
            "trust/framework.md": "title: Behaviour framework\n# Phones\nEach school decides about phones.",
            "schools/saltmarsh/behaviour.md": "title: Behaviour policy\n# Phones\nPhones stay in bags.",
            "schools/kestrel/behaviour.md": "title: Behaviour policy\n# Phones\nPhones may be used at lunch.",
        },
    )
    desk.refresh()
    return desk


def on_servers(*statements: str) -> tuple[str, ...]:
    return statements if os.environ.get(ON_SERVERS) else ()


def schools_of(hits: list[Hit]) -> list[School]:
    return [hit.found.version.school for hit in hits]


# ── which school ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("schools", "trust_wide", "expected"),
    [
        ((), True, {None}),
        ((), False, set()),
        ((SALTMARSH,), True, {None, SALTMARSH}),
        ((SALTMARSH,), False, {SALTMARSH}),
        ((SALTMARSH, KESTREL), True, {None, SALTMARSH, KESTREL}),
        ((Slug("nowhere"),), True, {None}),
        ((Slug("nowhere"),), False, set()),
    ],
)
def test_a_search_finds_the_trust_and_the_schools_named_and_no_other(
    desk: Desk, schools: tuple[Slug, ...], trust_wide: bool, expected: set[School]
) -> None:
    vector = desk.embedder.embed_question("phones")
    near = desk.look(lambda index: index.nearest(vector, schools=schools, limit=9, trust_wide=trust_wide))
    worded = desk.look(lambda index: index.matching("phones", schools=schools, limit=9, trust_wide=trust_wide))
    assert set(schools_of(near)) == expected
    assert set(schools_of(worded)) == expected


SLUGS = ["a", "b", "a-b", "ab", "trust"]
CORPUS = st.dictionaries(
    st.tuples(st.sampled_from([None, *SLUGS]), st.sampled_from(["x", "y"])),
    st.lists(st.sampled_from(["Phones are banned.", "Phones are used.", "Ties are worn.", "Phones."]), min_size=1),
    min_size=1,
    max_size=6,
)


@given(corpus=CORPUS, asked=st.lists(st.sampled_from(SLUGS), max_size=2, unique=True), trust_wide=st.booleans())
@settings(max_examples=12, deadline=None)
def test_no_search_ever_returns_a_passage_of_a_school_that_was_not_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: dict[tuple[str | None, str], list[str]],
    asked: list[str],
    trust_wide: bool,
) -> None:
    desk = Desk(
        tmp_path_factory.mktemp("schools"),
        {
            f"schools/{slug}/{name}.md" if slug else f"trust/{name}.md": "\n".join(t)
            for (slug, name), t in corpus.items()
        },
    )
    desk.refresh()
    schools = tuple(Slug(slug) for slug in asked)
    allowed: set[School] = {*schools, *([None] if trust_wide else [])}
    vector = desk.embedder.embed_question("phones")

    def both(index: Index) -> list[Hit]:
        return [
            *index.nearest(vector, schools=schools, limit=50, trust_wide=trust_wide),
            *index.matching("phones ties", schools=schools, limit=50, trust_wide=trust_wide),
        ]

    hits = desk.look(both)
    assert set(schools_of(hits)) == {Slug(slug) if slug else None for slug, _ in corpus} & allowed


# ── what a failure tells ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ask", ["matching", "word_weight", "statements"])
def test_no_word_of_a_question_stands_in_the_text_of_a_failure(desk: Desk, ask: str) -> None:
    desk.place.damage("DROP TABLE words", "DROP TABLE records", *on_servers("DROP TABLE word_counts"))
    questions: dict[str, Callable[[Index], object]] = {
        "matching": lambda index: index.matching("Featherstonehaugh leave", schools=(), limit=3),
        "word_weight": lambda index: index.word_weight(["Featherstonehaugh"]),
        "statements": lambda index: index.statements("Featherstonehaugh"),
    }
    with pytest.raises(IndexUnavailable) as failed:
        desk.look(questions[ask])
    chain: list[BaseException | None] = [failed.value, failed.value.__cause__]
    texts = [str(error) for error in chain]
    assert re.search("no such table|does not exist", texts[1])
    assert [text for text in texts if "featherstonehaugh" in text.lower()] == []


# ── what a search gives ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_come_best_first_with_their_cosine_similarity(desk: Desk) -> None:
    [own] = desk.look(lambda index: index.passages_of("schools/kestrel/behaviour.md"))
    vector = desk.embedder.embed_passages([own.passage.embedding_text(own.version.title)])[0]
    hits = desk.look(lambda index: index.nearest(vector, schools=(SALTMARSH, KESTREL), limit=2))
    assert hits[0].found == own
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    others = desk.look(lambda index: index.passages_of(hits[1].found.version.path))
    other = desk.embedder.embed_passages([others[0].passage.embedding_text(others[0].version.title)])[0]
    assert hits[1].score == pytest.approx(float(vector @ other), abs=1e-5)


def test_a_limit_holds_over_all_scopes_together(desk: Desk) -> None:
    vector = desk.embedder.embed_question("phones")
    assert len(desk.look(lambda index: index.nearest(vector, schools=(SALTMARSH, KESTREL), limit=2))) == 2
    assert len(desk.look(lambda index: index.matching("phones", schools=(SALTMARSH, KESTREL), limit=2))) == 2
    assert desk.look(lambda index: index.nearest(vector, schools=(), limit=0)) == []
    assert desk.look(lambda index: index.matching("phones", schools=(), limit=0)) == []


def test_vectors_that_nothing_live_needs_neither_answer_nor_crowd_out_what_does(desk: Desk) -> None:
    question = desk.embedder.embed_question("phones")
    spare = np.tile(question, (300, 1))
    with desk.place.store() as store:
        store.add([vector_id(f"gone {n}") for n in range(300)], spare, school=SALTMARSH, model=desk.embedder.name)
    hits = desk.look(lambda index: index.nearest(question, schools=(SALTMARSH,), limit=1, trust_wide=False))
    assert [hit.found.passage.text for hit in hits] == ["Phones stay in bags."]


def test_a_word_weighs_more_the_rarer_it_is(desk: Desk) -> None:
    weight = desk.look(lambda index: index.word_weight(["phones", "lunch", "unheard", "phones"]))
    assert list(weight) == ["phones", "lunch", "unheard"]
    assert weight["phones"] == pytest.approx(np.log(1 + 0.5 / 3.5))
    assert weight["lunch"] == pytest.approx(np.log(1 + 2.5 / 1.5))
    assert weight["unheard"] == pytest.approx(np.log(1 + 3.5 / 0.5))


def test_word_weights_follow_a_refresh(desk: Desk) -> None:
    index = desk.open()
    before = index.word_weight(["lunch"])["lunch"]
    desk.source.documents["trust/lunch.md"] = "Lunch is at noon.\nLunch is long."
    desk.refresh()
    assert index.word_weight(["lunch"])["lunch"] < before
    index.close()


def test_the_vocabulary_counts_the_passages_that_hold_each_word(desk: Desk) -> None:
    words = desk.look(lambda index: index.vocabulary())
    assert (words["phones"], words["lunch"]) == (3, 1)
    assert "unheard" not in words


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_statement_is_found_by_its_code_with_the_passage_that_holds_it(desk: Desk) -> None:
    desk.source.documents["trust/ecf.md"] = (
        "statement 4.5 Use books.\nstatement 4.6 Break tasks down.\nprogramme npq Lead."
    )
    desk.refresh()
    [(record, found)] = desk.look(lambda index: index.statements(" 4.6 "))
    assert (record.key, record.fields["code"], str(record.locator)) == ("ecf:4.6", "4.6", "page 2")
    assert found.passage.text == "statement 4.6 Break tasks down."
    assert desk.look(lambda index: index.statements("4")) == []
    assert [record.key for record, _ in desk.look(lambda index: index.statements())] == ["ecf:4.5", "ecf:4.6"]
    assert [record.key for record, _ in desk.look(lambda index: index.programmes())] == ["npq"]


def test_records_of_what_is_not_in_force_are_not_found(desk: Desk) -> None:
    desk.source.documents["trust/ecf.md"] = "status: draft\nstatement 4.6 Break tasks down."
    desk.refresh()
    assert desk.look(lambda index: index.statements("4.6")) == []


def stated(code: str, row: int) -> Block:
    return Block("table_row", f"{code} | Words of {code}.", Locator("row", row), (code, f"Words of {code}."))


def heading_row(row: int) -> Block:
    return Block("table_header", "code | text", Locator("row", row), ("code", "text"))


def words_at(text: str, row: int) -> Block:
    return Block("paragraph", text, Locator("row", row))


PROSE = words_at("See 4.6 for more.", 1)


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        pytest.param([[heading_row(2)], [heading_row(3), stated("4.6", 2)]], 1, id="its row, not its table's header"),
        pytest.param([[PROSE], [stated("4.5", 3)], [stated("4.6", 2)]], 2, id="its row, not one beside it"),
        pytest.param([[heading_row(2), PROSE], [stated("4.6", 2)]], 1, id="its row, not a header beside its code"),
        pytest.param(
            [[heading_row(2), stated("4.5", 1)], [heading_row(2), words_at("4.6", 2)]],
            1,
            id="of a row too long for a passage, the words that name it",
        ),
        pytest.param([[words_at("On 4.6", 2)], [stated("4.6", 2)]], 1, id="its row, not words about it in its place"),
        pytest.param([[heading_row(2)], [words_at("Plan", 2)]], 1, id="any words in its place, before the header"),
        pytest.param([[PROSE], [heading_row(2)]], 1, id="the header, where nothing else stands there"),
        pytest.param([[PROSE], [stated("4.5", 3)]], 0, id="the first, where nothing stands there"),
    ],
)
def test_a_record_is_held_by_the_passage_with_its_row(
    passages: list[list[Block]], expected: int, tmp_path: Path
) -> None:
    record = Record("statement", "ecf:4.6", {"code": "4.6"}, Locator("row", 2))
    split = [Passage(number, ("ECF",), tuple(blocks)) for number, blocks in enumerate(passages)]
    document = ParsedDocument("ecf.csv", None, Metadata(), (), (record,))
    place = place_at(tmp_path)
    with place.open_writer().lease() as index:
        index.stage(StagedFile(SourceFile("ecf.csv", None, FileStamp(1, 1)), "digest"), document, split)
    held = place.select("SELECT ordinal FROM records JOIN passages ON passages.id = passage_id")
    assert held == [(expected,)]


# ── editions that wait ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("today", "overdue"),
    [
        (date(2026, 11, 30), []),
        (date(2026, 12, 1), ["trust/month.md", "trust/pay-2.md"]),
        (date(2027, 1, 1), ["trust/month.md", "trust/pay-2.md", "trust/year.md"]),
    ],
)
def test_an_edition_whose_day_has_come_is_named_until_a_refresh_puts_it_in_force(
    desk: Desk, today: date, overdue: list[str]
) -> None:
    desk.source.documents |= {
        "trust/pay-1.md": "title: Pay\nversion: 1\nPay is monthly.",
        "trust/pay-2.md": "title: Pay\nversion: 2\neffective_from: 2026-12-01\nPay is weekly.",
        "trust/month.md": "effective_from: 2026-12\nTies are optional.",
        "trust/year.md": "effective_from: 2027\nTies are banned.",
        "trust/some-day.md": "status: waiting\nTies are gone.",
        "trust/draft.md": "status: draft\neffective_from: 2026-01-01\nTies may go.",
    }
    desk.refresh()
    assert [version.path for version in desk.look(lambda index: index.overdue_switches(today))] == overdue
    desk.refresh(today=today)
    assert desk.look(lambda index: index.overdue_switches(today)) == []


# ── while refreshes go on ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_open_index_follows_a_refresh(desk: Desk) -> None:
    index = desk.open()
    vector = desk.embedder.embed_question("phones")
    assert len(index.nearest(vector, schools=(SALTMARSH,), limit=9)) == 2
    generation = index.generation()
    desk.source.documents["schools/saltmarsh/behaviour.md"] = "Phones are handed in.\nPhones come back at three."
    desk.refresh()
    assert index.generation() == generation + 1
    texts = {hit.found.passage.text for hit in index.nearest(vector, schools=(SALTMARSH,), limit=9, trust_wide=False)}
    assert texts == {"Phones are handed in.", "Phones come back at three."}
    index.close()


@pytest.mark.parametrize(
    "kept", [True, False], ids=["which only adds vectors", "which deletes the vectors that this process has in memory"]
)
def test_an_open_index_follows_a_refresh_of_another_process(desk: Desk, kept: bool) -> None:
    desk.source.documents["schools/kestrel/ties.md"] = "\n".join(f"Ties rule {n}." for n in range(40))
    desk.refresh()
    index = desk.open()
    vector = desk.embedder.embed_question("phones rule")
    index.nearest(vector, schools=(KESTREL,), limit=5, trust_wide=False)
    documents = dict(desk.source.documents) if kept else {}
    documents["schools/kestrel/phones.md"] = "\n".join(f"Phones rule {n}." for n in range(5))
    code = (
        "import json, sys; from pathlib import Path; from tests.ingestion.texts import Desk;"
        "Desk(Path(sys.argv[1]), json.loads(sys.argv[2])).refresh(allow_mass_removal=True)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(desk.data), json.dumps(documents)], check=True, cwd=Path(__file__).parents[2]
    )
    hits = index.nearest(vector, schools=(KESTREL,), limit=5, trust_wide=False)
    assert {hit.found.passage.text for hit in hits} == {f"Phones rule {n}." for n in range(5)}
    index.close()


def test_a_search_that_a_refresh_overtakes_starts_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    nearest = VectorStore.nearest
    overtaken: list[bool] = []

    def overtake(*arguments: Any, **options: Any) -> Any:
        found = nearest(*arguments, **options)
        if not overtaken:
            overtaken.append(True)
            desk.source.documents["schools/kestrel/behaviour.md"] = "Phones may be used at lunch.\nPhones are new."
            desk.refresh()
        return found

    monkeypatch.setattr(VectorStore, "nearest", overtake)
    vector = desk.embedder.embed_question("phones")
    hits = desk.look(lambda index: index.nearest(vector, schools=(KESTREL,), limit=9, trust_wide=False))
    assert {hit.found.passage.text for hit in hits} == {"Phones may be used at lunch.", "Phones are new."}


def test_threads_that_search_during_refreshes_see_whole_states_only(desk: Desk) -> None:
    index = desk.open()
    vector = desk.embedder.embed_question("phones")
    states = [frozenset(f"Phones {word} rule {n}." for n in range(6)) for word in ("old", "new")]
    seen: list[frozenset[str]] = []
    faults: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        try:
            while not stop.is_set():
                near = index.nearest(vector, schools=(SALTMARSH,), limit=20, trust_wide=False)
                worded = index.matching("phones", schools=(SALTMARSH,), limit=20, trust_wide=False)
                seen.extend(frozenset(hit.found.passage.text for hit in hits) for hits in (near, worded))
        except BaseException as fault:
            faults.append(fault)

    desk.source.documents["schools/saltmarsh/behaviour.md"] = "\n".join(states[0])
    desk.refresh()
    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(1, 5):
        desk.source.documents["schools/saltmarsh/behaviour.md"] = "\n".join(states[turn % 2])
        desk.refresh()
    stop.set()
    for thread in threads:
        thread.join()
    index.close()
    assert faults == []
    assert set(seen) == set(states)


# ── what cannot be opened ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_without_an_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match=r"Nothing is indexed yet (under|in) .*: run `staffroom refresh`"):
        place_at(tmp_path / "none").open_index()
    assert not (tmp_path / "none").exists()


def test_a_refresh_that_never_finished_leaves_nothing_to_open(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"trust/a.md": "A rule."})
    desk.source.read_trust = lambda: 1 / 0  # type: ignore[assignment, return-value]
    with pytest.raises(ZeroDivisionError):
        desk.refresh()
    with pytest.raises(IndexUnavailable, match="Nothing is indexed yet"):
        desk.open()


def test_an_open_index_refuses_to_answer_once_another_model_built_it(desk: Desk) -> None:
    index = desk.open()
    desk.embedder = FakeEmbedder(name="other@2", dimension=32)
    desk.refresh()
    with pytest.raises(IndexUnavailable, match="built with other@2"):
        index.nearest(np.zeros(64, dtype=np.float32), schools=(), limit=1)
    index.close()


def test_lost_vectors_are_an_error_and_never_an_empty_answer(desk: Desk) -> None:
    vector = desk.embedder.embed_question("phones")
    desk.forget_vectors()
    with pytest.raises(IndexUnavailable, match=r"vectors of the (index|trust) are missing .*: run `staffroom refresh`"):
        desk.look(lambda index: index.nearest(vector, schools=(), limit=1))
    (desk.data / "chroma").mkdir(parents=True, exist_ok=True)
    with pytest.raises(
        IndexUnavailable, match=r"vectors of saltmarsh are missing (under|at) .*: run `staffroom refresh`"
    ):
        desk.look(lambda index: index.nearest(vector, schools=(SALTMARSH,), limit=1, trust_wide=False))


def test_a_vector_of_another_length_is_an_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(IndexUnavailable, match="expecting embedding with dimension of 64, got 3"):
        desk.look(lambda index: index.nearest(np.ones(3, dtype=np.float32), schools=(), limit=1))


def test_a_trust_without_settings_has_the_defaults(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", {"pay.md": "Teachers are paid monthly."})
    desk.source.trust = Trust()
    desk.refresh()
    assert desk.look(lambda index: index.trust()) == Trust()


@pytest.mark.parametrize("slug", ["saltmarsh", "a-b", "ÉCOLE", "a/b", "x" * 600, "", "a.b"])
def test_every_scope_has_a_collection_name_that_chroma_takes(slug: str, tmp_path: Path) -> None:
    store = place_at(tmp_path).vectors.open(secrets.token_hex(8))
    names = {store.collection_name(school, model) for school in (Slug(slug), None) for model in ("m@1", "m@2")}
    assert len(names) == 4
    store.add([vector_id("a")], np.ones((1, 4), dtype=np.float32), school=Slug(slug), model="m@1")
    assert store.ids(school=Slug(slug), model="m@1") == {vector_id("a")}
    store.drop_other_collections([], model="m@1")
    assert store.ids(school=Slug(slug), model="m@1") == set()
    store.close()
