"""Which documents stand at an address that fsspec opens: SFTP, S3, SharePoint, a zip, another folder, …?

The place is laid out like the corpus folder: sidecars stand beside their documents, `schools/<slug>/` holds those of
one school. What else it holds is the trust's, or the one school's that `trust.toml` names for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.errors import DocumentNotRead, SourceDown
from ingestion.model import FileStamp, RawFile, School, SourceFile, SourceRecord, Trust
from ingestion.sources.archive import documents_in, read_document_in
from ingestion.sources.layout import (
    ARCHIVE_HAS_NO_SIDECAR,
    SIDECAR_SUFFIX,
    is_archive,
    is_litter,
    is_sidecar,
    no_school,
    orphaned_sidecar,
    printable,
    school_of,
)

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

MAX_FILE_BYTES = 500 << 20
MAX_RATIO, RATIO_COUNTS_FROM_BYTES = 100, 64 << 20
"""How many times its packed size a member of a `zip://` may have, as in `ingestion.parse.archives`."""
MAX_DEPTH = 100
"""Folders within folders: deeper is a link that leads back."""
ANSWER_SECONDS = 60.0
"""An SFTP server that says nothing for so long is down; the libraries of other places have such a bound themselves."""
KEPT_SECONDS = 24 * 60 * 60
"""A downloaded archive that is gone from the source stays so long: another process may be about to read it."""
EXTRAS: Mapping[str, str] = {
    "gdrive": "gdrive",
    "msgd": "sharepoint",
    "s3": "s3",
    "s3a": "s3",
    "sftp": "sftp",
    "ssh": "sftp",
}
"""Kind of address → the extra of Staffroom that installs its package."""
SECRETS = ("password", "passphrase", "secret", "key", "token", "user")
"""Options whose names hold one of these are text, whatever they look like."""


class RemoteSource:
    """The address that one `[[sources]]` of `trust.toml` names; not connected to before `files()`."""

    def __init__(
        self,
        record: SourceRecord,
        *,
        trust: Trust,
        cache: Path,
        options: Mapping[str, str],
        on_listed: Callable[[str, int], None] = lambda source, files: None,
    ) -> None:
        assert record.address is not None
        self.name = record.name
        self.identity = record.address
        self._address = record.address
        self._record = record
        self._trust = trust
        self._cache = cache
        self._options = options
        self._on_listed = on_listed
        self._place: tuple[AbstractFileSystem, str] | None = None
        self._found: dict[str, _Found] = {}
        """By path in the corpus: what the last listing found there."""

    def files(self) -> list[SourceFile]:
        """Every document, unread, sorted by path; those of a zip archive as if it were a folder. Raises SourceDown: the
        address does not answer, refuses the credentials, is no folder, or needs a package that is not installed."""
        with self._failures():
            place, root = self._place = self._open()
            found: dict[str, _Found] = {}
            for one in self._walk(place, root, "", depth=0):
                found[one.relative] = one
                self._on_listed(self.name, len(found))
            self._found = {self._path(relative): one for relative, one in found.items()}
            files = [file for relative in found for file in self._source_files(relative, found)]
        self._tidy()
        return sorted(files, key=lambda file: file.path)

    def read(self, file: SourceFile) -> RawFile:
        """The bytes of one file of the last listing with those of its sidecar. Raises DocumentNotRead where that one
        cannot be had, SourceDown where the connection is gone."""
        if file.problem is not None:
            raise DocumentNotRead(file.problem)
        with self._failures():
            found = self._found.get(file.path)
            if found is None:
                return self._read_from_archive(file)
            data = self._bytes_of(found)
            sidecar = self._found.get(file.path + SIDECAR_SUFFIX) if file.stamp.sidecar is not None else None
            return RawFile(file.path, file.school, data, self._bytes_of(sidecar) if sidecar else None, found.url)

    # ── listing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> tuple[AbstractFileSystem, str]:
        """The place behind the address, asked anew: nothing of an earlier listing is taken from memory."""
        from fsspec import available_protocols  # only a trust with such a source pays for it
        from fsspec.core import url_to_fs

        kind = self._kind()
        if kind not in available_protocols():
            raise ImportError(kind)
        options: dict[str, Any] = {name: _value(name, value) for name, value in self._options.items()}
        if kind in ("sftp", "ssh"):
            options = _with_known_hosts(options, self.name)
        options["skip_instance_cache"] = True
        place, root = url_to_fs(self._address, **({kind: options} if "::" in self._address else options))
        # gdrive_fsspec 0.4.1 lists a folder as nothing but itself once the folder above it is in its memory.
        place.dircache.use_listings_cache = False
        if kind in ("sftp", "ssh") and "::" not in self._address:
            place.ftp.get_channel().settimeout(ANSWER_SECONDS)  # paramiko waits for ever
        return place, root.rstrip("/")

    def _walk(self, place: AbstractFileSystem, folder: str, relative: str, *, depth: int) -> Iterator[_Found]:
        """Every file below, litter left out. A folder that cannot be listed is a failure of the whole: going on would
        take its documents for removed, which is what fsspec's own `find` does."""
        for info in sorted(place.ls(folder, detail=True), key=lambda info: str(info["name"])):
            stated = str(info["name"])
            name = stated.rstrip("/").rsplit("/", 1)[-1]
            where = f"{folder}/{name}" if folder else name  # SharePoint's own names leave out site and drive
            if stated.rstrip("/") == folder:
                if info.get("type") == "file" and not stated.endswith("/"):
                    raise NotADirectoryError(folder)
                continue  # S3 lists a folder within itself
            if is_litter(name) and name != "..":
                continue
            below = f"{relative}/{name}".lstrip("/")
            if info.get("type") != "directory" or name == "..":
                yield _Found(below, where, info)
            elif depth >= MAX_DEPTH:
                yield _Found(below, where, {**info, "type": "link"})
            else:
                yield from self._walk(place, where, below, depth=depth + 1)

    def _source_files(self, relative: str, found: Mapping[str, _Found]) -> list[SourceFile]:
        """None for a sidecar with its document, one for a document, those of an archive that may be opened."""
        described = relative[: -len(SIDECAR_SUFFIX)]
        is_described = is_sidecar(relative) and described in found
        if is_described and not is_archive(described):
            return []
        school, problem = self._whose(relative)
        problem = problem or _problem(found[relative])
        if is_described:
            problem = ARCHIVE_HAS_NO_SIDECAR
        elif is_sidecar(relative):
            problem = orphaned_sidecar(relative)
        sidecar = found.get(relative + SIDECAR_SUFFIX)
        stamp = FileStamp(0, 0) if problem else found[relative].stamp(sidecar=sidecar.stamp() if sidecar else None)
        file = SourceFile(self._path(relative), school, stamp, problem, self.name)
        if problem is not None or not is_archive(relative):
            return [file]
        return documents_in(file, self._downloaded(found[relative]))

    def _whose(self, relative: str) -> tuple[School, str | None]:
        """The school, and why it cannot be told."""
        school = school_of(relative)
        problem = no_school(relative, school, self._trust)
        stated = self._record.school
        if stated is None or problem is not None:
            return school, problem
        if school not in (None, stated):
            return school, f"it stands in schools/{school}, and trust.toml says that {self.name} holds for {stated}"
        return stated, None

    def _path(self, relative: str) -> str:
        return f"{self.name}/{printable(relative)}"

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bytes_of(self, found: _Found) -> bytes:
        assert self._place is not None
        try:
            data: bytes = self._place[0].cat_file(found.where)
        except FileNotFoundError as error:
            raise DocumentNotRead("it is not there any more: run refresh again") from error
        except PermissionError as error:
            raise DocumentNotRead("it may not be read: check its permissions") from error
        # Each library has errors of its own: whether the file or the place is at fault shows when it is asked again.
        except Exception as error:
            place, root = self._place
            place.ls(root, detail=True)
            if self._address.startswith("zip:"):
                sentence = "it is damaged in its archive, or locked with a password: pack it again"
            else:
                sentence = f"it could not be downloaded ({type(error).__name__}): see whether it opens there"
            raise DocumentNotRead(sentence) from error
        return data

    def _read_from_archive(self, file: SourceFile) -> RawFile:
        parts = file.path.split("/")
        for end in range(2, len(parts)):
            archive = self._found.get("/".join(parts[:end]))
            if archive is not None and is_archive(archive.relative):
                raw = read_document_in(self._downloaded(archive), file, "/".join(parts[end:]))
                return replace(raw, school=file.school)
        raise DocumentNotRead("it was not there when its source was last listed: run refresh again")

    def _downloaded(self, archive: _Found) -> Path:
        """An archive as a file on disk; downloaded again only where its stamp changed."""
        assert self._place is not None
        stamp = archive.stamp()
        state = f"{self.identity}\n{archive.where}\n{stamp}"
        copy = self._cache / f"{hashlib.sha256(state.encode()).hexdigest()}.zip"
        if copy.is_file():
            os.utime(copy)
            return copy
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._cache, suffix=".part", delete=False) as part:
            try:
                self._place[0].get_file(archive.where, part.name)
                os.replace(part.name, copy)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        return copy

    def _tidy(self) -> None:
        for file in self._cache.glob("*"):
            with contextlib.suppress(OSError):  # another process may be tidying too
                if file.stat().st_mtime < time.time() - KEPT_SECONDS:
                    file.unlink()

    # ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Whatever a library raises becomes one sentence without its own words, which may hold a password."""
        try:
            yield
        except (SourceDown, DocumentNotRead):
            raise
        except ImportError as error:
            raise SourceDown(f"{self._address} cannot be read: {self._install()}") from error
        except FileNotFoundError as error:
            raise SourceDown(f"there is no folder at {self._address}: mend the address in trust.toml") from error
        except NotADirectoryError as error:
            raise SourceDown(f"{self._address} is a file, and a source is a folder: give that of its folder") from error
        # Every library has errors of its own, and none can be imported where it is not installed.
        except Exception as error:
            raise SourceDown(f"{self._address} cannot be read: {self._cause(error)}") from error

    def _kind(self) -> str:
        """ "sftp" of "zip::sftp://…": the innermost is the one that is connected to."""
        return self._address.split("::")[-1].partition("://")[0]

    def _install(self) -> str:
        kind = self._kind()
        if kind in EXTRAS:
            return f"its package is not installed; run pip install 'staffroom[{EXTRAS[kind]}]'"
        return f"no installed package opens {kind}:// addresses; docs/sources.md names those that there are"

    def _cause(self, error: Exception) -> str:
        variables = f"STAFFROOM_SOURCE_{self.name.upper().replace('-', '_')}"
        words = f"{type(error).__name__} {type(error).__mro__}"
        if isinstance(error, _UnknownHostKey):
            return str(error)
        if isinstance(error, PermissionError) or any(word in words for word in ("Auth", "Credential", "Forbidden")):
            return f"it does not let Staffroom in: check the variables {variables}_…"
        if isinstance(error, zipfile.BadZipFile):
            return "it is no zip archive, or was cut short"
        if isinstance(error, TypeError | ValueError):
            return f"the address, or one of the variables {variables}_…, is not as its package wants it"
        if isinstance(error, OSError) and error.strerror:
            return f"it does not answer ({error.strerror.lower()})"
        return f"it does not answer ({type(error).__name__})"


@dataclass(frozen=True)
class _Found:
    """One entry of a listing."""

    relative: str
    """Its path below the source's root."""
    where: str
    """What the library calls it."""
    info: Mapping[str, Any]

    @property
    def url(self) -> str | None:
        """Where a person opens it: SharePoint and Google Drive say so."""
        stated = [str(self.info.get(name) or "") for name in ("weburl", "webViewLink")]
        return next((address for address in stated if address.startswith("https://")), None)

    def stamp(self, *, sidecar: FileStamp | None = None) -> FileStamp:
        modified, tag = _modified_ns(self.info), _tag(self.info)
        if modified is None and tag is None:
            # Some places state neither: then everything that they do state must stay as it is.
            stated = json.dumps(self.info, sort_keys=True, default=str)
            tag = f"listing:{hashlib.sha256(stated.encode()).hexdigest()}"
        return FileStamp(int(self.info.get("size") or 0), modified or 0, sidecar=sidecar, tag=tag)


def _problem(found: _Found) -> str | None:
    kind, size = found.info.get("type"), int(found.info.get("size") or 0)
    if kind == "link" or found.info.get("islink"):
        return "it is a link: put the file itself there"
    if found.where.rsplit("/", 1)[-1] == "..":
        return "its name leads out of its archive: rename it, and make the archive again"
    if kind != "file":
        return "it is not a regular file: remove it"
    if size > MAX_FILE_BYTES:
        return f"it is larger than {MAX_FILE_BYTES >> 20} MB: divide it, or remove it"
    packed = found.info.get("compress_size")
    if isinstance(packed, int) and size > RATIO_COUNTS_FROM_BYTES and size > MAX_RATIO * packed:
        return "it would unpack to many times its size, like a zip bomb: remove it, or pack it again"
    return None


# ── what tells that it changed ───────────────────────────────────────────────────────────────────────────────────────

_DATES = ("mtime", "LastModified", "last_modified", "modified", "modifiedTime", "lastModifiedDateTime", "updated",
          "created", "date_time")  # fmt: skip
_TAGS = ("ETag", "etag", "eTag", "md5Hash", "md5Checksum", "content_md5", "md5", "sha256", "crc32c", "CRC", "checksum")
"""What libraries call the date and the checksum: local, sftp, s3fs, gcsfs, adlfs, msgraphfs, gdrive_fsspec, zip."""


def _modified_ns(info: Mapping[str, Any]) -> int | None:
    for name in _DATES:
        value = info.get(name)
        match value:
            case bool() | None:
                continue
            case int() | float():
                return int(value * 1_000_000_000)
            case datetime():
                return _nanoseconds(value)
            case str():
                with contextlib.suppress(ValueError):
                    return _nanoseconds(datetime.fromisoformat(value))
            case (int(year), int(month), int(day), int(hour), int(minute), int(second)):  # zip: in nobody's time zone
                with contextlib.suppress(ValueError):
                    return _nanoseconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    return None


def _nanoseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000_000) * 1000


def _tag(info: Mapping[str, Any]) -> str | None:
    return next((f"{name}:{info[name]}" for name in _TAGS if info.get(name) not in (None, "")), None)


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _value(name: str, stated: str) -> Any:
    """An option as a library takes it: numbers, true and false, and JSON become what they are; secrets stay text."""
    if any(word in name for word in SECRETS) and not stated.startswith("{"):
        return stated
    if stated.isdecimal():
        return int(stated)
    if stated.lower() in ("true", "false"):
        return stated.lower() == "true"
    with contextlib.suppress(ValueError):
        return json.loads(stated) if stated.startswith(("{", "[")) else stated
    return stated


class _UnknownHostKey(Exception):
    """`str(error)` is the cause with the mend."""


def _with_known_hosts(options: dict[str, Any], source: str) -> dict[str, Any]:
    """SFTP options with which only a server of known key gets the password: fsspec's own accepts any server's."""
    import paramiko

    known = paramiko.HostKeys()
    file = Path(options.pop("known_hosts", "~/.ssh/known_hosts")).expanduser()
    if file.is_file():
        known.load(str(file))

    class OnlyKnown(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]  # paramiko ships no types
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            if not known.check(hostname, key):
                raise _UnknownHostKey(
                    f"the server's key (SHA-256 {key.fingerprint}) is not in {file}: add it with ssh-keyscan, and "
                    "compare it with what the server's owner says; another file is named by "
                    f"STAFFROOM_SOURCE_{source.upper().replace('-', '_')}_KNOWN_HOSTS"
                )

    timeouts = dict.fromkeys(("timeout", "banner_timeout", "auth_timeout"), ANSWER_SECONDS)
    return {**timeouts, **options, "host_key_policy": OnlyKnown()}
