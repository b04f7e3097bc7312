"""Which files must a refresh read, which stay as they are, and which documents went?

A decision from two mappings: what the source lists, and what the registry knows. A refresh that looks like a mistake
(most documents gone, `trust.toml` gone) is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.errors import CannotStart, CorpusError
from ingestion.model import FileStamp, School, SourceFile, Trust

READER = "2"
"""Which reader made the passages: raise it when parsing or splitting changes, and every document is read again."""

MASS_REMOVAL_SHARE = 0.2
MASS_REMOVAL_FROM = 10
"""A refresh that would remove more than this share of at least so many documents stops: a folder may be unmounted."""


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


@dataclass(frozen=True)
class RefreshPlan:
    """What a refresh will do, before it does it; each sorted by path."""

    read: tuple[SourceFile, ...] = ()
    keep: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """Documents of the index whose file went, or must not be read any more (it is in `read` too, to be named)."""
    known_documents: int = 0


def plan_refresh(found: Mapping[str, SourceFile], known: Mapping[str, KnownFile]) -> RefreshPlan:
    """Read what is new, what looks different and what failed last time; keep the rest; remove what went.

    What must not be read is removed as well: whose it is, or whether it is the corpus's, is not known any more.
    """
    read = [file for path, file in found.items() if path not in known or not _looks_unchanged(file, known[path])]
    reading = {file.path for file in read}
    return RefreshPlan(
        read=tuple(sorted(read, key=lambda file: file.path)),
        keep=tuple(sorted(path for path in found if path not in reading)),
        remove=tuple(
            sorted(
                path
                for path, file in known.items()
                if file.has_version and (path not in found or found[path].problem is not None)
            )
        ),
        known_documents=sum(file.has_version for file in known.values()),
    )


def is_unchanged(known: KnownFile | None, *, school: School, digest: str) -> bool:
    """Whether a file that was read turns out to be the one that was read before: only its date moved."""
    return (
        known is not None
        and known.has_version
        and (known.school, known.digest, known.reader) == (school, digest, READER)
    )


def refuse_mass_removal(plan: RefreshPlan) -> None:
    """Raise CannotStart where so many documents went that a folder missing by mistake is likelier than a clear-out."""
    if plan.known_documents < MASS_REMOVAL_FROM or len(plan.remove) <= MASS_REMOVAL_SHARE * plan.known_documents:
        return
    first = plan.remove[0]
    why = next((f": {file.problem}" for file in plan.read if file.path == first), "")
    raise CannotStart(
        f"This refresh would remove {len(plan.remove)} of {plan.known_documents} documents (the first: {first}{why}), "
        "so nothing was changed. If they are meant to go, run it again with --allow-mass-removal; if not, see that the "
        "whole corpus folder is there."
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


def _looks_unchanged(file: SourceFile, known: KnownFile) -> bool:
    """A file with a problem is always read, so that what is wrong with it is said at each refresh."""
    return (
        not known.failed
        and file.problem is None
        and (file.school, file.stamp, READER) == (known.school, known.stamp, known.reader)
    )
