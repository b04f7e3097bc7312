"""A zip archive in a source is listed and read as if it were a folder, and what is unsafe in it is named."""

from __future__ import annotations

import io
import stat
import time
import zipfile
from pathlib import Path

import pytest

from ingestion.errors import CorpusError, DocumentNotRead
from ingestion.model import SourceFile
from ingestion.parse import parse_document
from ingestion.sources.folder import FolderSource

TRUST_TOML = '[trust]\nname = "A"\n[[schools]]\nslug = "saltmarsh"\nname = "Saltmarsh"\n'


def corpus(root: Path, **archives: bytes) -> FolderSource:
    """A corpus whose archives stand at the given paths (`trust/a.zip` is written `trust__a`)."""
    (root / "trust.toml").write_text(TRUST_TOML)
    for name, data in archives.items():
        path = root / (name.replace("__", "/") + ".zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return FolderSource(root)


def packed(*members: tuple[str | zipfile.ZipInfo, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return file.getvalue()


def problems(source: FolderSource) -> dict[str, str]:
    return {file.path: file.problem for file in source.files() if file.problem}


def one(source: FolderSource, path: str) -> SourceFile:
    return next(file for file in source.files() if file.path == path)


def test_the_documents_of_an_archive_are_listed_and_read_as_if_it_were_a_folder(tmp_path: Path) -> None:
    data = packed(
        ("leave.md", "# Leave"),
        ("hr/pay.md", "# Pay"),
        ("hr/pay.md.toml", 'version = "2"'),
        ("./hr//old.md", "# Old"),
        ("hr/", ""),
        ("__MACOSX/hr/._pay.md", "x"),
        (".DS_Store", "x"),
        ("hr/~$pay.docx", "x"),
    )
    source = corpus(tmp_path, trust__handbooks=data, schools__saltmarsh__letters=packed(("a.md", "# A")))
    assert {file.path: (file.school, file.problem) for file in source.files()} == {
        "schools/saltmarsh/letters.zip/a.md": ("saltmarsh", None),
        "trust/handbooks.zip/hr/old.md": (None, None),
        "trust/handbooks.zip/hr/pay.md": (None, None),
        "trust/handbooks.zip/leave.md": (None, None),
    }
    assert [file.path for file in source.files()] == sorted(file.path for file in source.files())
    pay = source.read(one(source, "trust/handbooks.zip/hr/pay.md"))
    assert (pay.path, pay.data, pay.sidecar) == ("trust/handbooks.zip/hr/pay.md", b"# Pay", b'version = "2"')
    letter = source.read(one(source, "schools/saltmarsh/letters.zip/a.md"))
    assert (letter.data, letter.sidecar, letter.school) == (b"# A", None, "saltmarsh")
    assert source.read(one(source, "trust/handbooks.zip/hr/old.md")).data == b"# Old"


def test_only_what_changed_in_an_archive_looks_changed(tmp_path: Path) -> None:
    first = [("a.md", "one"), ("b.md", "two"), ("b.md.toml", 'version = "1"'), ("c.md", "three")]
    source = corpus(tmp_path, trust__x=packed(*first))
    before = {file.path: file.stamp for file in source.files()}
    time.sleep(0.01)
    # made again, in another order: other dates, other places
    again = [("new.md", "new"), ("c.md", "THREE"), ("b.md.toml", 'version = "2"'), ("b.md", "two"), ("a.md", "one")]
    corpus(tmp_path, trust__x=packed(*again, method=zipfile.ZIP_STORED))
    after = {file.path: file.stamp for file in source.files()}
    assert {path for path in after if after[path] == before.get(path)} == {"trust/x.zip/a.md"}
    assert set(after) - set(before) == {"trust/x.zip/new.md"}


def test_what_is_unsafe_in_an_archive_is_refused_by_name(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    outside = [("../../evil.md", "x"), ("/etc/passwd", "x")]
    source = corpus(tmp_path, trust__x=packed(*outside, (link, "/etc/passwd"), ("inner.zip", "x"), ("fine.md", "y")))
    out = "its name leads out of its archive: rename it, and make the archive again"
    assert problems(source) == {
        "trust/x.zip/../../evil.md": out,
        "trust/x.zip/etc/passwd": out,
        "trust/x.zip/inner.zip": "it is an archive within an archive: unpack it there",
        "trust/x.zip/link.md": "it is a link in its archive: put the file itself there",
    }
    assert source.read(one(source, "trust/x.zip/fine.md")).data == b"y"
    with pytest.raises(DocumentNotRead, match="its name leads out of its archive"):
        source.read(one(source, "trust/x.zip/../../evil.md"))
    assert not (tmp_path.parent / "evil.md").exists()


def test_a_member_under_a_password_is_named(tmp_path: Path) -> None:
    data = bytearray(packed(("open.md", "open"), ("locked.md", "locked"), method=zipfile.ZIP_STORED))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature, data.index(signature) + 1) + flags] |= 1
    assert problems(corpus(tmp_path, trust__x=bytes(data))) == {
        "trust/x.zip/locked.md": "it is locked with a password: save it again without one"
    }


def test_a_sidecar_without_its_document_or_of_an_archive_is_named(tmp_path: Path) -> None:
    source = corpus(tmp_path, trust__x=packed(("a.md", "x"), ("gone.docx.toml", "x")))
    (tmp_path / "trust/x.zip.toml").write_text('version = "2"')
    assert problems(source) == {
        "trust/x.zip.toml": "it describes an archive, and only documents are described: put NAME.EXT.toml beside each "
        "document inside it",
        "trust/x.zip/gone.docx.toml": "it describes gone.docx, which is not beside it: rename one of the two, or "
        "remove this file",
    }


def why_not_read(source: FolderSource, path: str) -> str:
    """What a refresh says of a listed file that cannot be read."""
    raw = source.read(next(file for file in source.files() if file.path == path))
    with pytest.raises(DocumentNotRead) as refused:
        parse_document(raw)
    return str(refused.value)


WHOLE = packed(("a.md", "words " * 100), ("b.md", "more " * 100))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no zip at all", "it is no zip archive, or was cut short: make the archive again"),
        (WHOLE[:-30], "it is no zip archive, or was cut short: make the archive again"),
        (b"", "it is empty: put the document's text in it, or remove it"),
    ],
)
def test_an_archive_that_cannot_be_opened_is_a_file_that_cannot_be_read(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    source = corpus(tmp_path, trust__x=data, trust__y=WHOLE)
    assert (problems(source), len(source.files())) == ({}, 3)
    assert why_not_read(source, "trust/x.zip") == sentence


@pytest.mark.parametrize("data", [packed(), packed(("__MACOSX/._a", ""))])
def test_an_archive_without_documents_is_one_file_with_its_problem(tmp_path: Path, data: bytes) -> None:
    source = corpus(tmp_path, trust__x=data, trust__y=WHOLE)
    assert problems(source) == {"trust/x.zip": "it is an archive without documents: put some in it, or remove it"}
    assert len(source.files()) == 3


def test_a_bomb_is_refused_as_a_whole(tmp_path: Path) -> None:
    bomb = packed(*((f"{number}.txt", "0" * (10 << 20)) for number in range(12)))
    assert len(bomb) < 200_000
    assert "like a zip bomb" in why_not_read(corpus(tmp_path, trust__x=bomb), "trust/x.zip")


def test_a_damaged_member_is_named_when_it_is_read(tmp_path: Path) -> None:
    data = packed(("a.md", "words of the first"), ("b.md", "words of the second"), method=zipfile.ZIP_STORED)
    source = corpus(tmp_path, trust__x=data.replace(b"words of the first", b"WORDS of the first"))
    with pytest.raises(DocumentNotRead, match="its archive is damaged there"):
        source.read(one(source, "trust/x.zip/a.md"))
    assert source.read(one(source, "trust/x.zip/b.md")).data == b"words of the second"


def test_a_document_that_left_its_archive_since_it_was_listed_is_named(tmp_path: Path) -> None:
    source = corpus(tmp_path, trust__x=packed(("a.md", "x"), ("b.md", "x")))
    [listed, _] = source.files()
    corpus(tmp_path, trust__x=packed(("b.md", "x")))
    with pytest.raises(DocumentNotRead, match="it is not in its archive any more: run refresh again"):
        source.read(listed)
    (tmp_path / "trust/x.zip").unlink()
    with pytest.raises(DocumentNotRead, match=r"it cannot be opened \(no such file or directory\)"):
        source.read(listed)


def test_an_archive_in_a_folder_of_no_school_is_never_trust_wide(tmp_path: Path) -> None:
    assert problems(corpus(tmp_path, schools__xyz__a=WHOLE, Saltmarsh__b=WHOLE)) == {
        "Saltmarsh/b.zip": "the folder Saltmarsh/ does not say whose it is: move it into trust/ if it holds for all "
        "schools, or into schools/ under the slug of its school",
        "schools/xyz/a.zip": "schools/xyz is not a school in trust.toml: add it there or rename the folder",
    }


def test_a_folder_named_like_an_archive_is_a_folder(tmp_path: Path) -> None:
    source = corpus(tmp_path)
    (tmp_path / "trust/x.zip").mkdir(parents=True)
    (tmp_path / "trust/x.zip/a.md").write_text("words")
    assert [file.path for file in source.files()] == ["trust/x.zip/a.md"]
    assert source.read(source.files()[0]).data == b"words"


def test_names_in_other_scripts_and_with_odd_characters_lead_back_to_the_member(tmp_path: Path) -> None:
    names = ("Pâques – été.md", "a\\b.md", "tab\there.md", "x.zip.md")
    source = corpus(tmp_path, trust__x=packed(*((name, name) for name in names)))
    found = {file.path: source.read(file).data.decode() for file in source.files()}
    assert found == {
        "trust/x.zip/Pâques – été.md": "Pâques – été.md",
        "trust/x.zip/a/b.md": "a\\b.md",  # Windows programs write the separator so
        "trust/x.zip/tab\\x09here.md": "tab\there.md",
        "trust/x.zip/x.zip.md": "x.zip.md",
    }


def test_an_archive_that_may_not_be_opened_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its documents would be taken for removed."""
    source = corpus(tmp_path, trust__x=WHOLE)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ingestion.parse.archives.checked_members", refuse)
    with pytest.raises(CorpusError, match=r"the archive trust/x\.zip cannot be opened: permission denied"):
        source.files()


def test_two_thousand_files_and_twenty_archives_are_listed_in_half_a_second(tmp_path: Path) -> None:
    archive = packed(*((f"{number}.md", "x") for number in range(50)))
    source = corpus(tmp_path, **{f"trust__x{number}": archive for number in range(20)})
    for number in range(2000):
        folder = tmp_path / "trust" / f"folder{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.md").write_text("x")
    source.files()
    seconds = []
    for _ in range(3):
        began = time.process_time()  # of this process alone: other tests may run beside it
        assert len(source.files()) == 3000
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.5
