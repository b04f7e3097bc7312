"""Which files of a place are documents, and whose is each?

Every place that keeps files in folders is laid out alike, be it the corpus folder or an address far away: the same
litter is passed over, a sidecar `NAME.EXT.toml` describes the document beside it, and what stands in `schools/<slug>/`
is that school's.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from ingestion.model import School, Slug, Trust

TRUST_WIDE = ("trust", "frameworks")
"""The folders whose documents hold for every school, where `trust.toml` states the schools; besides the root itself."""
SIDECAR_SUFFIX = ".toml"
ARCHIVE_SUFFIX = ".zip"
LITTER = frozenset({"thumbs.db", "desktop.ini", "icon\r", "__macosx"})
"""What desktops leave in folders and archives, besides hidden files."""


def is_litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in LITTER


def is_sidecar(name: str) -> bool:
    """`NAME.EXT.toml`, whether or not NAME.EXT stands beside it."""
    return name.lower().endswith(SIDECAR_SUFFIX) and bool(PurePosixPath(name).with_suffix("").suffix)


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIX)


def orphaned_sidecar(name: str) -> str:
    """What to say of a sidecar that no document stands beside."""
    document = printable(name.rsplit("/", 1)[-1][: -len(SIDECAR_SUFFIX)])
    return f"it describes {document}, which is not beside it: rename one of the two, or remove this file"


ARCHIVE_HAS_NO_SIDECAR = (
    "it describes an archive, and only documents are described: put NAME.EXT.toml beside each document inside it"
)


def school_of(relative: str) -> School:
    """`schools/<slug>/…` is that school's. `Schools/` counts too: on some disks the two are the same folder."""
    parts = relative.split("/")
    if len(parts) > 2 and parts[0].casefold() == "schools":
        return Slug(printable(parts[1]))
    return None


def no_school(relative: str, school: School, trust: Trust) -> str | None:
    """Why a document in `schools/` is no known school's: it must not become trust-wide by accident."""
    if school is not None and trust.school(school) is None:
        return f"schools/{school} is not a school in trust.toml: add it there or rename the folder"
    if school is None and relative.split("/")[0].casefold() == "schools":
        return "it stands in schools/ but in no school's folder: move it into one, or into trust/"
    return None


def no_home(relative: str, school: School, trust: Trust) -> str | None:
    """Why a document of the corpus folder is neither the trust's nor a known school's."""
    parts = relative.split("/")
    if school is None and len(parts) > 1 and parts[0].casefold() not in (*TRUST_WIDE, "schools"):
        return (
            f"the folder {printable(parts[0])}/ does not say whose it is: move it into trust/ if it holds for all "
            "schools, or into schools/ under the slug of its school"
        )
    return no_school(relative, school, trust)


def printable(relative: Path | str) -> str:
    """A relative path as text that any terminal, JSON and database takes, with forward slashes.

    Bytes that are not UTF-8, and control characters, become `\\xNN`; a backslash in a name is doubled, so that
    `name_on_disk` can undo both.
    """
    text = (relative if isinstance(relative, str) else relative.as_posix()).replace("\\", "\\\\")
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", text)


def path_in_corpus(root: Path, named: str) -> str:
    """The path of a document that a person named: as a file below the corpus folder, or by the path itself."""
    as_file = Path(named)
    inside = as_file.exists() and as_file.resolve().is_relative_to(root.resolve())
    return printable(as_file.resolve().relative_to(root.resolve()) if inside else as_file)
