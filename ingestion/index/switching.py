"""What changes for readers when a refresh is done? `switch_to` does it all, in the caller's one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, not_, select, update

from ingestion.editions import Standing
from ingestion.index import codec
from ingestion.index.history import HistoryEntry, documents_changed, forget_passages, note_refresh
from ingestion.index.readers import note_readers, word_rows
from ingestion.index.registry import (
    IDS_PER_QUERY,
    IS_LIVE,
    IS_SEARCHED,
    KnownSource,
    batches,
    read_sources,
    read_state,
    read_trust,
)
from ingestion.index.schema import facts, failures, passages, versions
from ingestion.index.schema import sources as source_rows
from ingestion.index.staging import StagedFile, stamp_columns
from ingestion.index.words import add_words, remove_words
from ingestion.model import Failure, Trust


@dataclass(frozen=True)
class NextState:
    """What the switch makes the state that readers see, beside the versions that stand staged.

    `standings` has every document of the corpus; `touched` are files of which only the date moved; `failed` are this
    refresh's failures and no others.
    """

    standings: Mapping[str, Standing]
    sources: Mapping[str, KnownSource]
    trust: Trust
    model: str
    removed: tuple[str, ...] = ()
    touched: tuple[StagedFile, ...] = ()
    failed: tuple[Failure, ...] = ()


def switch_to(connection: Connection, state: NextState, entry: HistoryEntry, *, has_new_vectors: bool) -> bool:
    """Make this the state that readers see; whether it differs from the old. History notes a refresh that changed
    something, or failed at something new."""
    now = datetime.now(UTC)
    trust_before = read_trust(connection)
    done = documents_changed(
        connection, state.standings, removed=state.removed, failed=state.failed if entry.undoes is None else ()
    )
    is_changed = any(
        [
            _retire(connection, state.removed, now),
            _promote_staged(connection, now),
            _set_standings(connection, state.standings),
            note_readers(connection),
            _set_fact(connection, "trust", codec.encode_trust(state.trust)),
            _set_fact(connection, "model", state.model),
            has_new_vectors,
        ]
    )
    is_news = any(
        [
            is_changed,
            _set_sources(connection, state.sources, now),
            _set_failures(connection, state.failed, now),
            _set_fact(connection, "held", "no" if entry.undoes is None else "yes"),
        ]
    )
    _unindex_words(connection)
    _index_words(connection)
    _note_touched(connection, state.touched)
    if is_changed:
        _set_fact(connection, "generation", str(read_state(connection).generation + 1))
    if is_news:
        changed_trust = trust_before is not None and trust_before != state.trust
        note_refresh(connection, entry, done, now, trust_before=trust_before if changed_trust else None)
        forget_passages(connection)
    return is_changed


# ── the parts of the switch; each tells whether it changed what readers see ──────────────────────────────────────────


def _retire(connection: Connection, removed: Sequence[str], now: datetime) -> bool:
    """Live versions whose file went, or for which a staged one stands ready."""
    staged = connection.execute(select(versions.c.path).where(versions.c.state == "staged")).scalars().all()
    retired = 0
    for some in batches([*removed, *staged], IDS_PER_QUERY):
        retired += connection.execute(
            update(versions)
            .where(IS_LIVE, versions.c.path.in_(some))
            .values(state="retired", retired_at=codec.encode_moment(now))
        ).rowcount
    return retired > 0


def _promote_staged(connection: Connection, now: datetime) -> bool:
    promoted = connection.execute(
        update(versions).where(versions.c.state == "staged").values(state="live", live_at=codec.encode_moment(now))
    )
    return promoted.rowcount > 0


def _set_standings(connection: Connection, standings: Mapping[str, Standing]) -> bool:
    changed = False
    for row in connection.execute(select(versions).where(IS_LIVE)).all():
        standing = standings[row.path]
        if (row.status, row.doubt) != (standing.status, standing.doubt):
            changed = True
            connection.execute(
                update(versions).where(versions.c.id == row.id).values(status=standing.status, doubt=standing.doubt)
            )
    return changed


def _unindex_words(connection: Connection) -> None:
    """Take the passages that are no longer searched out of the word index."""
    leaving = connection.execute(select(versions.c.id).where(versions.c.is_indexed, not_(IS_SEARCHED))).scalars().all()
    for some in batches(leaving, IDS_PER_QUERY):
        ids = connection.execute(select(passages.c.id).where(passages.c.version_id.in_(some))).scalars()
        remove_words(connection, ids.all())
        connection.execute(update(versions).where(versions.c.id.in_(some)).values(is_indexed=False))


def _index_words(connection: Connection) -> None:
    """Put the passages that are searched from now on into the word index, read a document at a time."""
    entering = connection.execute(select(versions.c.id).where(not_(versions.c.is_indexed), IS_SEARCHED)).scalars().all()
    for some in batches(entering, IDS_PER_QUERY):
        add_words(connection, (row for version_id in some for row in word_rows(connection, version_id)))
        connection.execute(update(versions).where(versions.c.id.in_(some)).values(is_indexed=True))


def _set_fact(connection: Connection, name: str, value: str) -> bool:
    old = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
    if old == value:
        return False
    connection.execute(delete(facts).where(facts.c.name == name))
    connection.execute(insert(facts).values(name=name, value=value))
    return True


def _set_sources(connection: Connection, sources: Mapping[str, KnownSource], now: datetime) -> bool:
    """The sources of this refresh and no others; `since` moves on when one starts or stops answering."""
    old = read_sources(connection)
    for name in old.keys() | sources.keys():
        if old.get(name) != sources.get(name):
            connection.execute(delete(source_rows).where(source_rows.c.name == name))
            if (new := sources.get(name)) is not None:
                connection.execute(
                    insert(source_rows).values(
                        name=name, identity=new.identity, problem=new.problem, since=codec.encode_moment(now)
                    )
                )
    return old != sources


def _set_failures(connection: Connection, failed: Sequence[Failure], now: datetime) -> bool:
    """The failures of this refresh and no others; `since` stays with one that goes on for the same reason."""
    old = {row.path: row for row in connection.execute(select(failures))}
    new = {failure.path: failure.reason for failure in failed}
    for path, row in old.items():
        if new.get(path) != row.reason:
            connection.execute(delete(failures).where(failures.c.path == path))
    for path, reason in new.items():
        if path not in old or old[path].reason != reason:
            connection.execute(insert(failures).values(path=path, reason=reason, since=codec.encode_moment(now)))
    return new != {path: row.reason for path, row in old.items()}


def _note_touched(connection: Connection, touched: Sequence[StagedFile]) -> None:
    """A file whose date moved and whose bytes did not need not be read again."""
    for one in touched:
        connection.execute(
            update(versions).where(IS_LIVE, versions.c.path == one.file.path).values(**stamp_columns(one.file.stamp))
        )
