"""The folder source lists every document once, says whose it is, and reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ingestion.errors import CorpusError, DocumentNotRead
from ingestion.model import FileStamp, Slug, SourceFile, Trust
from ingestion.sources.folder import FolderSource, name_on_disk, printable

TRUST_TOML = '[trust]\nname = "A"\n[[schools]]\nslug = "saltmarsh"\nname = "Saltmarsh"\n'


def folder(root: Path, *names: str, trust: bool = True) -> FolderSource:
    if trust:
        (root / "trust.toml").write_text(TRUST_TOML)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return FolderSource(root)


def listed(source: FolderSource) -> dict[str, str | None]:
    return {file.path: file.school for file in source.files()}


def problems(source: FolderSource) -> dict[str, str]:
    return {file.path: file.problem for file in source.files() if file.problem}


def test_a_document_belongs_to_the_school_whose_folder_it_is_in(tmp_path: Path) -> None:
    source = folder(
        tmp_path,
        "trust/leave.docx",
        "trust/cpd/offer.html",
        "schools/saltmarsh/behaviour.docx",
        "schools/saltmarsh/letters/detention.md",
        "frameworks/ecf.csv",
        "programmes.toml",
        "calendar.pdf",
    )
    assert listed(source) == {
        "calendar.pdf": None,
        "frameworks/ecf.csv": None,
        "programmes.toml": None,
        "schools/saltmarsh/behaviour.docx": "saltmarsh",
        "schools/saltmarsh/letters/detention.md": "saltmarsh",
        "trust/cpd/offer.html": None,
        "trust/leave.docx": None,
    }
    assert list(listed(source)) == sorted(listed(source))
    assert problems(source) == {}


def test_a_folder_of_no_known_school_is_never_trust_wide(tmp_path: Path) -> None:
    source = folder(tmp_path, "schools/xyz/behaviour.docx", "schools/behaviour.docx", "Schools/abc/a.md")
    assert problems(source) == {
        "Schools/abc/a.md": "schools/abc is not a school in trust.toml: add it there or rename the folder",
        "schools/behaviour.docx": "it stands in schools/ but in no school's folder: move it into one, or into trust/",
        "schools/xyz/behaviour.docx": "schools/xyz is not a school in trust.toml: add it there or rename the folder",
    }
    assert listed(source)["schools/xyz/behaviour.docx"] == "xyz"
    file = next(file for file in source.files() if file.path == "schools/xyz/behaviour.docx")
    with pytest.raises(DocumentNotRead, match="schools/xyz is not a school"):
        source.read(file)


def test_a_folder_that_is_neither_the_trusts_nor_a_schools_is_never_trust_wide(tmp_path: Path) -> None:
    source = folder(
        tmp_path,
        "school/saltmarsh/behaviour.md",
        "Saltmarsh/rewards.md",
        "trusts/leave.md",
        "Trust/pay.md",
        "Frameworks/ecf.csv",
        "calendar.pdf",
    )
    mend = (
        "does not say whose it is: move it into trust/ if it holds for all schools, "
        "or into schools/ under the slug of its school"
    )
    assert problems(source) == {
        "Saltmarsh/rewards.md": f"the folder Saltmarsh/ {mend}",
        "school/saltmarsh/behaviour.md": f"the folder school/ {mend}",
        "trusts/leave.md": f"the folder trusts/ {mend}",
    }
    rewards = next(file for file in source.files() if file.path == "Saltmarsh/rewards.md")
    with pytest.raises(DocumentNotRead, match="the folder Saltmarsh/ does not say whose it is"):
        source.read(rewards)


def test_without_trust_toml_every_document_is_trust_wide(tmp_path: Path) -> None:
    source = folder(tmp_path, "README.md", "schools/xyz/a.md", "deep/er/b.txt", trust=False)
    assert listed(source) == {"README.md": None, "deep/er/b.txt": None, "schools/xyz/a.md": None}
    assert problems(source) == {}
    assert source.read_trust() == Trust()


def test_what_is_not_a_document_is_left_out(tmp_path: Path) -> None:
    source = folder(
        tmp_path,
        "README.md",
        "trust/policy.docx",
        "trust/policy.docx.toml",
        "trust/~$policy.docx",
        "trust/.DS_Store",
        "trust/Thumbs.db",
        ".git/config",
    )
    assert list(listed(source)) == ["trust/policy.docx"]


def test_a_readme_below_the_root_is_a_document(tmp_path: Path) -> None:
    assert list(listed(folder(tmp_path, "trust/README.md"))) == ["trust/README.md"]


def test_a_sidecar_without_its_document_is_named(tmp_path: Path) -> None:
    assert problems(folder(tmp_path, "trust/policy.docx.toml")) == {
        "trust/policy.docx.toml": "it describes policy.docx, which is not beside it: "
        "rename one of the two, or remove this file"
    }


def test_a_sidecar_comes_with_its_document_and_its_change_is_seen(tmp_path: Path) -> None:
    source = folder(tmp_path, "trust/policy.docx")
    [before] = source.files()
    assert source.read(before).sidecar is None
    assert before.stamp.sidecar is None
    sidecar = tmp_path / "trust/policy.docx.toml"
    sidecar.write_text('version = "2"')
    os.utime(sidecar, ns=(7, 7))  # older by far than its document
    [after] = source.files()
    assert after.stamp == FileStamp(before.stamp.size_bytes, before.stamp.modified_ns, sidecar=FileStamp(13, 7))
    assert source.read(after).sidecar == b'version = "2"'
    assert source.read(after).data == b"trust/policy.docx"


def test_a_folder_named_like_a_sidecar_is_none(tmp_path: Path) -> None:
    source = folder(tmp_path, "trust/policy.docx", "trust/policy.docx.toml/a.md")
    policy = next(file for file in source.files() if file.path == "trust/policy.docx")
    assert (policy.stamp.sidecar, source.read(policy).sidecar) == (None, None)


@pytest.mark.parametrize("length", [250, 251, 255])
def test_a_name_too_long_for_a_sidecar_stops_nothing(tmp_path: Path, length: int) -> None:
    name = "a" * (length - 3) + ".md"
    source = folder(tmp_path, f"trust/{name}", "trust/b.md")
    assert list(listed(source)) == [f"trust/{name}", "trust/b.md"]
    assert problems(source) == {}
    assert source.read(source.files()[0]).sidecar is None


def test_a_folder_that_has_the_name_of_a_source_is_refused(tmp_path: Path) -> None:
    """Two documents would have one path."""
    source = folder(tmp_path, "handbooks/a.md")
    (tmp_path / "trust.toml").write_text(
        TRUST_TOML + '[[sources]]\nname = "handbooks"\naddress = "sftp://a.example/x"\n'
    )
    with pytest.raises(CorpusError, match=r"^handbooks stands in the corpus folder and is also the name of a source"):
        source.files()


def test_links_out_of_the_corpus_and_to_nothing_are_refused_by_name(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    source = folder(corpus, "trust/a.md")
    (corpus / "trust/link.md").symlink_to(outside / "secret.md")
    (corpus / "trust/folder").symlink_to(outside)
    (corpus / "trust/loop").symlink_to(corpus)
    (corpus / "trust/gone.md").symlink_to(corpus / "nothing.md")
    (corpus / "trust/same.md").symlink_to(corpus / "trust/a.md")
    out = "it is a link that leads out of the corpus folder: put the file itself there"
    assert problems(source) == {
        "trust/folder": out,
        "trust/gone.md": "it is a link to a file that is not there: put the file itself there",
        "trust/link.md": out,
        "trust/loop": "it is a link to another folder of the corpus: put the files themselves there",
    }
    assert list(listed(source)) == sorted([*problems(source), "trust/a.md", "trust/same.md"])


def test_a_name_in_another_encoding_is_printable_and_still_read(tmp_path: Path) -> None:
    source = folder(tmp_path)
    (tmp_path / os.fsdecode(b"caf\xe9 \\x41\n.md")).write_text("words")
    [file] = source.files()
    assert file.path == "caf\\xe9 \\\\x41\\x0a.md"
    assert json.loads(json.dumps(file.path).encode()) == file.path
    assert source.read(file).data == b"words"


@pytest.mark.parametrize("name", [b"plain.md", b"\\", b"\\x41", b"a\\\\x", b"\xff\xfe\\", "é\\xe9".encode(), b"\x01"])
def test_a_printable_name_leads_back_to_the_file(name: bytes) -> None:
    path = Path(os.fsdecode(name))
    assert name_on_disk(printable(path)) == path


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentNotRead, match=r"it cannot be opened \(no such file or directory\)"):
        folder(tmp_path).read(SourceFile("trust/gone.md", None, FileStamp(0, 0)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    source = folder(tmp_path, "a.md")
    (tmp_path / "a.md").chmod(0)
    with pytest.raises(DocumentNotRead, match=r"it cannot be opened \(permission denied\): check its permissions"):
        source.read(source.files()[0])


def test_a_missing_folder_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="gone is not there: make it, or mend STAFFROOM_CORPUS"):
        FolderSource(tmp_path / "gone").files()
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="file is not a folder: set STAFFROOM_CORPUS"):
        FolderSource(tmp_path / "file").read_trust()


def test_school_slugs_are_those_of_trust_toml(tmp_path: Path) -> None:
    assert folder(tmp_path).read_trust().school("saltmarsh") is not None
    assert listed(folder(tmp_path, "schools/saltmarsh/a.md")) == {"schools/saltmarsh/a.md": Slug("saltmarsh")}
