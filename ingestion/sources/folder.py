"""Which documents does a folder hold, and whose is each?"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import CorpusError, DocumentNotRead
from ingestion.model import FileStamp, RawFile, School, Slug, SourceFile, Trust
from ingestion.trust import read_trust

TRUST_FILE = "trust.toml"
TRUST_WIDE = ("trust", "frameworks")
"""The folders whose documents hold for every school, where `trust.toml` states the schools; besides the root itself."""
SIDECAR_SUFFIX = ".toml"
LITTER = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
"""What desktops leave in folders, besides hidden files."""


class FolderSource:
    """A corpus kept in a folder, laid out as INTERFACES.md says; nothing is read before it is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def identity(self) -> str:
        """Which corpus this is: the folder's full path."""
        return str(self.root.resolve())

    def read_trust(self) -> Trust:
        """What `trust.toml` says; a folder without one is a trust without schools.

        Raises CorpusError when the folder is missing or no folder, or `trust.toml` cannot be used.
        """
        self._need_folder()
        path = self.root / TRUST_FILE
        if not path.exists():
            return Trust()
        try:
            return read_trust(path.read_bytes())
        except OSError as error:
            raise CorpusError(f"{path} cannot be read: {_reason(error)}") from error

    def files(self) -> list[SourceFile]:
        """Every document of the folder, unread, sorted by path. Raises CorpusError as `read_trust` does.

        A document that must not be read (its folder is neither the trust's nor a school's, a link leads out of the
        corpus) is listed too, with its `problem`.
        """
        trust = self.read_trust()
        has_trust_file = (self.root / TRUST_FILE).exists()
        return sorted(
            (
                self._source_file(relative, trust if has_trust_file else None)
                for relative in self._walk(Path())
                if _is_document(relative, has_trust_file=has_trust_file, root=self.root)
            ),
            key=lambda file: file.path,
        )

    def read(self, file: SourceFile) -> RawFile:
        """The bytes of one listed file with those of its sidecar. Raises DocumentNotRead with the reason."""
        if file.problem is not None:
            raise DocumentNotRead(file.problem)
        path = self.root / name_on_disk(file.path)
        try:
            data = path.read_bytes()
            has_sidecar = _stamp_of_sidecar(path) is not None
            sidecar_data = _sidecar_of(path).read_bytes() if has_sidecar else None
        except OSError as error:
            raise DocumentNotRead(f"it cannot be opened ({_reason(error)}): check its permissions") from error
        return RawFile(file.path, file.school, data, sidecar_data)

    # ── listing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _need_folder(self) -> None:
        if not self.root.exists():
            raise CorpusError(f"the corpus folder {self.root} is not there: make it, or mend STAFFROOM_CORPUS")
        if not self.root.is_dir():
            raise CorpusError(f"{self.root} is not a folder: set STAFFROOM_CORPUS to the folder of the documents")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise CorpusError(f"the corpus folder {self.root} may not be read: see its permissions or STAFFROOM_CORPUS")

    def _walk(self, folder: Path) -> Iterator[Path]:
        """Every file below `folder`, relative to the root; hidden ones and desktop litter left out.

        A folder that cannot be listed stops the run: going on would take its documents for removed.
        """
        try:
            entries = sorted(os.scandir(self.root / folder), key=lambda entry: entry.name)
        except OSError as error:
            raise CorpusError(f"the folder {folder} of the corpus cannot be listed: {_reason(error)}") from error
        for entry in entries:
            relative = folder / entry.name
            if _is_litter(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(relative)
            elif entry.is_symlink() and entry.is_dir():
                # Listed as one entry, so that it can be refused by name: following it could loop or read twice.
                yield relative
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield relative

    def _source_file(self, relative: Path, trust: Trust | None) -> SourceFile:
        school = _school_of(relative) if trust is not None else None
        problem = _no_home(relative, school, trust)
        try:
            problem = self._problem(relative) or problem
            stamp = _UNSEEN if problem else _stamp(self.root / relative)
        except OSError:
            stamp = _UNSEEN  # no reason to take it out of service: `read` tries to open it, and says what is wrong
        return SourceFile(printable(relative), school, stamp, problem)

    def _problem(self, relative: Path) -> str | None:
        path = self.root / relative
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(os.path.realpath(self.root)):
            return "it is a link that leads out of the corpus folder: put the file itself there"
        if target.is_dir():
            return "it is a link to another folder of the corpus: put the files themselves there"
        if not target.exists():
            return "it is a link to a file that is not there: put the file itself there"
        if _is_sidecar(relative):
            document = printable(Path(relative.with_suffix("").name))
            return f"it describes {document}, which is not beside it: rename one of the two, or remove this file"
        if not stat.S_ISREG(target.stat().st_mode):
            return "it is not a regular file: remove it from the corpus folder"
        return None


def printable(relative: Path) -> str:
    """A relative path as text that any terminal, JSON and database takes, with forward slashes.

    Bytes that are not UTF-8, and control characters, become `\\xNN`; a backslash in a name is doubled, so that
    `name_on_disk` can undo both.
    """
    text = relative.as_posix().replace("\\", "\\\\")
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def name_on_disk(path: str) -> Path:
    """The file that `printable` named."""
    data = re.sub(
        rb"\\(?:x([0-9a-f]{2})|\\)",
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\",
        path.encode(),
    )
    return Path(os.fsdecode(data))


# ── what tells that it changed ───────────────────────────────────────────────────────────────────────────────────────

_UNSEEN = FileStamp(0, 0)
"""The stamp of a file that cannot be looked at: unlike that of any file that was read, so that it is read again."""


def _stamp(path: Path) -> FileStamp:
    status = path.stat()
    return FileStamp(status.st_size, status.st_mtime_ns, sidecar=_stamp_of_sidecar(path))


def _stamp_of_sidecar(path: Path) -> FileStamp | None:
    """None where there is no sidecar; a document's name may be so long that none could be beside it."""
    try:
        status = _sidecar_of(path).stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG):
            return None
        raise
    return FileStamp(status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + SIDECAR_SUFFIX)


# ── what is a document, and whose ────────────────────────────────────────────────────────────────────────────────────


def _is_litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in LITTER


def _is_document(relative: Path, *, has_trust_file: bool, root: Path) -> bool:
    at_root = len(relative.parts) == 1
    if at_root and relative.name == TRUST_FILE:
        return False
    if has_trust_file and at_root and relative.name.casefold() == "readme.md":
        return False
    return not (_is_sidecar(relative) and (root / relative.with_suffix("")).exists())


def _is_sidecar(relative: Path) -> bool:
    """`NAME.EXT.toml`, whether or not NAME.EXT stands beside it."""
    return relative.suffix.lower() == SIDECAR_SUFFIX and bool(relative.with_suffix("").suffix)


def _school_of(relative: Path) -> School:
    """`schools/<slug>/…` is that school's. `Schools/` counts too: on some disks the two are the same folder."""
    if len(relative.parts) > 2 and relative.parts[0].casefold() == "schools":
        return Slug(printable(Path(relative.parts[1])))
    return None


def _no_home(relative: Path, school: School, trust: Trust | None) -> str | None:
    """Why a document is neither the trust's nor a known school's: it must not become trust-wide by accident."""
    if trust is None or trust.school(school) is not None:
        return None
    if school is not None:
        return f"schools/{school} is not a school in trust.toml: add it there or rename the folder"
    folder = relative.parts[0]
    if folder.casefold() == "schools":
        return "it stands in schools/ but in no school's folder: move it into one, or into trust/"
    if len(relative.parts) > 1 and folder.casefold() not in TRUST_WIDE:
        return (
            f"the folder {printable(Path(folder))}/ does not say whose it is: move it into trust/ if it holds for all "
            "schools, or into schools/ under the slug of its school"
        )
    return None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
