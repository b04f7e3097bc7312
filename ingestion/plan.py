"""Which files must a refresh read, which stay as they are, and which documents went?

A decision from what the sources list and what the registry knows. A refresh that looks like a mistake (many documents
of a source gone, `trust.toml` gone) is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.errors import CannotStart, CorpusError
from ingestion.model import CORPUS, FileStamp, School, SourceFile, Trust

READER = "3"
"""Which reader made the passages: raise it when parsing or splitting changes, and every document is read again."""

MASS_REMOVAL_SHARE = 0.2
MASS_REMOVAL_FROM = 2
"""A refresh that would remove more than this share of a source, and so many documents at least, stops: a share may be
unmounted. To take one document out of the corpus folder is always an ordinary thing to do."""


@dataclass(frozen=True)
class Listing:
    """What one source lists. `problem` is why it could not be listed: its documents then stay as they are."""

    source: str
    identity: str
    files: tuple[SourceFile, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class KnownFile:
    """What the registry knows of a path: the file as it was last read, and whether that reading failed."""

    school: School
    stamp: FileStamp
    digest: str
    """SHA-256 of the bytes and the sidecar; "" for a file that never was read."""
    reader: str
    failed: bool = False
    has_version: bool = True
    """False for a file that failed from the first: it has nothing in the index to remove."""
    source: str = CORPUS


@dataclass(frozen=True)
class RefreshPlan:
    """What a refresh will do, before it does it; each sorted by path."""

    read: tuple[SourceFile, ...] = ()
    keep: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """Documents of the index whose file went, or must not be read any more (it is in `read` too, to be named)."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """New path → the path from which the file seems to have been moved; its digest tells whether it was."""

    @property
    def is_empty(self) -> bool:
        return not self.read and not self.remove


def plan_refresh(listings: Sequence[Listing], known: Mapping[str, KnownFile]) -> RefreshPlan:
    """Read what is new, what looks different and what failed last time; keep the rest; remove what went.

    What must not be read is removed as well: whose it is, or whether it is the corpus's, is not known any more. Of a
    source, or of an archive, that could not be listed everything stays; of one that is no longer there nothing does.
    """
    found = {file.path: file for listing in listings for file in listing.files}
    down = {listing.source for listing in listings if listing.problem is not None}
    untouched = {
        path for path, file in known.items() if file.source in down or (path not in found and _is_below(path, found))
    }
    read = [file for path, file in found.items() if path not in known or not _looks_unchanged(file, known[path])]
    reading = {file.path for file in read}
    remove = sorted(
        path
        for path, file in known.items()
        if file.has_version and path not in untouched and (path not in found or found[path].problem is not None)
    )
    return RefreshPlan(
        read=tuple(sorted(read, key=lambda file: file.path)),
        keep=tuple(sorted([*(found.keys() - reading), *(path for path in untouched if known[path].has_version)])),
        remove=tuple(remove),
        moved=_moved(read, remove, known),
    )


def is_same_document(known: KnownFile | None, file: SourceFile, *, digest: str) -> bool:
    """Whether a file that was read turns out to hold what was read before, for the same school."""
    return (
        known is not None
        and known.has_version
        and (known.source, known.school, known.digest) == (file.source, file.school, digest)
    )


def refuse_mass_removal(
    plan: RefreshPlan, listings: Sequence[Listing], known: Mapping[str, KnownFile], *, replaced: frozenset[str]
) -> None:
    """Raise CannotStart where so many documents of a source went that a folder missing by mistake is likelier than a
    clear-out. A file that was moved did not go; a source in `replaced` is another place now, whose documents are
    meant to take the place of the old ones."""
    moved_from = set(plan.moved.values())
    for source in sorted({file.source for file in known.values()} - replaced):
        documents = sum(file.has_version for file in known.values() if file.source == source)
        gone = [path for path in plan.remove if known[path].source == source and path not in moved_from]
        is_emptied = source != CORPUS and 0 < len(gone) == documents
        is_many = len(gone) >= MASS_REMOVAL_FROM and len(gone) > MASS_REMOVAL_SHARE * documents
        if not is_emptied and not is_many:
            continue
        is_stated = any(listing.source == source for listing in listings)
        why = next((f": {file.problem}" for file in plan.read if file.path == gone[0]), "")
        raise CannotStart(
            f"This refresh would remove {len(gone)} of {documents} documents{_of(source)} (the first: {gone[0]}{why}), "
            "so nothing was changed. If they are meant to go, run it again with --allow-mass-removal; if not, see that "
            + (f"{_the(source)} is there whole." if is_stated else f"trust.toml still names the source {source}.")
        )


def refuse_empty_corpus(listings: Sequence[Listing], known: Mapping[str, KnownFile]) -> None:
    """Raise CannotStart where another corpus folder than before holds nothing: it is likelier not to be mounted."""
    if any(listing.source == CORPUS and listing.files for listing in listings):
        return
    documents = sum(file.has_version for file in known.values())
    if documents:
        raise CannotStart(
            f"The corpus folder is another one than before and holds no document, and the index holds {documents}, so "
            "nothing was changed. See that STAFFROOM_CORPUS names the right folder and that it is there whole; if the "
            "documents are meant to go, run it again with --allow-mass-removal."
        )


def refuse_lost_trust(trust: Trust, *, known_trust: Trust, known: Mapping[str, KnownFile]) -> None:
    """Raise CorpusError where `trust.toml` went from a corpus that has schools: without it a folder is trust-wide
    whole, so that every school's policy would hold for every other school, and no contact would be known."""
    has_schools = bool(known_trust.schools) or any(file.school is not None for file in known.values())
    if trust != Trust() or not has_schools:
        return
    raise CorpusError(
        f"trust.toml is missing from the corpus folder, and the index holds the schools of {known_trust.name}: every "
        "school's documents would count for all of them, so nothing was changed. Put trust.toml back."
    )


def _of(source: str) -> str:
    return "" if source == CORPUS else f" of the source {source}"


def _the(source: str) -> str:
    return "the corpus folder" if source == CORPUS else f"the source {source}"


def _looks_unchanged(file: SourceFile, known: KnownFile) -> bool:
    """A file with a problem is always read, so that what is wrong with it is said at each refresh."""
    return (
        not known.failed
        and file.problem is None
        and (file.source, file.school, file.stamp, READER) == (known.source, known.school, known.stamp, known.reader)
    )


def _is_below(path: str, found: Mapping[str, SourceFile]) -> bool:
    """Whether the path stands in an archive that is listed as a file, since it could not be opened."""
    parts = path.split("/")
    above = (found.get("/".join(parts[:depth])) for depth in range(1, len(parts)))
    return any(file is not None and file.problem is None for file in above)


def _moved(read: Sequence[SourceFile], remove: Sequence[str], known: Mapping[str, KnownFile]) -> dict[str, str]:
    """New files that look exactly as one file did that went: a move keeps size and date."""
    gone: dict[tuple[str, FileStamp], list[str]] = {}
    for path in remove:
        gone.setdefault((known[path].source, known[path].stamp), []).append(path)
    moved: dict[str, str] = {}
    for file in read:
        candidates = gone.get((file.source, file.stamp), [])
        if file.path not in known and file.problem is None and candidates:
            name = file.path.rsplit("/", 1)[-1]
            old = next((path for path in candidates if path.rsplit("/", 1)[-1] == name), candidates[0])
            moved[file.path] = old
            candidates.remove(old)
    return moved
