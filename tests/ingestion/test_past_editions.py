"""Claims about the edition before the one in force, and about those that are not in force yet."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ingestion.index import Index
from ingestion.index.words import share_of_title
from ingestion.model import PastEdition, Slug
from tests.ingestion.texts import Desk

pytestmark = pytest.mark.usefixtures("backend")


def policy(words: str, *, version: str = "", title: str = "Behaviour policy", more: str = "") -> str:
    stated = f"version: {version}\n" if version else ""
    return f"title: {title}\nkind: policy\n{stated}{more}{words}"


OF_SALTMARSH: list[dict[str, str | None]] = [
    {
        "replaced": policy("A week.", title="Replaced", version="1.0"),
        "corpus": policy("A day.", title="Corpus", version="2.0"),
        "corpus-old": policy("A month.", title="Corpus", version="1.0"),
        "corpus-older": policy("A year.", title="Corpus", version="0.9"),
        "both": policy("A week.", title="Both", version="2.0"),
        "both-old": policy("A month.", title="Both", version="1.0"),
        "between": policy("A week.", title="Between", version="2.0"),
        "slip": policy("A dya.", title="Slip", version="2.0"),
        "slip-old": policy("A month.", title="Slip", version="1.0"),
        "resaved": policy("A week.", title="Resaved", version="1.0"),
        "first": policy("A day.", title="First"),
        "removed": policy("A secret slipped in.", title="Removed", version="1.0"),
        "draft": policy("A thought.", title="Draft", version="2.0", more="status: draft\n"),
        "forgotten": policy("A week.", title="Forgotten", version="1.0"),
        "opened": policy("A week.", title="Opened", version="1.0", more="audience: leaders\n"),
        "closed": policy("A week.", title="Closed", version="1.0"),
        "elsewhere": policy("A day.", title="Elsewhere", version="2.0"),
    },
    {
        "replaced": policy("A day.", title="Replaced", version="2.0"),
        "both": policy("A day.", title="Both", version="3.0"),
        "between": policy("A day.", title="Between", version="3.0"),
        "between-other": policy("Two days.", title="Between", version="2.5"),
        "slip": policy("A day.", title="Slip", version="2.0"),
        "resaved": policy("A day.", title="Resaved", version="2.0"),
        "removed": None,
        "draft": policy("A day.", title="Draft", version="2.0"),
        "forgotten": policy("A day.", title="Forgotten", version="2.0"),
        "opened": policy("A day.", title="Opened", version="2.0"),
        "closed": policy("A day.", title="Closed", version="2.0", more="audience: leaders\n"),
    },
    {
        "resaved": policy("A day.", title="Resaved", version="2.0", more="owner: the head\n"),
        "removed": policy("A day.", title="Removed", version="2.0"),
    },
]
"""What saltmarsh's documents say, refresh by refresh; None: taken out."""
OTHERS = {
    "trust/pay.md": policy("Pay is monthly.", title="Pay policy"),
    "schools/kestrel/elsewhere.md": policy("Kestrel’s words.", title="Elsewhere", version="1.0"),
    "trust/home.md": policy("Two days a week.", title="Home working policy", more="status: draft\n"),
    "trust/leave.md": policy("Leave is asked for.", title="Leave policy", version="1.0"),
    "trust/leave-new.md": policy(
        "Leave is booked.", title="Leave policy", version="2.0", more="effective_from: 2027-01-01\n"
    ),
    "trust/heads.md": policy("Pay.", title="Executive pay policy", more="status: draft\naudience: governors\n"),
    "schools/kestrel/trips.md": policy("By coach.", title="Trips policy", more="status: draft\n"),
}


@pytest.fixture(scope="module")
def index(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """After all these refreshes, to read only."""
    desk = Desk(tmp_path_factory.mktemp("editions"), dict(OTHERS))
    for documents in OF_SALTMARSH:
        put(desk, **documents)
    forgotten = "SELECT id FROM versions WHERE state = 'retired' AND path LIKE '%forgotten%'"
    desk.place.damage(f"DELETE FROM passages WHERE version_id IN ({forgotten})")
    index = desk.open()
    yield index
    index.close()


def put(desk: Desk, **documents: str | None) -> None:
    """Refresh with these documents of saltmarsh; None takes one out."""
    for name, text in documents.items():
        path = f"schools/saltmarsh/{name}.md"
        if text is None:
            del desk.source.documents[path]
        else:
            desk.source.documents[path] = text
    desk.refresh(today=date(2026, 11, 21))


def before(index: Index, name: str, *roles: str) -> PastEdition | None:
    [now] = [version for version in index.versions() if version.path == f"schools/saltmarsh/{name}.md"]
    return index.edition_before(now, roles=roles)


def words(past: PastEdition | None) -> list[str] | None:
    return None if past is None else [one.passage.text for one in past.passages]


def test_the_edition_that_another_file_took_the_place_of_is_quoted_as_superseded(index: Index) -> None:
    past = before(index, "replaced")
    assert past is not None
    assert words(past) == ["A week."]
    assert (past.version.status, past.version.metadata.version, past.until is None) == ("superseded", "1.0", False)
    assert all(one.version == past.version for one in past.passages)


def test_the_superseded_edition_of_the_corpus_is_the_one_before(index: Index) -> None:
    past = before(index, "corpus")
    assert past is not None
    assert (words(past), past.version.path, past.until) == (["A month."], "schools/saltmarsh/corpus-old.md", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("both", ["A week."], id="the replaced one, where it is the later of two"),
        pytest.param("between", ["Two days."], id="the superseded one, where that is the later of two"),
        pytest.param("slip", ["A month."], id="not a slip of the pen that was put right"),
        pytest.param("resaved", ["A week."], id="not the same words in another file"),
        pytest.param("first", None, id="nothing before a first edition"),
        pytest.param("removed", None, id="not what was taken out of the corpus"),
        pytest.param("draft", None, id="not a draft, which never was in force"),
        pytest.param("elsewhere", None, id="not another school's"),
    ],
)
def test_the_edition_before_is_the_last_that_said_something_else(
    index: Index, name: str, expected: list[str] | None
) -> None:
    assert words(before(index, name)) == expected


def test_words_that_are_no_longer_kept_are_said_to_be_gone(index: Index) -> None:
    past = before(index, "forgotten")
    assert past is not None
    assert (past.version.metadata.version, past.passages) == ("1.0", ())


@pytest.mark.parametrize("name", ["opened", "closed"])
def test_an_edition_before_is_kept_to_the_readers_of_both(index: Index, name: str) -> None:
    assert before(index, name) is None
    assert words(before(index, name, "headteacher")) == ["A week."]


def test_what_was_undone_never_stood(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {})
    put(desk, pay=policy("A week.", version="1.0"))
    put(desk, pay=policy("A blunder.", version="2.0"))
    desk.roll_back()
    assert desk.look(lambda index: before(index, "pay")) is None
    put(desk, pay=policy("A day.", version="2.0"))
    assert words(desk.look(lambda index: before(index, "pay"))) == ["A week."]


# ── not in force yet ─────────────────────────────────────────────────────────────────────────────────────────────────


def ask(index: Index, query: str, *schools: str, roles: tuple[str, ...] = ()) -> list[tuple[str, str, str | None]]:
    found = index.matching_pending(query, schools=tuple(map(Slug, schools)), limit=5, roles=roles)
    return [(one.version.path, one.version.status, one.replaces and one.replaces.path) for one in found]


def test_what_is_not_in_force_yet_is_found_by_its_title(index: Index) -> None:
    assert ask(index, "can I work from home on Fridays?") == [("trust/home.md", "draft", None)]
    assert ask(index, "how do I ask for leave") == [("trust/leave-new.md", "waiting", "trust/leave.md")]
    assert ask(index, "two days a week") == []
    assert ask(index, "who is working at reception") == []
    assert ask(index, "") == []


def test_a_pending_document_of_another_school_or_for_other_roles_is_not_found(index: Index) -> None:
    assert ask(index, "trips") == []
    assert ask(index, "trips", "kestrel") == [("schools/kestrel/trips.md", "draft", None)]
    assert ask(index, "executive pay") == []
    assert ask(index, "executive pay", roles=("governor",)) == [("trust/heads.md", "draft", None)]


@pytest.mark.parametrize(
    ("title", "query", "share"),
    [
        ("Home working policy (draft)", "working from home", 1.0),
        ("Home working policy", "homework", 0.0),
        ("Mobile phones policy 2026", "phone", 0.5),
        ("Staff handbook", "staff handbook", 1.0),
        ("Policy", "leave", 0.0),
        ("—", "leave", 0.0),
    ],
)
def test_a_title_is_asked_for_by_the_words_that_tell_it_from_others(title: str, query: str, share: float) -> None:
    assert share_of_title(title, query) == share
