"""Claims about documents that are kept to some roles: for everybody else the index does not hold them."""

from collections.abc import Collection, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import audience
from ingestion.audience import may_read
from ingestion.index import Index
from ingestion.model import Hit, Slug
from tests.ingestion.texts import Desk

pytestmark = pytest.mark.usefixtures("backend")

SALTMARSH = Slug("saltmarsh")

DOCUMENTS = {
    "trust/leave.md": "title: Leave policy\nLeave is asked for in writing.",
    "trust/pay.md": "title: Leaders’ pay\naudience: leaders\nLeave of heads is paid for a year.",
    "trust/board.md": "title: Board papers\naudience: governors, HR\nLeave of heads is not public.",
    "schools/saltmarsh/plan.md": "title: Restructure\naudience: SLT\nLeave may end in spring.",
    "trust/npq.md": "title: Programmes for heads\naudience: headteachers\nprogramme npqh Leave for study.",
    "trust/ecf.md": "title: Standards\naudience: mentors\nstatement 4.6 Leave time to think.",
}
MORE = {
    "schools/lantern/kept.md": "title: Leave\naudience: leaders\n" + "\n".join(f"Leave leave {n}." for n in range(40)),
    "schools/lantern/open.md": "title: Other\n" + "\n".join(f"Words and leave {n}." for n in range(6)),
    "schools/quayside/kept.md": "title: Visits\naudience: leaders\n# Coaches\nBook coaches early.",
    "schools/quayside/open.md": "title: Visits\n# Coaches\nBook coaches early.",
    "schools/rowan/fees.md": "title: Fees policy\nkind: policy\nFees are low.",
    "schools/rowan/fees-board.md": "title: Fees policy\nkind: policy\naudience: governors\nFees are high.",
    "schools/rowan/ties.md": "title: Ties policy\nkind: policy\naudience: governors\nTies are worn.",
    "schools/rowan/a-ties.md": "title: Ties policy\nkind: policy\nTies are long.",
}
"""Of a school of its own each, so that no other test meets them."""
ROLES = ["leaders", "headteachers", "governors", "ECTs", "mentors", "teachers", "all staff", "catering staff"]
EVERY_AUDIENCE = {
    f"{folder}/for-{number}.md": f"title: For some\n{kept_to}Biscuits are on the {number}th shelf."
    for folder in ("trust", "schools/kestrel", "schools/elm")
    for number, kept_to in enumerate(["", *(f"audience: {role}\n" for role in ROLES), "audience: ECTs, governors\n"])
}


@pytest.fixture(scope="module")
def shared(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """To read only."""
    desk = Desk(tmp_path_factory.mktemp("shared"), DOCUMENTS | MORE | EVERY_AUDIENCE)
    desk.refresh()
    return desk


@pytest.fixture(scope="module")
def index(shared: Desk) -> Iterator[Index]:
    index = shared.open()
    yield index
    index.close()


@pytest.fixture(scope="module")
def desk(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """To refresh; each test leaves it as it was."""
    desk = Desk(tmp_path_factory.mktemp("desk"), dict(DOCUMENTS))
    desk.refresh()
    return desk


def found(index: Index, desk: Desk, roles: Collection[str]) -> tuple[set[str], set[str]]:
    """The paths that each search finds of what saltmarsh may read; none that is there for another test."""
    vector = desk.embedder.embed_question("leave")
    near = index.nearest(vector, schools=(SALTMARSH,), limit=50, roles=roles)
    worded = index.matching("leave", schools=(SALTMARSH,), limit=50, roles=roles)
    return {path for path in paths_of(near) if path in DOCUMENTS}, set(paths_of(worded))


def paths_of(hits: list[Hit]) -> list[str]:
    return [hit.found.version.path for hit in hits]


@pytest.mark.parametrize(
    ("roles", "paths"),
    [
        ((), {"trust/leave.md"}),
        (("teacher",), {"trust/leave.md"}),
        (("Leaders",), {"trust/leave.md", "trust/pay.md", "schools/saltmarsh/plan.md", "trust/ecf.md"}),
        (
            ["Headteacher"],
            {"trust/leave.md", "trust/pay.md", "schools/saltmarsh/plan.md", "trust/ecf.md", "trust/npq.md"},
        ),
        ({"governor"}, {"trust/leave.md", "trust/board.md"}),
        (("hr", "mentor"), {"trust/leave.md", "trust/board.md", "trust/ecf.md"}),
    ],
)
def test_both_searches_find_what_the_asker_may_read_and_nothing_else(
    shared: Desk, index: Index, roles: Collection[str], paths: set[str]
) -> None:
    assert found(index, shared, roles) == (paths, paths)


def test_a_role_opens_no_other_school(shared: Desk, index: Index) -> None:
    vector = shared.embedder.embed_question("leave")
    quayside = {path for path in MORE if "quayside" in path}
    near = index.nearest(vector, schools=(Slug("quayside"),), limit=9, trust_wide=False, roles=("leader",))
    assert set(paths_of(near)) == quayside
    assert index.matching("leave", schools=(Slug("quayside"),), limit=9, trust_wide=False, roles=("leader",)) == []


def test_as_many_are_found_as_are_asked_for_however_many_nearer_ones_are_kept_to_others(
    shared: Desk, index: Index
) -> None:
    vector = shared.embedder.embed_question("leave")
    near = index.nearest(vector, schools=(Slug("lantern"),), limit=5, trust_wide=False)
    worded = index.matching("leave", schools=(Slug("lantern"),), limit=5, trust_wide=False)
    assert paths_of(near) == paths_of(worded) == ["schools/lantern/open.md"] * 5


def test_records_of_a_document_that_is_kept_to_others_are_not_found(index: Index) -> None:
    assert index.programmes() == []
    assert index.statements("4.6") == []
    assert [one.key for one, _ in index.programmes(roles=("head",))] == ["npqh"]
    assert [one.key for one, _ in index.statements("4.6", roles=("head",))] == ["ecf:4.6"]


def test_the_same_words_in_an_open_document_and_in_one_that_is_kept_are_found_in_the_open_one(
    shared: Desk, index: Index
) -> None:
    vector = shared.embedder.embed_question("coaches")
    near = index.nearest(vector, schools=(Slug("quayside"),), limit=2, trust_wide=False)
    assert paths_of(near) == ["schools/quayside/open.md"]


@pytest.mark.parametrize(
    ("asked", "roles", "path", "named"),
    [
        ("ties", (), "schools/rowan/a-ties.md", "another document"),
        ("ties", ("governor",), "schools/rowan/a-ties.md", "schools/rowan/ties.md"),
        ("fees", ("governor",), "schools/rowan/fees-board.md", "schools/rowan/fees.md"),
    ],
)
def test_a_doubt_names_no_document_that_its_reader_may_not_see(
    index: Index, asked: str, roles: tuple[str, ...], path: str, named: str
) -> None:
    [hit] = index.matching(asked, schools=(Slug("rowan"),), limit=3, roles=roles)
    assert hit.found.version.path == path
    assert str(hit.found.version.doubt).startswith(
        f"“{asked.capitalize()} policy” also stands in {named}, and no version"
    )


def test_admins_see_every_document(index: Index) -> None:
    assert {version.path for version in index.versions()} == {*DOCUMENTS, *MORE, *EVERY_AUDIENCE}
    assert len(index.passages_of("trust/pay.md")) == 1


def test_a_document_that_is_opened_is_found_from_the_next_refresh_on_and_one_that_is_closed_no_longer(
    desk: Desk,
) -> None:
    desk.source.documents["trust/pay.md"] = DOCUMENTS["trust/pay.md"].replace("leaders", "all staff")
    desk.source.documents["trust/leave.md"] = DOCUMENTS["trust/leave.md"].replace("\n", "\naudience: HR\n", 1)
    desk.refresh()
    assert desk.look(lambda index: found(index, desk, ())) == ({"trust/pay.md"}, {"trust/pay.md"})
    desk.source.documents = dict(DOCUMENTS)
    desk.refresh()


# ── an index of an older form, and other rules ───────────────────────────────────────────────────────────────────────


def test_an_index_of_the_form_before_keeps_documents_to_their_readers_without_reading_them_again(desk: Desk) -> None:
    if desk.place.database_url is None:  # as the form before had it: no column, and every passage open
        desk.place.damage(
            "UPDATE words SET scope = 'scopetrust0' WHERE rowid IN "
            "(SELECT passages.id FROM passages JOIN versions ON versions.id = version_id WHERE school IS NULL)",
        )
    else:
        desk.place.damage(
            "UPDATE words SET stems = setweight(stems, 'D') || '''@'''::tsvector FROM passages, versions "
            "WHERE passages.id = passage_id AND versions.id = version_id AND school IS NULL",
        )
    desk.place.damage("ALTER TABLE versions DROP COLUMN readers", "UPDATE ingestion_schema SET version_num = '0003'")
    desk.place.database.open_writing().close()
    assert desk.look(lambda index: found(index, desk, ())) == ({"trust/leave.md"}, {"trust/leave.md"})
    desk.source.reads.clear()
    desk.refresh()
    assert desk.source.reads == []
    assert desk.look(lambda index: found(index, desk, ("governor",)))[1] == {"trust/leave.md", "trust/board.md"}


def test_what_nobody_has_decided_on_yet_nobody_reads(desk: Desk) -> None:
    desk.place.damage("UPDATE versions SET readers = NULL")
    assert desk.look(lambda index: found(index, desk, ("leader", "governor"))) == (set(), set())
    desk.refresh()
    assert desk.look(lambda index: found(index, desk, ())) == ({"trust/leave.md"}, {"trust/leave.md"})


def test_another_rule_holds_from_the_next_refresh_on_without_reading_a_document_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(audience._NAMES, "leader", "governor")
    audience._readers.cache_clear()
    audience._roles_read_by.cache_clear()
    try:
        desk.source.reads.clear()
        desk.refresh()
        assert desk.source.reads == []
        expected = {"trust/leave.md", "trust/pay.md", "trust/board.md"}
        assert desk.look(lambda index: found(index, desk, ("governor",))) == (expected, expected)
    finally:
        monkeypatch.undo()
        audience._readers.cache_clear()
        audience._roles_read_by.cache_clear()
        desk.refresh()


# ── by construction ──────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    roles=st.lists(st.sampled_from(ROLES), max_size=3, unique=True),
    schools=st.lists(st.sampled_from(["kestrel", "elm"]), max_size=2, unique=True),
)
@settings(max_examples=25, deadline=None)
def test_no_search_ever_returns_a_passage_that_the_asker_may_not_read(
    shared: Desk, index: Index, roles: list[str], schools: list[str]
) -> None:
    slugs = tuple(Slug(slug) for slug in schools)
    vector = shared.embedder.embed_question("biscuits shelf")
    readable = {
        version.path
        for version in index.versions()
        if version.path in EVERY_AUDIENCE and version.school in (None, *slugs) and may_read(version.metadata, roles)
    }
    near = index.nearest(vector, schools=slugs, limit=50, roles=roles)
    assert {path for path in paths_of(near) if path in EVERY_AUDIENCE} == readable
    assert set(paths_of(index.matching("biscuits", schools=slugs, limit=50, roles=roles))) == readable
