"""A source at an address that fsspec opens is listed and read like a folder, and a failure tells no password."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingestion.errors import DocumentNotRead, SourceDown
from ingestion.model import FileStamp, SchoolRecord, Slug, SourceFile, SourceRecord, Trust
from ingestion.parse import parse_document
from ingestion.sources.remote import RemoteSource, _Found, _value

TRUST = Trust(schools=(SchoolRecord(Slug("saltmarsh"), "Saltmarsh"), SchoolRecord(Slug("kestrel"), "Kestrel")))


@pytest.fixture
def memory() -> Iterator[Callable[..., None]]:
    """Puts files at `memory://handbooks`."""

    def put(**files: bytes) -> None:
        for name, data in files.items():
            MemoryFileSystem().pipe_file(f"/handbooks/{name}", data)

    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    yield put
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def remote(cache: Path, address: str = "memory://handbooks", school: str | None = None, **options: str) -> RemoteSource:
    record = SourceRecord("handbooks", address=address, school=Slug(school) if school else None)
    return RemoteSource(record, trust=TRUST, cache=cache, options=options)


def whose(source: RemoteSource) -> dict[str, str | None]:
    return {file.path: file.school for file in source.files()}


def problems(source: RemoteSource) -> dict[str, str]:
    return {file.path: file.problem for file in source.files() if file.problem}


def one(source: RemoteSource, path: str) -> SourceFile:
    return next(file for file in source.files() if file.path == path)


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


# ── what is listed ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_source_is_laid_out_like_the_corpus_folder(memory: Callable[..., None], tmp_path: Path) -> None:
    memory(
        **{
            "leave.md": b"# Leave",
            "leave.md.toml": b'version = "2"',
            "hr/pay.md": b"# Pay",
            "schools/saltmarsh/behaviour.md": b"# Behaviour",
            "Schools/kestrel/letters/a.md": b"# A",
            ".DS_Store": b"x",
            "hr/~$pay.docx": b"x",
            ".git/config": b"x",
        }
    )
    source = remote(tmp_path)
    assert whose(source) == {
        "handbooks/Schools/kestrel/letters/a.md": "kestrel",
        "handbooks/hr/pay.md": None,
        "handbooks/leave.md": None,
        "handbooks/schools/saltmarsh/behaviour.md": "saltmarsh",
    }
    assert problems(source) == {}
    assert {file.source for file in source.files()} == {"handbooks"}
    leave = source.read(one(source, "handbooks/leave.md"))
    assert (leave.data, leave.sidecar, leave.school) == (b"# Leave", b'version = "2"', None)
    pay = source.read(one(source, "handbooks/hr/pay.md"))
    assert (pay.path, pay.data, pay.sidecar) == ("handbooks/hr/pay.md", b"# Pay", None)


def test_a_folder_of_no_known_school_is_never_trust_wide(memory: Callable[..., None], tmp_path: Path) -> None:
    memory(**{"schools/xyz/a.md": b"a", "schools/b.md": b"b", "c.md.toml": b"c"})
    source = remote(tmp_path)
    assert problems(source) == {
        "handbooks/c.md.toml": "it describes c.md, which is not beside it: rename one of the two, or remove this file",
        "handbooks/schools/b.md": "it stands in schools/ but in no school's folder: move it into one, or into trust/",
        "handbooks/schools/xyz/a.md": "schools/xyz is not a school in trust.toml: add it there or rename the folder",
    }
    with pytest.raises(DocumentNotRead, match="schools/xyz is not a school"):
        source.read(one(source, "handbooks/schools/xyz/a.md"))


def test_a_source_that_holds_for_one_school_holds_nothing_of_another(
    memory: Callable[..., None], tmp_path: Path
) -> None:
    memory(**{"a.md": b"a", "schools/saltmarsh/b.md": b"b", "schools/kestrel/c.md": b"c"})
    source = remote(tmp_path, school="saltmarsh")
    assert whose(source) == {
        "handbooks/a.md": "saltmarsh",
        "handbooks/schools/kestrel/c.md": "kestrel",
        "handbooks/schools/saltmarsh/b.md": "saltmarsh",
    }
    assert problems(source) == {
        "handbooks/schools/kestrel/c.md": "it stands in schools/kestrel, and trust.toml says that handbooks holds for "
        "saltmarsh"
    }


def test_an_archive_in_a_source_is_listed_document_by_document_and_downloaded_once(
    memory: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = []
    get_file = MemoryFileSystem.get_file
    monkeypatch.setattr(
        MemoryFileSystem,
        "get_file",
        lambda self, *rest, **more: (downloads.append(rest), get_file(self, *rest, **more)),
    )
    memory(**{"schools/saltmarsh/all.zip": packed(**{"a.md": b"# A", "a.md.toml": b"x", "sub/b.md": b"# B"})})
    memory(**{"broken.zip": b"no zip"})
    source = remote(tmp_path)
    assert whose(source) == {
        "handbooks/broken.zip": None,
        "handbooks/schools/saltmarsh/all.zip/a.md": "saltmarsh",
        "handbooks/schools/saltmarsh/all.zip/sub/b.md": "saltmarsh",
    }
    raw = source.read(one(source, "handbooks/schools/saltmarsh/all.zip/a.md"))
    assert (raw.data, raw.sidecar, raw.school) == (b"# A", b"x", "saltmarsh")
    assert problems(source) == {}
    assert len(downloads) == 2  # of two archives, each once
    with pytest.raises(DocumentNotRead, match="it is no zip archive, or was cut short: make the archive again"):
        parse_document(source.read(one(source, "handbooks/broken.zip")))
    before = {file.path: file.stamp for file in source.files()}
    memory(**{"schools/saltmarsh/all.zip": packed(**{"a.md": b"# A", "a.md.toml": b"x", "sub/b.md": b"# Bee"})})
    after = {file.path: file.stamp for file in remote(tmp_path).files()}
    assert [path for path in after if after[path] != before[path]] == ["handbooks/schools/saltmarsh/all.zip/sub/b.md"]


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_changed_looks_changed(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for name in ("a.md", "b.md", "b.md.toml", "c.md"):
        (place / name).write_text("x = 1")
        os.utime(place / name, ns=(7_000_000_000, 7_000_000_000))
    source = remote(tmp_path / "cache", f"file://{place}")
    before = {file.path: file.stamp for file in source.files()}
    assert before["handbooks/a.md"] == FileStamp(5, 7_000_000_000)
    assert before["handbooks/b.md"] == FileStamp(5, 7_000_000_000, sidecar=FileStamp(5, 7_000_000_000))
    assert {file.path: file.stamp for file in source.files()} == before
    os.utime(place / "b.md.toml", ns=(8_000_000_000, 8_000_000_000))
    (place / "c.md").write_text("x = 22")
    (place / "a.md").unlink()
    (place / "d.md").write_text("new")
    after = {file.path: file.stamp for file in source.files()}
    assert set(after) == {"handbooks/b.md", "handbooks/c.md", "handbooks/d.md"}
    assert [path for path in after if after[path] == before.get(path)] == []


@pytest.mark.parametrize(
    ("info", "stamp"),
    [
        (
            {"size": 3, "LastModified": datetime(2026, 11, 20, tzinfo=UTC), "ETag": '"abc"'},  # s3fs
            FileStamp(3, 1_795_132_800_000_000_000, tag='ETag:"abc"'),
        ),
        ({"size": 3, "mtime": 1.5}, FileStamp(3, 1_500_000_000)),  # a folder
        (
            {"size": "3", "modifiedTime": "2026-11-20T00:00:00Z", "md5Checksum": "ff"},  # Google Drive
            FileStamp(3, 1_795_132_800_000_000_000, tag="md5Checksum:ff"),
        ),
        (
            {"size": 3, "date_time": (2026, 11, 20, 0, 0, 0), "CRC": 0},  # a zip
            FileStamp(3, 1_795_132_800_000_000_000, tag="CRC:0"),
        ),
        ({"size": 3, "date_time": (1980, 0, 0, 0, 0, 0), "CRC": 7}, FileStamp(3, 0, tag="CRC:7")),
    ],
)
def test_every_library_tells_in_its_own_way_what_changed(info: dict[str, Any], stamp: FileStamp) -> None:
    assert _Found("a", "a", info).stamp() == stamp


def test_the_address_in_a_browser_comes_with_the_document_where_the_place_knows_it(
    memory: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ls = MemoryFileSystem.ls

    def as_sharepoint(self: Any, path: str, **more: Any) -> Any:
        return [{**info, "weburl": "https://trust.example/leave"} for info in ls(self, path, **more)]

    monkeypatch.setattr(MemoryFileSystem, "ls", as_sharepoint)
    memory(**{"leave.md": b"# Leave"})
    source = remote(tmp_path)
    assert source.read(source.files()[0]).url == "https://trust.example/leave"


def test_a_place_that_states_neither_date_nor_checksum_is_told_by_all_it_states() -> None:
    first = _Found("a", "a", {"size": 3, "revision": 1}).stamp()
    assert first.tag is not None
    assert first == _Found("a", "a", {"revision": 1, "size": 3}).stamp()
    assert first != _Found("a", "a", {"size": 3, "revision": 2}).stamp()


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_links_in_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    place = tmp_path / "place"
    place.mkdir()
    (place / "a.md").write_text("a")
    (place / "link.md").symlink_to(outside / "secret.md")
    (place / "folder").symlink_to(outside)
    (place / "loop").symlink_to(place)
    source = remote(tmp_path / "cache", f"file://{place}")
    assert problems(source) == dict.fromkeys(
        ["handbooks/folder", "handbooks/link.md", "handbooks/loop"], "it is a link: put the file itself there"
    )
    assert source.read(one(source, "handbooks/a.md")).data == b"a"


def test_the_members_of_a_zip_address_are_listed_and_the_unsafe_ones_refused(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    archive.write_bytes(
        packed(
            **{"leave.md": b"# Leave", "schools/kestrel/a.md": b"# A", "__MACOSX/x": b"x", "../evil.md": b"x"},
            **{"bomb.txt": b""},
        )
    )
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as more:
        more.writestr("large.txt", b"0" * (65 << 20))
    source = remote(tmp_path / "cache", f"zip::file://{archive}")
    assert whose(source) == {
        "handbooks/..": None,
        "handbooks/bomb.txt": None,
        "handbooks/large.txt": None,
        "handbooks/leave.md": None,
        "handbooks/schools/kestrel/a.md": "kestrel",
    }
    assert problems(source) == {
        "handbooks/..": "its name leads out of its archive: rename it, and make the archive again",
        "handbooks/large.txt": "it would unpack to many times its size, like a zip bomb: remove it, or pack it again",
    }
    assert source.read(one(source, "handbooks/leave.md")).data == b"# Leave"
    archive.write_bytes(packed(**{"leave.md": b"# Other"}))
    again = remote(tmp_path / "cache", f"zip::file://{archive}")
    assert again.read(one(again, "handbooks/leave.md")).data == b"# Other"


def test_a_locked_member_of_a_zip_address_costs_that_one_only(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    data = bytearray(packed(**{"open.md": b"open", "locked.md": b"locked"}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature, data.index(signature) + 1) + flags] |= 1
    archive.write_bytes(bytes(data))
    source = remote(tmp_path, f"zip::file://{archive}")
    with pytest.raises(DocumentNotRead, match="locked with a password: pack it again"):
        source.read(one(source, "handbooks/locked.md"))
    assert source.read(one(source, "handbooks/open.md")).data == b"open"


# ── when it is down ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_place_that_is_not_there_is_down(memory: Callable[..., None], tmp_path: Path) -> None:
    for address in ("memory://handbooks", f"file://{tmp_path}/gone", f"zip::file://{tmp_path}/gone.zip"):
        with pytest.raises(SourceDown) as error:
            remote(tmp_path, address).files()
        assert str(error.value) == f"there is no folder at {address}: mend the address in trust.toml"


def test_an_address_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("x")
    with pytest.raises(SourceDown, match=r"a\.md is a file, and a source is a folder"):
        remote(tmp_path, f"file://{file}").files()
    with pytest.raises(SourceDown, match=r"cannot be read: it is no zip archive, or was cut short"):
        remote(tmp_path, f"zip::file://{file}").files()


def test_a_folder_that_cannot_be_listed_takes_nothing_for_removed(
    memory: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory(**{"a.md": b"a", "closed/b.md": b"b"})
    ls = MemoryFileSystem.ls

    def refuse(self: Any, path: str, **more: Any) -> Any:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return ls(self, path, **more)

    monkeypatch.setattr(MemoryFileSystem, "ls", refuse)
    with pytest.raises(SourceDown, match=r"does not let Staffroom in: check the variables STAFFROOM_SOURCE_HANDBOOKS_"):
        remote(tmp_path).files()


def test_a_document_that_went_since_it_was_listed_costs_that_one_only(
    memory: Callable[..., None], tmp_path: Path
) -> None:
    memory(**{"a.md": b"a", "b.md": b"b"})
    source = remote(tmp_path)
    gone, there = source.files()
    MemoryFileSystem().rm("/handbooks/a.md")
    with pytest.raises(DocumentNotRead, match="it is not there any more: run refresh again"):
        source.read(gone)
    assert source.read(there).data == b"b"


def test_a_connection_that_breaks_while_reading_is_the_sources_failure_and_tells_no_password(
    memory: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory(**{"a.md": b"a"})
    source = remote(tmp_path, password="s3cret-words")
    [file] = source.files()

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("connection lost for ada:s3cret-words@files.example")

    monkeypatch.setattr(MemoryFileSystem, "cat_file", fail)
    with pytest.raises(DocumentNotRead) as one_file:  # the place still answers
        source.read(file)
    assert str(one_file.value) == "it could not be downloaded (RuntimeError): see whether it opens there"
    monkeypatch.setattr(MemoryFileSystem, "ls", fail)
    with pytest.raises(SourceDown) as whole:
        source.read(file)
    assert str(whole.value) == "memory://handbooks cannot be read: it does not answer (RuntimeError)"


def test_a_package_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(SourceDown) as error:
        remote(tmp_path, "s3://bucket/handbooks", key="k", secret="s").files()
    assert str(error.value) == (
        "s3://bucket/handbooks cannot be read: its package is not installed; run pip install 'staffroom[s3]'"
    )


def test_an_address_of_no_kind_that_there_is_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceDown, match=r"^sfpt://files.example/x cannot be read: no installed package opens"):
        remote(tmp_path, "sfpt://files.example/x").files()


@pytest.mark.parametrize(
    ("name", "stated", "value"),
    [
        ("port", "2222", 2222),
        ("password", "2222", "2222"),
        ("secret", "true", "true"),
        ("anon", "True", True),
        ("endpoint_url", "https://s3.example", "https://s3.example"),
        ("client_kwargs", '{"region_name": "eu-west-2"}', {"region_name": "eu-west-2"}),
        ("token", '{"client_id": "a"}', {"client_id": "a"}),
        ("config", "{not json", "{not json"),
    ],
)
def test_options_become_what_a_library_takes_and_secrets_stay_text(name: str, stated: str, value: Any) -> None:
    assert _value(name, stated) == value


def test_the_modules_of_the_corpus_folder_load_no_network_library() -> None:
    import subprocess

    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, ingestion.sources.folder, ingestion.sources; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "ingestion.sources.folder" in loaded
    assert not {"httpx", "httpcore", "fsspec", "lxml", "protego", "paramiko"} & set(loaded)


# ── SFTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpStandIn]:
    pytest.importorskip("paramiko")
    place = tmp_path / "served"
    (place / "handbooks/schools/saltmarsh").mkdir(parents=True)
    (place / "handbooks/leave.md").write_text("# Leave")
    (place / "handbooks/schools/saltmarsh/behaviour.md").write_text("# Behaviour")
    (place / "handbooks/link.md").symlink_to("/etc/passwd")
    standin = SftpStandIn(place)
    yield standin
    standin.stop()


class SftpStandIn:
    """An SFTP server on loopback that serves one folder to ada, whose password is "s3cret words"."""

    def __init__(self, place: Path) -> None:
        import paramiko

        self.place = place
        self.key = paramiko.RSAKey.generate(2048)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.passwords: list[str] = []
        self._transports: list[Any] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"sftp://127.0.0.1:{self.port}/handbooks"

    def known_hosts(self, file: Path) -> str:
        file.write_text(f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n")
        return str(file)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for visitors
        self._socket.close()
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        import paramiko

        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _folder_server(self.place))
            self._transports.append(transport)
            transport.start_server(event=threading.Event(), server=_login(self))  # a visitor may hang up meanwhile


def _login(standin: SftpStandIn) -> Any:
    import paramiko

    class Login(paramiko.ServerInterface):
        def check_auth_password(self, username: str, password: str) -> int:
            standin.passwords.append(password)
            matches = (username, password) == ("ada", "s3cret words")
            return paramiko.AUTH_SUCCESSFUL if matches else paramiko.AUTH_FAILED

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return paramiko.OPEN_SUCCEEDED

        def get_allowed_auths(self, username: str) -> str:
            return "password"

    return Login()


def _folder_server(place: Path) -> Any:
    import paramiko

    class FolderServer(paramiko.SFTPServerInterface):
        def _real(self, path: str) -> Path:
            return place / path.lstrip("/")

        def list_folder(self, path: str) -> Any:
            try:
                entries = list(os.scandir(self._real(path)))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)
            found = []
            for entry in entries:
                attributes = paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False))
                attributes.filename = entry.name
                found.append(attributes)
            return found

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(os.stat(self._real(path)))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path: str, flags: int, attr: Any) -> Any:
            handle = paramiko.SFTPHandle(flags)
            try:
                handle.readfile = self._real(path).open("rb")
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)
            handle.stat = lambda: self.stat(path)
            return handle

    return FolderServer


def test_an_sftp_server_is_listed_and_read(sftp: SftpStandIn, tmp_path: Path) -> None:
    known = sftp.known_hosts(tmp_path / "known_hosts")
    source = remote(tmp_path, sftp.address, username="ada", password="s3cret words", known_hosts=known)
    assert whose(source) == {
        "handbooks/leave.md": None,
        "handbooks/link.md": None,
        "handbooks/schools/saltmarsh/behaviour.md": "saltmarsh",
    }
    assert problems(source) == {"handbooks/link.md": "it is a link: put the file itself there"}
    assert source.read(one(source, "handbooks/leave.md")).data == b"# Leave"
    before = {file.path: file.stamp for file in source.files()}
    (sftp.place / "handbooks/leave.md").write_text("# Leave of absence")
    after = {file.path: file.stamp for file in source.files()}
    assert [path for path in after if after[path] != before[path]] == ["handbooks/leave.md"]


def test_a_zip_on_an_sftp_server_is_a_source_too(sftp: SftpStandIn, tmp_path: Path) -> None:
    (sftp.place / "all.zip").write_bytes(packed(**{"leave.md": b"# Leave", "schools/saltmarsh/a.md": b"# A"}))
    known = sftp.known_hosts(tmp_path / "known_hosts")
    address = f"zip::sftp://127.0.0.1:{sftp.port}/all.zip"
    source = remote(tmp_path, address, username="ada", password="s3cret words", known_hosts=known)
    assert whose(source) == {"handbooks/leave.md": None, "handbooks/schools/saltmarsh/a.md": "saltmarsh"}
    assert source.read(one(source, "handbooks/schools/saltmarsh/a.md")).data == b"# A"


def test_an_sftp_server_of_unknown_key_never_hears_the_password(sftp: SftpStandIn, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    source = remote(tmp_path, sftp.address, username="ada", password="s3cret words", known_hosts=str(empty))
    with pytest.raises(SourceDown, match=rf"the server's key \(.*\) is not in {empty}: add it with ssh-keyscan"):
        source.files()
    assert sftp.passwords == []


def test_a_wrong_password_is_named_by_its_variable_and_not_told(sftp: SftpStandIn, tmp_path: Path) -> None:
    known = sftp.known_hosts(tmp_path / "known_hosts")
    source = remote(tmp_path, sftp.address, username="ada", password="wrong words", known_hosts=known)
    with pytest.raises(SourceDown) as error:
        source.files()
    assert str(error.value) == (
        f"{sftp.address} cannot be read: it does not let Staffroom in: check the variables STAFFROOM_SOURCE_HANDBOOKS_…"
    )


def test_an_sftp_server_that_does_not_answer_is_down(sftp: SftpStandIn, tmp_path: Path) -> None:
    known = sftp.known_hosts(tmp_path / "known_hosts")
    source = remote(tmp_path, sftp.address, username="ada", password="s3cret words", known_hosts=known)
    files = source.files()
    sftp.stop()
    with pytest.raises(SourceDown, match=r"cannot be read: it does not answer \("):
        source.read(files[0])
    with pytest.raises(SourceDown, match=r"cannot be read: it does not answer \("):
        source.files()


def test_fsspec_is_the_library_that_opens_addresses() -> None:
    assert "sftp" in fsspec.available_protocols()
