"""Claims about a refresh of a real folder: what its sidecars, its folders' names and its trust.toml change."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from ingestion.errors import CorpusError
from ingestion.index import Index, open_index
from ingestion.index.writer import open_writer
from ingestion.model import RefreshReport, School
from ingestion.refresh import refresh
from ingestion.sources.corpus import TrustCorpus
from tests.fakes import FakeEmbedder
from tests.ingestion.texts import TODAY

T = TypeVar("T")

TRUST_TOML = '[trust]\nname = "T"\n[[schools]]\nslug = "salt"\nname = "Saltmarsh"\n'
PHONES = "# Behaviour policy\n\nPhones are locked away all day.\n"
LEAVE = "# Leave policy\n\nStaff may take five days of leave.\n"


class Folder:
    """A corpus folder and the index of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.data = root / "corpus", root / "data"
        self.embedder = FakeEmbedder()

    def write(self, path: str, text: str, *, modified_ns: int | None = None) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if modified_ns is not None:
            os.utime(file, ns=(modified_ns, modified_ns))

    def refresh(self) -> RefreshReport:
        corpus = TrustCorpus(self.root, cache=self.data / "sources", environment={})
        return refresh(corpus, open_writer(data=self.data), self.embedder, today=TODAY, who="a folder")

    def look(self, question: Callable[[Index], T]) -> T:
        index = open_index(data=self.data, model=self.embedder.name)
        try:
            return question(index)
        finally:
            index.close()

    def statuses(self) -> dict[str, str]:
        return self.look(lambda index: {version.path: version.status for version in index.versions()})

    def schools(self) -> dict[str, School]:
        return self.look(lambda index: {version.path: version.school for version in index.versions()})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("trust.toml", TRUST_TOML)
    folder.write("trust/leave.md", LEAVE, modified_ns=2_000_000_000)
    folder.write("schools/salt/behaviour.md", PHONES)
    return folder


def test_a_sidecar_that_comes_changes_or_goes_is_seen_though_it_is_older_than_its_document(folder: Folder) -> None:
    folder.refresh()
    sidecar = "trust/leave.md.toml"
    folder.write(sidecar, 'status = "superseded"', modified_ns=1_000)
    assert folder.refresh().changed == ("trust/leave.md",)
    assert folder.statuses()["trust/leave.md"] == "superseded"

    folder.write(sidecar, 'status = "withdrawn" ', modified_ns=900)  # as long as before, and older
    assert folder.refresh().changed == ("trust/leave.md",)
    assert folder.statuses()["trust/leave.md"] == "withdrawn"

    (folder.root / sidecar).unlink()
    assert folder.refresh().changed == ("trust/leave.md",)
    assert folder.statuses()["trust/leave.md"] == "in_force"
    assert folder.refresh().kept == 2


def test_a_sidecar_with_a_new_date_and_the_same_words_changes_nothing(folder: Folder) -> None:
    folder.write("trust/leave.md.toml", 'version = "2"', modified_ns=1_000)
    folder.refresh()
    folder.write("trust/leave.md.toml", 'version = "2"', modified_ns=900)
    report = folder.refresh()
    assert (report.changed, report.kept) == ((), 2)


def test_a_misspelt_folder_makes_no_policy_hold_for_every_school(folder: Folder) -> None:
    folder.write("school/salt/uniform.md", "# Uniform\n\nTies are worn at Saltmarsh.\n")
    folder.write("Saltmarsh/rewards.md", "# Rewards\n\nGold stars for kindness.\n")
    report = folder.refresh()
    assert [failure.path for failure in report.failed] == ["Saltmarsh/rewards.md", "school/salt/uniform.md"]
    assert folder.schools() == {"schools/salt/behaviour.md": "salt", "trust/leave.md": None}


def test_what_was_trust_wide_in_a_plain_folder_is_not_when_a_trust_file_comes(folder: Folder) -> None:
    (folder.root / "trust.toml").unlink()
    folder.write("Saltmarsh/rewards.md", "# Rewards\n\nGold stars for kindness.\n")
    folder.refresh()
    assert folder.schools() == {
        "Saltmarsh/rewards.md": None,
        "schools/salt/behaviour.md": None,
        "trust/leave.md": None,
    }
    folder.write("trust.toml", TRUST_TOML)
    report = folder.refresh()
    assert (report.changed, report.removed) == (("schools/salt/behaviour.md",), ("Saltmarsh/rewards.md",))
    assert folder.schools() == {"schools/salt/behaviour.md": "salt", "trust/leave.md": None}


def test_without_its_trust_file_a_corpus_with_schools_is_not_refreshed(folder: Folder) -> None:
    folder.refresh()
    before = folder.schools(), folder.look(lambda index: index.generation())
    (folder.root / "trust.toml").unlink()
    with pytest.raises(CorpusError, match=r"Put trust\.toml back"):
        folder.refresh()
    assert (folder.schools(), folder.look(lambda index: index.generation())) == before
    folder.write("trust.toml", TRUST_TOML)
    assert folder.refresh().kept == 2


def test_a_plain_folder_of_documents_is_refreshed_again_and_again(folder: Folder) -> None:
    (folder.root / "trust.toml").unlink()
    assert len(folder.refresh().added) == 2
    assert folder.refresh().kept == 2


def test_a_name_too_long_for_a_sidecar_is_a_document_like_any_other(folder: Folder) -> None:
    path = f"trust/{'a' * 248}.md"
    folder.write(path, LEAVE)
    report = folder.refresh()
    assert (path in report.added, report.failed) == (True, ())
    assert folder.refresh().kept == 3


def test_a_document_that_seems_to_be_another_schools_is_read_and_named(folder: Folder) -> None:
    folder.write("trust.toml", TRUST_TOML + '[[schools]]\nslug = "kestrel"\nname = "Kestrel Heath"\n')
    folder.write("schools/kestrel/homework.md", "# Saltmarsh homework policy\n\nIt is set weekly.\n")
    [warning] = folder.refresh().warnings
    assert warning.path == "schools/kestrel/homework.md"
    assert "names only Saltmarsh" in warning.reason
    assert folder.schools()["schools/kestrel/homework.md"] == "kestrel"


def test_the_documents_of_an_archive_that_is_half_copied_stay(folder: Folder) -> None:
    with zipfile.ZipFile(folder.root / "trust/all.zip", "w") as archive:
        archive.writestr("pay.md", "# Pay policy\n\nTeachers are paid monthly.\n")
    folder.refresh()
    whole = (folder.root / "trust/all.zip").read_bytes()
    (folder.root / "trust/all.zip").write_bytes(whole[:-10])
    report = folder.refresh()
    assert [failure.path for failure in report.failed] == ["trust/all.zip"]
    assert folder.statuses()["trust/all.zip/pay.md"] == "in_force"
    (folder.root / "trust/all.zip").write_bytes(whole)
    assert folder.refresh().failed == ()
