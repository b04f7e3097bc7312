"""Claims about a refresh over several sources: one that is down, one that goes, one that becomes another."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.errors import CannotStart, SourceDown
from ingestion.model import Failure, FileStamp, RawFile, SourceFile, Trust
from tests.ingestion.texts import Desk, TextSource

pytestmark = pytest.mark.usefixtures("backend")
"""On SQLite with Chroma in a folder, and on servers."""

GUIDE = "Induction lasts two years."


class WebSource(TextSource):
    def __init__(self, documents: dict[str, str]) -> None:
        super().__init__(documents)
        self.name = "dfe"
        self.identity = "a website"

    def files(self) -> list[SourceFile]:
        return [
            replace(file, stamp=FileStamp(0, 0, tag=f"W/{self.documents[file.path]}"), school=None)
            for file in super().files()
        ]


@pytest.fixture
def web() -> WebSource:
    return WebSource({"dfe/induction.html": GUIDE, "dfe/pay.html": "Pay is reviewed yearly."})


@pytest.fixture
def desk(tmp_path: Path, web: WebSource) -> Desk:
    desk = Desk(tmp_path / "data", {"trust/leave.md": "Leave may be requested."})
    desk.source.others = [web]
    desk.refresh()
    return desk


def test_documents_of_all_sources_are_searched(desk: Desk) -> None:
    assert desk.ask("induction lasts") == [GUIDE]
    assert desk.ask("leave requested") == ["Leave may be requested."]


def test_a_page_with_another_tag_is_read_again(desk: Desk, web: WebSource) -> None:
    web.documents["dfe/induction.html"] = "Induction lasts three years."
    assert desk.refresh().changed == ("dfe/induction.html",)
    web.reads.clear()
    desk.refresh()
    assert web.reads == []


def test_a_source_that_is_down_leaves_its_documents_as_they_were_and_is_reported(desk: Desk, web: WebSource) -> None:
    web.is_down = True
    desk.source.documents["trust/leave.md"] = "Leave is a day."
    report = desk.refresh()
    assert (report.changed, report.removed, report.failed, report.kept) == (("trust/leave.md",), (), (), 2)
    assert report.sources_down == (Failure("dfe", "dfe does not answer: see that it is there."),)
    assert report.is_partial
    assert desk.ask("induction lasts") == [GUIDE]
    assert desk.look(lambda index: index.sources_down()) == list(report.sources_down)
    web.is_down = False
    assert not desk.refresh().is_partial
    assert desk.look(lambda index: index.sources_down()) == []


def test_a_source_that_stays_down_is_reported_each_time_and_noted_once(desk: Desk, web: WebSource) -> None:
    web.is_down = True
    assert [desk.refresh().is_partial, desk.refresh().is_partial] == [True, True]
    assert len(desk.look(lambda index: index.history(limit=9))) == 2


def test_a_source_that_goes_while_it_is_read_leaves_the_rest_as_it_was(desk: Desk, web: WebSource) -> None:
    def away(file: SourceFile) -> RawFile:
        raise SourceDown("The website closed the connection.")

    web.documents = {path: f"{text} It is new." for path, text in web.documents.items()}
    web.read = away  # type: ignore[method-assign]
    report = desk.refresh()
    assert (report.changed, report.kept) == ((), 3)
    assert report.sources_down == (Failure("dfe", "The website closed the connection."),)
    assert desk.ask("induction lasts") == [GUIDE]


def test_much_of_one_source_gone_stops_though_it_is_little_of_all(tmp_path: Path, web: WebSource) -> None:
    desk = Desk(tmp_path / "data", {f"trust/{number}.md": f"Rule {number}." for number in range(20)})
    desk.source.others = [web]
    desk.refresh()
    web.documents.clear()
    with pytest.raises(
        CannotStart, match=r"remove 2 of 2 documents of the source dfe \(the first: dfe/induction.html\)"
    ):
        desk.refresh()
    assert desk.ask("induction lasts") == [GUIDE]
    assert len(desk.refresh(allow_mass_removal=True).removed) == 2


def test_a_source_no_longer_named_is_taken_out_when_that_is_meant(desk: Desk) -> None:
    desk.source.others = []
    with pytest.raises(CannotStart, match=r"see that trust.toml still names the source dfe"):
        desk.refresh()
    assert desk.refresh(allow_mass_removal=True).removed == ("dfe/induction.html", "dfe/pay.html")
    assert desk.ask("induction lasts") == []


def test_a_source_under_another_address_replaces_its_documents_without_being_asked(desk: Desk, web: WebSource) -> None:
    web.identity = "another website"
    web.documents = {"dfe/new.html": "A new page."}
    assert desk.refresh().removed == ("dfe/induction.html", "dfe/pay.html")


def test_a_moved_file_is_no_removal_and_keeps_the_passages_it_had(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {f"trust/old/{number}.md": f"Rule {number} holds." for number in range(12)})
    desk.refresh()
    desk.embedder.embedded.clear()
    desk.source.documents = {path.replace("old", "new"): text for path, text in desk.source.documents.items()}
    report = desk.refresh()
    assert (len(report.added), len(report.removed)) == (12, 12)
    assert (report.passages.embedded, report.passages.kept) == (0, 12)
    assert desk.embedder.embedded == []


def test_a_renamed_file_whose_title_is_its_name_is_not_embedded_again(desk: Desk) -> None:
    desk.embedder.embedded.clear()
    desk.source.documents["trust/time-off.md"] = desk.source.documents.pop("trust/leave.md")
    assert desk.refresh().passages.embedded == 0
    assert desk.embedder.embedded == []
    assert [version.title for version in desk.look(lambda index: index.versions())][-1] == "Time off"


def test_the_sources_of_a_replaced_corpus_go_with_it(desk: Desk) -> None:
    desk.source.identity, desk.source.others = "another corpus", []
    desk.source.documents, desk.source.trust = {"trust/own.md": "Our own."}, Trust(name="another")
    assert len(desk.refresh().removed) == 3


def test_a_document_that_failed_stays_flagged_while_its_source_is_down(desk: Desk, web: WebSource) -> None:
    web.documents["dfe/induction.html"] = "UNREADABLE"
    desk.refresh()
    failures = desk.look(lambda index: index.failures())
    web.is_down = True
    assert desk.refresh().failed == tuple(failures)
    assert desk.look(lambda index: index.failures()) == failures != []
    [hit] = desk.look(lambda index: index.matching("induction", schools=(), limit=5))
    assert "could not be read" in (hit.found.version.doubt or "")


def test_what_was_in_the_folder_and_is_now_a_sources_changes_hands(desk: Desk, web: WebSource) -> None:
    desk.source.documents["dfe/guide.html"] = "The guide."
    desk.refresh()
    web.documents["dfe/guide.html"] = desk.source.documents.pop("dfe/guide.html")
    desk.refresh()
    web.is_down = True
    assert desk.refresh().removed == ()
    assert desk.ask("guide") == ["The guide."]
