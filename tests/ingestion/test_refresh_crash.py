"""Claims about a refresh that dies: readers see one whole state, and running it again mends everything."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.index.writer import WritableIndex
from tests.ingestion.crashing import AFTER, BEFORE, DIED, STEPS, SWITCHED
from tests.ingestion.texts import Desk

pytestmark = pytest.mark.usefixtures("backend")

QUESTIONS = ("teachers paid", "bonuses", "leave requested", "phones")


def answers(desk: Desk) -> list[list[str]]:
    return desk.ask_all(QUESTIONS, "saltmarsh", "kestrel")


def index_of(data: Path, documents: dict[str, str]) -> Desk:
    desk = Desk(data, documents)
    desk.refresh()
    return desk


def kill_at(step: str, desk: Desk, *what: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "tests.ingestion.crashing", str(desk.data), step, *what],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert killed.returncode == DIED, killed.stderr


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_that_is_killed_leaves_one_whole_state_and_the_next_one_mends(step: str, tmp_path: Path) -> None:
    desk = index_of(tmp_path / "data", BEFORE)
    old, new = answers(desk), answers(index_of(tmp_path / "new", AFTER))
    assert old != new

    kill_at(step, desk)
    assert answers(desk) == (new if step in SWITCHED else old)

    desk.source.documents = dict(AFTER)
    desk.refresh()
    assert answers(desk) == new
    assert desk.contents() == Desk(tmp_path / "new").contents()


@pytest.mark.parametrize("step", ["after some vectors", "in the middle of the switch", "after the switch"])
def test_a_rollback_that_is_killed_leaves_one_whole_state_and_the_next_one_mends(step: str, tmp_path: Path) -> None:
    desk = index_of(tmp_path / "data", BEFORE)
    before = desk.contents()
    old = answers(desk)
    desk.source.documents = dict(AFTER)
    desk.refresh()
    new = answers(desk)

    kill_at(step, desk, "rollback")
    assert answers(desk) == (old if step in SWITCHED else new)

    if step in SWITCHED:
        desk.source.documents = dict(AFTER)
        desk.refresh()
        assert answers(desk) == new
    desk.roll_back()
    assert desk.contents() == before


def test_vectors_made_before_a_crash_are_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = index_of(tmp_path, BEFORE)
    desk.source.documents = dict(AFTER)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WritableIndex, "switch", fail)
        with pytest.raises(KeyboardInterrupt):
            desk.refresh()
    desk.embedder.embedded.clear()
    assert len(desk.refresh().changed) == 2
    assert desk.embedder.embedded == []


TEXTS = st.sampled_from(
    ["One rule.", "One rule.\nAnother rule.", "title: Same\nversion: 2\nA rule.", "status: draft\nB."]
)
PATHS = st.sampled_from(["trust/a.md", "trust/b.md", "schools/s/a.md", "schools/t/a.md"])
CORPORA = st.dictionaries(PATHS, st.one_of(TEXTS, st.just("UNREADABLE")), max_size=4)


@given(corpora=st.lists(CORPORA, min_size=2, max_size=4), final=st.dictionaries(PATHS, TEXTS, max_size=4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_history_the_index_equals_one_built_anew(
    tmp_path_factory: pytest.TempPathFactory, corpora: list[dict[str, str]], final: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    desk = Desk(folder / "old")
    for documents in [*corpora, final]:
        desk.source.documents = dict(documents)
        desk.refresh(allow_mass_removal=True)
    assert desk.contents() == index_of(folder / "anew", final).contents()
