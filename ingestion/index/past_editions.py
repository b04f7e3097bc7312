"""What stood before an edition in force, and what may take its place? Read from what the registry keeps.

An earlier edition is either one of the corpus that is superseded, or one that another file took the place of under the
same path. Whatever was taken out of the corpus is no earlier edition: who takes a document away means it to be gone.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, and_, select

from ingestion.audience import may_read
from ingestion.editions import Edition, edition_before
from ingestion.index.readers import hide_names_in, is_readable
from ingestion.index.registry import IS_LIVE, in_scopes, read_passages, read_versions, version_of
from ingestion.index.schema import changes, refreshes, versions
from ingestion.index.words import share_of_title
from ingestion.model import IndexedPassage, PastEdition, PendingEdition, School, Version

MOST_OF_A_TITLE = 0.5
"""A title is asked for where more than this share of its words is: of "Home working", both."""


def find_edition_before(connection: Connection, version: Version, roles: Collection[str]) -> PastEdition | None:
    """As `Index.edition_before`."""
    replaced = _replaced(connection, version)
    superseded = _superseded(connection, version)
    if replaced is not None and superseded is not None and not _is_later(replaced.version, superseded, version):
        replaced = None
    if replaced is None and superseded is not None:
        replaced = PastEdition(superseded, tuple(read_passages(connection, versions.c.id == superseded.id)))
    if replaced is None or not may_read(version.metadata, roles) or not may_read(replaced.version.metadata, roles):
        return None
    [told] = hide_names_in(connection, [replaced.version], roles)
    return replace(replaced, version=told, passages=tuple(replace(one, version=told) for one in replaced.passages))


def find_pending(
    connection: Connection,
    query: str,
    scopes: Sequence[School],
    roles: Collection[str],
    *,
    limit: int,
    expansions: Sequence[str] = (),
) -> list[PendingEdition]:
    """As `Index.matching_pending`."""
    readable = and_(IS_LIVE, in_scopes(scopes), is_readable(roles))
    pending = read_versions(connection, readable, versions.c.status.in_(("draft", "waiting")))
    asked = " ".join((query, *expansions))
    scored = [(share_of_title(version.title, asked), version) for version in pending]
    found = sorted((one for one in scored if one[0] > MOST_OF_A_TITLE), key=lambda one: (-one[0], one[1].path))
    if not found:
        return []
    in_force = read_versions(connection, readable, versions.c.status == "in_force")
    told = hide_names_in(connection, [version for _, version in found[: max(limit, 0)]], roles)
    return [PendingEdition(version, _in_place_of(version, in_force)) for version in told]


def _replaced(connection: Connection, version: Version) -> PastEdition | None:
    """The last edition of the same path and school that says something else, or of which that is no longer known."""
    undone = (
        select(changes.c.after_id)
        .join(refreshes, changes.c.refresh_id == refreshes.c.id)
        .where(changes.c.path == version.path, refreshes.c.undone_by.is_not(None), changes.c.after_id.is_not(None))
    )
    removed = select(changes.c.before_id).where(changes.c.path == version.path, changes.c.change == "removed")
    rows = connection.execute(
        select(versions)
        .where(
            versions.c.path == version.path,
            versions.c.state == "retired",
            in_scopes([version.school]),
            versions.c.id < version.id,
            versions.c.id.not_in(undone),
            versions.c.id.not_in(removed.where(changes.c.before_id.is_not(None))),
        )
        .order_by(versions.c.id.desc())
    ).all()
    own_digest = connection.execute(select(versions.c.digest).where(versions.c.id == version.id)).scalar()
    own_words: list[str] | None = None
    for row in rows:
        if row.digest == own_digest or row.status != "in_force":
            continue
        held = read_passages(connection, versions.c.id == row.id)
        if len(held) != row.passage_count:
            held = []
        own_words = own_words or _words(read_passages(connection, versions.c.id == version.id))
        if held and _words(held) == own_words:
            continue  # the same words in another file
        past = replace(version_of(row), status="superseded", doubt=None)
        return PastEdition(past, tuple(replace(one, version=past) for one in held), row.retired_at)
    return None


def _words(passages: Sequence[IndexedPassage]) -> list[str]:
    return " ".join(one.passage.text for one in passages).split()


def _superseded(connection: Connection, version: Version) -> Version | None:
    """The edition of the corpus that this one took the place of."""
    others = read_versions(connection, IS_LIVE, versions.c.status == "superseded", in_scopes([version.school]))
    return _in_place_of(version, others)


def _in_place_of(version: Version, others: Sequence[Version]) -> Version | None:
    found = edition_before(_as_edition(version), [_as_edition(one) for one in others if one.school == version.school])
    return None if found is None else next(one for one in others if one.path == found.path)


def _is_later(replaced: Version, superseded: Version, now: Version) -> bool:
    """Whether an edition that the same path had stood between the superseded one and the present. What states the same
    version and dates as the present is the present, corrected."""
    stated = [(one.metadata.version, one.metadata.effective_from, one.metadata.approved_on) for one in (replaced, now)]
    if stated[0] == stated[1]:
        return False
    # under a name of its own, since both it and the present have one path
    earlier = edition_before(_as_edition(superseded), [replace(_as_edition(replaced), path=f"{replaced.id}")])
    return earlier is None


def _as_edition(version: Version) -> Edition:
    return Edition(version.path, version.school, version.title, version.metadata)
