"""What does the registry keep of past refreshes: what each did to which document, and the words a rollback may want?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, exists, insert, not_, select, update

from ingestion.index import codec
from ingestion.index.registry import IS_CORPUS
from ingestion.index.schema import changes, passages, refreshes, versions
from ingestion.model import Failure, RefreshReport, Trust

REFRESHES_TO_UNDO = 5
"""How many refreshes back the words of removed documents are kept, so that a rollback can bring them back."""


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
    change: Literal["added", "changed", "removed", "failed"]
    reason: str | None = None
    before_id: int | None = None
    after_id: int | None = None


def documents_changed(
    connection: Connection, *, removed: Sequence[str], failed: Sequence[Failure]
) -> list[_DocumentChange]:
    """What the switch is about to do to each document, and at which the refresh failed."""
    rows = connection.execute(select(versions.c.id, versions.c.path, versions.c.state).where(IS_CORPUS)).all()
    live = {row.path: row.id for row in rows if row.state == "live"}
    done = [
        _DocumentChange(
            row.path, "changed" if row.path in live else "added", before_id=live.get(row.path), after_id=row.id
        )
        for row in rows
        if row.state == "staged"
    ]
    done += [_DocumentChange(path, "removed", before_id=live[path]) for path in removed if path in live]
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
    """Of a document that was removed, its words are kept as long as a rollback may ask for them, and no longer."""
    last = select(refreshes.c.id).order_by(refreshes.c.id.desc()).limit(REFRESHES_TO_UNDO)
    may_come_back = select(changes.c.before_id).where(changes.c.refresh_id.in_(last), changes.c.before_id.is_not(None))
    live = versions.alias("live")
    is_gone = not_(exists().where(live.c.path == versions.c.path, live.c.state == "live"))
    gone = select(versions.c.id).where(versions.c.state == "retired", is_gone, versions.c.id.not_in(may_come_back))
    connection.execute(delete(passages).where(passages.c.version_id.in_(gone)))
