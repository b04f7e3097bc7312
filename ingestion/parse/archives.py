"""Is a zip safe to open?

Word, PowerPoint, Excel and ODT files are zips, and so are the archives that people keep documents in. What a zip says
of itself is checked before anything in it is read: a few kilobytes can unpack to terabytes, a name can lead out of the
folder, and XML can define entities that grow without end or read other files.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.parsers import expat

from ingestion.errors import DocumentNotRead

MAX_ENTRIES = 10_000
MAX_DIRECTORY_BYTES = 4 << 20
"""Of a zip's list of entries, which is held in memory whole: about 300 bytes for each of 10,000."""
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 100
"""How many times its size a zip may unpack to (Apache POI's bound as well; office files unpack to 2 … 20 times) …"""
RATIO_COUNTS_FROM_BYTES = 64 << 20
"""… once it unpacks to this much: below it, what is read fits in memory anyway."""

_ARCHIVES = (".7z", ".bz2", ".cab", ".gz", ".iso", ".jar", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_CHUNK_BYTES = 1 << 14


@dataclass(frozen=True)
class Member:
    """One file of an archive, unread."""

    name: str
    """Its path within the archive, with forward slashes. Safe to join to another path only where `problem` is None."""
    entry: str
    """Its name as the archive keeps it, by which `read_member` finds it."""
    size_bytes: int
    """Unpacked, as the archive states it; `read_member` never returns more."""
    crc: int
    """CRC-32 of its bytes, as the archive states it: with the size it tells one state of the file from another."""
    problem: str | None = None
    """Why it must not be read, in a sentence with the mend: its name leads out of the archive, it is a link, under a
    password, an archive itself, or one of two of the same name; None = it may be read."""


def checked_members(archive: bytes | Path) -> list[Member]:
    """The files of a zip archive in its own order, folders left out, each unread and safe unless it has a `problem`.

    Only the archive's directory is read, so this is quick for an archive of any size. Hidden files and what desktops
    leave behind ("__MACOSX/…", ".DS_Store") are listed like any other.

    Raises DocumentNotRead where the archive as a whole is refused: it is no zip, is damaged, holds more than
    `MAX_ENTRIES` files, would unpack to more than `MAX_UNPACKED_BYTES` or to more than `MAX_RATIO` times its size, or
    its files overlap. Raises OSError where a path cannot be opened.
    """
    with _opened(archive) as package:
        infos = package.infolist()
        _refuse_bomb(infos)
        files = [info for info in infos if not info.is_dir()]
        names = ["/".join(part for part in _name(info).split("/") if part not in ("", ".")) for info in files]
        count = Counter(names)
        return [
            Member(
                name,
                info.filename,
                info.file_size,
                info.CRC,
                "its archive holds two files of this name: rename one of them" if count[name] > 1 else _problem(info),
            )
            for name, info in zip(names, files, strict=True)
        ]


def read_member(archive: bytes | Path, member: Member) -> bytes:
    """The bytes of one file that `checked_members` listed: never more than its `size_bytes`.

    Raises DocumentNotRead: it has a problem, the archive is damaged there, or changed since it was listed. Raises
    OSError where a path cannot be opened.
    """
    if member.problem is not None:
        raise DocumentNotRead(member.problem)
    with _opened(archive) as package:
        try:
            info = package.getinfo(member.entry)
            if (info.file_size, info.CRC) != (member.size_bytes, member.crc):
                raise DocumentNotRead("its archive changed while it was being read: run refresh again")
            with package.open(info) as file:
                # By its size: `read()` would first unpack all there is, however little is stated.
                return file.read(info.file_size)
        except KeyError as error:
            raise DocumentNotRead("its archive changed while it was being read: run refresh again") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error) as error:
            raise DocumentNotRead("its archive is damaged there: make the archive again") from error


def refuse_unsafe_container(data: bytes) -> None:
    """Let a file through to the library that reads it, or raise DocumentNotRead: one that is a zip, whatever its name
    says, as Word, PowerPoint, Excel and ODT files are.

    Refused: what `checked_members` refuses, a part with a `problem` (but a document may hold other documents and
    archives: they are not opened), parts that unpack to another size than stated, and XML that defines entities.
    Every part is unpacked once, a little at a time. What is no zip at all is left to its reader, which knows what it
    should have been.
    """
    if _END not in data[-_END_REACHES_BYTES:]:
        return
    try:
        package = _opened(data)
    except _NotAZip:
        return
    with package:
        infos = package.infolist()
        _refuse_bomb(infos)
        for info in infos:
            problem = _problem(info, may_be_archive=True)
            if problem is not None:
                raise DocumentNotRead(f"one of its parts, {_name(info)!r}, must not be read: {problem}")
            _refuse_part(data, info)


def refuse_entities(markup: bytes) -> None:
    """Let XML or XHTML through that defines no entities before its root element, or raise DocumentNotRead."""
    problem = _xml_problem(markup[:_HEAD_BYTES])
    if problem is not None:
        raise DocumentNotRead(problem)


# ── the zip as a whole ───────────────────────────────────────────────────────────────────────────────────────────────


class _NotAZip(DocumentNotRead):
    pass


def _opened(archive: bytes | Path) -> zipfile.ZipFile:
    """The archive with its directory read; DocumentNotRead where that is too long to be read, or cannot be."""
    try:
        with BytesIO(archive) if isinstance(archive, bytes) else archive.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _END_REACHES_BYTES))
            directory_bytes = _directory_bytes(file.read())
        if directory_bytes > MAX_DIRECTORY_BYTES:
            raise DocumentNotRead(_TOO_MANY)
        return zipfile.ZipFile(BytesIO(archive) if isinstance(archive, bytes) else archive)
    # zipfile lets through what it trips over in a directory that was tampered with.
    except (zipfile.BadZipFile, struct.error, ValueError, IndexError, UnicodeDecodeError, NotImplementedError) as error:
        raise _NotAZip("it is no zip archive, or was cut short: make the archive again") from error


_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_END_REACHES_BYTES = (1 << 16) + 200
"""The end record with its comment, and the records of large archives before it."""
_TOO_MANY = f"it is an archive of more than {MAX_ENTRIES:,} files, which may be a zip bomb: divide it into smaller ones"


def _directory_bytes(tail: bytes) -> int:
    """The length of the list of entries, as the end of the archive states it; 0 where that states nothing."""
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return 0
    stated: int = struct.unpack_from("<I", tail, at + 12)[0]
    at_64 = tail.rfind(_END_64, 0, at)
    if at_64 >= 0 and at >= at_64 + 56:
        stated = max(struct.unpack_from("<Q", tail, at_64 + 40)[0], 0 if stated == 0xFFFFFFFF else stated)
    return stated


def _refuse_bomb(infos: Sequence[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_ENTRIES:
        raise DocumentNotRead(_TOO_MANY)
    packed = sum(info.compress_size for info in infos)
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES:
        raise DocumentNotRead(
            f"it would unpack to {unpacked / 1e9:,.1f} GB, which may be a zip bomb: "
            f"divide it into parts of less than {MAX_UNPACKED_BYTES / 1e9:,.0f} GB, or remove it"
        )
    if unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise DocumentNotRead(
            f"it would unpack to {unpacked / max(packed, 1):,.0f} times its size, like a zip bomb: "
            "save it again from the program it came from, or remove it"
        )
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise DocumentNotRead("its files overlap, like those of a zip bomb: remove it, or make it again")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size


_LOCAL_HEADER_BYTES = 30


# ── one entry ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _name(info: zipfile.ZipInfo) -> str:
    return info.orig_filename.replace("\\", "/")


def _problem(info: zipfile.ZipInfo, *, may_be_archive: bool = False) -> str | None:
    name = _name(info)
    if "\x00" in name or name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return "its name leads out of its archive: rename it, and make the archive again"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link in its archive: put the file itself there"
    if info.flag_bits & _ENCRYPTED:
        return "it is locked with a password: save it again without one"
    if info.compress_type not in _METHODS:
        return "it is packed in a way that is not read: make the archive again as an ordinary zip"
    if not may_be_archive and name.lower().endswith(_ARCHIVES):
        return "it is an archive within an archive: unpack it there"
    return None


def _refuse_part(data: bytes, info: zipfile.ZipInfo) -> None:
    """Unpack one part to its end, as libraries do that do not stop at the stated size."""
    unpacked, head = 0, b""
    try:
        for piece in _unpacked(data, info):
            unpacked += len(piece)
            if len(head) < _HEAD_BYTES:
                head = (head + piece)[:_HEAD_BYTES]
            if unpacked > info.file_size:
                break
    except (zlib.error, struct.error) as error:
        raise DocumentNotRead(f"one of its parts, {_name(info)!r}, is damaged: {_AGAIN}") from error
    if unpacked != info.file_size:
        raise DocumentNotRead(
            f"one of its parts, {_name(info)!r}, unpacks to another size than it states, like a zip bomb: {_AGAIN}"
        )
    problem = None if info.filename.lower().endswith(_NEVER_OPENED) else _xml_problem(head)
    if problem is not None:
        raise DocumentNotRead(problem)


def _unpacked(data: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """What the entry's bytes unpack to, in pieces of at most 17 MB (deflate packs 1,032 to 1)."""
    name_bytes, extra_bytes = struct.unpack_from("<HH", data, info.header_offset + 26)
    start = info.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes
    packed = memoryview(data)[start : start + info.compress_size]
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
    for at in range(0, len(packed), _CHUNK_BYTES):
        chunk = packed[at : at + _CHUNK_BYTES]
        yield inflater.decompress(chunk) if inflater else bytes(chunk)


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEAD_BYTES = 1 << 16
_NEVER_OPENED = (".htm", ".html", ".mht", ".svg", ".xhtml")
"""Parts that no reader opens, and that define entities in good faith (drawings exported by Illustrator)."""
_DEFINITION = re.compile(rb"<!(?:ENTITY|DOCTYPE[^>]*\[)", re.IGNORECASE)
_AGAIN = "save it again from the program it came from"


class _PrologEnds(Exception):
    """Raised out of the XML parser, so that nothing after the prolog is parsed."""


def _xml_problem(head: bytes) -> str | None:
    """Why XML that begins with `head` (its first `_HEAD_BYTES`, or all of it) must not be parsed; None = it may be, or
    is no XML.

    Neither Office Open XML nor OpenDocument defines anything before the root element (ECMA-376 part 2 forbids it). A
    bare `<!DOCTYPE …>`, as old OpenOffice wrote, defines nothing.
    """
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00\t\n\r ").startswith(b"<"):
        return None
    defines = False

    def note_doctype(_name: str, _system: str | None, _public: str | None, has_definitions: int) -> None:
        nonlocal defines
        defines = bool(has_definitions)
        raise _PrologEnds

    def note_root(_name: str, _attributes: dict[str, str]) -> None:
        raise _PrologEnds

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = note_doctype
    parser.StartElementHandler = note_root
    try:
        parser.Parse(head, False)
    except _PrologEnds:
        pass
    except expat.ExpatError:  # broken, or no XML after all: a forgiving parser may still find definitions in it
        defines = _DEFINITION.search(head.replace(b"\x00", b"")) is not None
    except (LookupError, ValueError):
        return f"its XML is in an encoding that hides what it defines: {_AGAIN}"
    else:
        if len(head) >= _HEAD_BYTES:
            return f"its XML begins with more than {_HEAD_BYTES // 1024} KB of remarks: {_AGAIN}"
    return f"its XML defines entities, which can grow without end or read other files: {_AGAIN}" if defines else None
