"""What does the registry keep of past refreshes: what each did to which document, and the words a rollback may want?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from ingestion.editions import Standing
from ingestion.index import codec
from ingestion.index.registry import CAN_BE_UNDONE, IS_CORPUS
from ingestion.index.schema import changes, passages, refreshes, versions
from ingestion.model import Failure, RefreshReport, Trust

REFRESHES_TO_UNDO = 5
"""How many refreshes can be undone, one after the other: so long are words kept that no edition in service needs."""


@dataclass(frozen=True)
class HistoryEntry:
    """What history keeps of a refresh besides the documents: who ran it, since when, its counts; `undoes` is the
    refresh that a rollback undoes."""

    who: str
    started_at: datetime
    report: RefreshReport
    undoes: int | None = None


@dataclass(frozen=True)
class _DocumentChange:
    path: str
    change: Literal["added", "changed", "removed", "failed", "starts", "ends"]
    reason: str | None = None
    before_id: int | None = None
    after_id: int | None = None


def documents_changed(
    connection: Connection,
    standings: Mapping[str, Standing],
    *,
    removed: Sequence[str],
    failed: Sequence[Failure],
) -> list[_DocumentChange]:
    """What the switch is about to do to each document, and at which the refresh failed. `starts` and `ends` are
    editions that come into force and leave it although their file is the same."""
    rows = connection.execute(select(versions).where(IS_CORPUS)).all()
    live = {row.path: row for row in rows if row.state == "live"}
    staged = {row.path: row for row in rows if row.state == "staged"}
    done = []
    for path, row in staged.items():
        before = live.get(path)
        if before is None:
            done.append(_DocumentChange(path, "added", after_id=row.id))
        elif (before.digest, before.school) != (row.digest, row.school):  # else a newer reader reads the same bytes
            done.append(_DocumentChange(path, "changed", before_id=before.id, after_id=row.id))
    done += [_DocumentChange(path, "removed", before_id=live[path].id) for path in removed if path in live]
    told = {change.path for change in done}
    for path, row in live.items():
        if path in told or path not in standings:
            continue
        was, will_be = row.status == "in_force", standings[path].status == "in_force"
        if was != will_be:
            done.append(_DocumentChange(path, "starts" if will_be else "ends"))
    done += [_DocumentChange(failure.path, "failed", failure.reason) for failure in failed]
    return sorted(done, key=lambda change: change.path)


def note_refresh(
    connection: Connection,
    entry: HistoryEntry,
    done: Sequence[_DocumentChange],
    now: datetime,
    *,
    trust_before: Trust | None,
) -> None:
    report = entry.report
    inserted = connection.execute(
        insert(refreshes).values(
            kind="refresh" if entry.undoes is None else "rollback",
            who=entry.who,
            started_at=codec.encode_moment(entry.started_at),
            finished_at=codec.encode_moment(now),
            added=len(report.added),
            changed=len(report.changed),
            removed=len(report.removed),
            kept=report.kept,
            failed=len(report.failed),
            passages_embedded=report.passages.embedded,
            trust_before=None if trust_before is None else codec.encode_trust(trust_before),
        )
    ).inserted_primary_key
    assert inserted is not None
    refresh_id = inserted[0]
    if done:
        connection.execute(insert(changes), [{"refresh_id": refresh_id, **asdict(change)} for change in done])
    if entry.undoes is not None:
        connection.execute(update(refreshes).where(refreshes.c.id == entry.undoes).values(undone_by=refresh_id))


def forget_passages(connection: Connection) -> None:
    """Of a version that was replaced or removed, the words are kept as long as a rollback may ask for them, and those
    of the one edition before the present one, to tell what changed."""
    last = select(refreshes.c.id).where(*CAN_BE_UNDONE).order_by(refreshes.c.id.desc()).limit(REFRESHES_TO_UNDO)
    may_come_back = select(changes.c.before_id).where(changes.c.refresh_id.in_(last), changes.c.before_id.is_not(None))
    live, old = versions.alias("live"), versions.alias("old")
    before_the_present = (
        select(func.max(old.c.id))
        .join(live, and_(live.c.path == old.c.path, live.c.state == "live", live.c.digest != old.c.digest))
        .where(old.c.state == "retired")
        .group_by(old.c.path)
    )
    gone = select(versions.c.id).where(
        versions.c.state == "retired",
        versions.c.id.not_in(may_come_back),
        versions.c.id.not_in(before_the_present),
    )
    connection.execute(delete(passages).where(passages.c.version_id.in_(gone)))
