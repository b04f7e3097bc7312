"""Which documents does a folder hold, and whose is each?"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import CorpusError, DocumentNotRead
from ingestion.model import CORPUS, FileStamp, RawFile, SourceFile, Trust
from ingestion.sources.archive import documents_in, read_document_in
from ingestion.sources.layout import (
    ARCHIVE_HAS_NO_SIDECAR,
    SIDECAR_SUFFIX,
    is_archive,
    is_litter,
    is_sidecar,
    no_home,
    orphaned_sidecar,
    printable,
    school_of,
)
from ingestion.trust import read_trust

__all__ = ["TRUST_FILE", "FolderSource", "name_on_disk", "printable"]

TRUST_FILE = "trust.toml"


class FolderSource:
    """A corpus kept in a folder, laid out as INTERFACES.md says; nothing is read before it is asked for."""

    name = CORPUS

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
        """Every document of the folder, unread, sorted by path; those of a zip archive as if it were a folder. Raises
        CorpusError as `read_trust` does, and where a folder has the name of a source in `trust.toml`.

        A document that must not be read (its folder is neither the trust's nor a school's, a link leads out of the
        corpus) is listed too, with its `problem`.
        """
        trust = self.read_trust()
        has_trust_file = (self.root / TRUST_FILE).exists()
        self._refuse_folders_of(trust)
        return sorted(
            (
                file
                for relative in self._walk(Path())
                if _is_document(relative, has_trust_file=has_trust_file, root=self.root)
                for file in self._source_files(relative, trust if has_trust_file else None)
            ),
            key=lambda file: file.path,
        )

    def read(self, file: SourceFile) -> RawFile:
        """The bytes of one listed file with those of its sidecar. Raises DocumentNotRead with the reason."""
        if file.problem is not None:
            raise DocumentNotRead(file.problem)
        path = self.root / name_on_disk(file.path)
        try:
            archive = None if path.is_file() else self._archive_of(file.path)
            if archive is not None:
                return read_document_in(self.root / name_on_disk(archive), file, file.path[len(archive) + 1 :])
            data = path.read_bytes()
            has_sidecar = _stamp_of_sidecar(path) is not None
            sidecar_data = _sidecar_of(path).read_bytes() if has_sidecar else None
        except OSError as error:
            raise DocumentNotRead(f"it cannot be opened ({_reason(error)}): check its permissions") from error
        return RawFile(file.path, file.school, data, sidecar_data)

    def _archive_of(self, path: str) -> str | None:
        """The archive that holds the document of that path; None where none does."""
        parts = path.split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts)))
        return next((name for name in above if is_archive(name) and (self.root / name_on_disk(name)).is_file()), None)

    # ── listing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _need_folder(self) -> None:
        if not self.root.exists():
            raise CorpusError(f"the corpus folder {self.root} is not there: make it, or mend STAFFROOM_CORPUS")
        if not self.root.is_dir():
            raise CorpusError(f"{self.root} is not a folder: set STAFFROOM_CORPUS to the folder of the documents")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise CorpusError(f"the corpus folder {self.root} may not be read: see its permissions or STAFFROOM_CORPUS")

    def _refuse_folders_of(self, trust: Trust) -> None:
        """A document of the corpus and one of a source must never have the same path."""
        for source in trust.sources:
            if (self.root / source.name).exists():
                raise CorpusError(
                    f"{source.name} stands in the corpus folder and is also the name of a source in {TRUST_FILE}: "
                    "rename one of the two"
                )

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
            if is_litter(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(relative)
            elif entry.is_symlink() and entry.is_dir():
                # Listed as one entry, so that it can be refused by name: following it could loop or read twice.
                yield relative
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield relative

    def _source_files(self, relative: Path, trust: Trust | None) -> list[SourceFile]:
        """One file, or those of an archive that may be opened."""
        school = school_of(relative.as_posix()) if trust is not None else None
        problem = no_home(relative.as_posix(), school, trust) if trust is not None else None
        try:
            problem = self._problem(relative) or problem
            stamp = _UNSEEN if problem else _stamp(self.root / relative)
        except OSError:
            stamp = _UNSEEN  # no reason to take it out of service: `read` tries to open it, and says what is wrong
        file = SourceFile(printable(relative), school, stamp, problem)
        if problem is not None or not is_archive(relative.name):
            return [file]
        try:
            return documents_in(file, self.root / relative)
        except OSError as error:
            # Its documents would be taken for removed, as those of a folder that cannot be listed.
            raise CorpusError(f"the archive {file.path} cannot be opened: {_reason(error)}") from error

    def _problem(self, relative: Path) -> str | None:
        path = self.root / relative
        if not path.is_symlink():
            return self._problem_of_file(relative, path.lstat())
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(os.path.realpath(self.root)):
            return "it is a link that leads out of the corpus folder: put the file itself there"
        if target.is_dir():
            return "it is a link to another folder of the corpus: put the files themselves there"
        if not target.exists():
            return "it is a link to a file that is not there: put the file itself there"
        return self._problem_of_file(relative, target.stat())

    def _problem_of_file(self, relative: Path, status: os.stat_result) -> str | None:
        if is_sidecar(relative.name):
            document = relative.with_suffix("")
            return ARCHIVE_HAS_NO_SIDECAR if is_archive(document.name) else orphaned_sidecar(relative.name)
        if not stat.S_ISREG(status.st_mode):
            return "it is not a regular file: remove it from the corpus folder"
        return None


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


def _is_document(relative: Path, *, has_trust_file: bool, root: Path) -> bool:
    at_root = len(relative.parts) == 1
    if at_root and relative.name == TRUST_FILE:
        return False
    if has_trust_file and at_root and relative.name.casefold() == "readme.md":
        return False
    if not is_sidecar(relative.name):
        return True
    described = relative.with_suffix("")
    return is_archive(described.name) or not (root / described).exists()


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
