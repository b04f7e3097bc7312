"""Which documents does a zip archive hold?

An archive stands among the files of a source as if it were a folder: `trust/handbooks.zip/leave.docx` is the member
`leave.docx` of `trust/handbooks.zip`, and belongs to whom the archive belongs. `ingestion.parse.archives` says what is
safe to open.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import DocumentNotRead
from ingestion.model import FileStamp, RawFile, SourceFile
from ingestion.sources.layout import SIDECAR_SUFFIX, is_litter, is_sidecar, orphaned_sidecar, printable

if TYPE_CHECKING:
    from ingestion.parse.archives import Member


def documents_in(archive: SourceFile, on_disk: Path) -> list[SourceFile]:
    """The documents of a listed archive, each as a file of its source, unread. One that holds none is one file with its
    problem. One that is damaged or refused as a whole is the file that it is: reading it says why, and what was read
    of it before stays (it may be half copied). Raises OSError where it cannot be opened."""
    try:
        members = _members(on_disk)
    except DocumentNotRead:
        return [archive]
    files = []
    for name, member in members.items():
        if not is_sidecar(name):
            files.append(_file(archive, name, member, members.get(name + SIDECAR_SUFFIX)))
        elif name[: -len(SIDECAR_SUFFIX)] not in members:
            files.append(_refused(archive, orphaned_sidecar(name), name))
    return files or [_refused(archive, "it is an archive without documents: put some in it, or remove it")]


def read_document_in(on_disk: Path, file: SourceFile, name: str) -> RawFile:
    """One document that `documents_in` listed, by its name within the archive. Raises DocumentNotRead with the reason,
    and OSError where the archive cannot be opened."""
    from ingestion.parse.archives import read_member  # see _members

    members = _members(on_disk)
    if name not in members:
        raise DocumentNotRead("it is not in its archive any more: run refresh again")
    sidecar = members.get(name + SIDECAR_SUFFIX)
    return RawFile(
        file.path, file.school, read_member(on_disk, members[name]), read_member(on_disk, sidecar) if sidecar else None
    )


def _members(on_disk: Path) -> dict[str, Member]:
    """The archive's files by printable name; litter left out."""
    from ingestion.parse.archives import checked_members  # its package holds every parser: only an archive pays for it

    members: dict[str, Member] = {}
    for member in checked_members(on_disk):
        if any(is_litter(part) for part in member.name.split("/")) and not _leads_out(member):
            continue
        members.setdefault(printable(member.name), member)
    return members


def _leads_out(member: Member) -> bool:
    """A name such as `../../etc/passwd` looks hidden by its first dot, and must not pass for litter."""
    return ".." in member.name.split("/")


def _file(archive: SourceFile, name: str, member: Member, sidecar: Member | None) -> SourceFile:
    if member.problem is not None:
        return _refused(archive, member.problem, name)
    if sidecar is not None and sidecar.problem is not None:
        return _refused(archive, f"its sidecar {name}{SIDECAR_SUFFIX} cannot be read: {sidecar.problem}", name)
    stamp = _stamp(member, sidecar=_stamp(sidecar) if sidecar else None)
    return SourceFile(f"{archive.path}/{name}", archive.school, stamp, source=archive.source)


def _stamp(member: Member, *, sidecar: FileStamp | None = None) -> FileStamp:
    """Without a date: an archive that is made again of the same files then costs nothing."""
    return FileStamp(member.size_bytes, 0, sidecar=sidecar, tag=f"crc32:{member.crc:08x}")


def _refused(archive: SourceFile, problem: str, name: str = "") -> SourceFile:
    path = f"{archive.path}/{name}".rstrip("/")
    return SourceFile(path, archive.school, FileStamp(0, 0), problem, source=archive.source)
