"""Which tables does the registry keep?

A version is `staged` while a refresh prepares it, `live` while it is the corpus's edition of its path, and `retired`
once another took its place or its file went. Only passages of live versions with status `in_force` are searched; a
version's `is_indexed` says that its passages stand in the word index, so a switch can tell what must enter and leave.
Its `embedded_title` is the title its vectors were made with: of a renamed file, the one it had before. Its `readers`
are the roles that it is kept to, as `readers.py` writes them: empty where everybody may read it, NULL (so that nobody
may) until that is decided.

Times are ISO 8601 text in UTC. JSON is text (`codec.py` writes it). The word index's own table is in `words.py`.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text

HEAD = "0004"
"""The newest migration: a reader refuses any other schema."""

VERSION_TABLE = "ingestion_schema"
"""Where Alembic keeps the revision; its own name, so that other parts may keep migrations in the same database."""

metadata = MetaData()

versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("source", String(100), nullable=False),
    Column("school", String(100)),
    Column("title", Text, nullable=False),
    Column("embedded_title", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("readers", Text),
    Column("digest", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("sidecar_size_bytes", BigInteger),
    Column("sidecar_modified_ns", BigInteger),
    Column("tag", Text),
    Column("reader", String(20), nullable=False),
    Column("warnings", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("status", String(12), nullable=False),
    Column("doubt", Text),
    Column("is_indexed", Boolean, nullable=False),
    Column("passage_count", Integer, nullable=False),
    Column("staged_at", String(32), nullable=False),
    Column("live_at", String(32)),
    Column("retired_at", String(32)),
    Index("versions_path", "path"),
    Index("versions_state", "state"),
    Index(
        "versions_one_live",
        "path",
        unique=True,
        sqlite_where=text("state = 'live'"),
        postgresql_where=text("state = 'live'"),
    ),
    Index(
        "versions_one_staged",
        "path",
        unique=True,
        sqlite_where=text("state = 'staged'"),
        postgresql_where=text("state = 'staged'"),
    ),
)

passages = Table(
    "passages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version_id", Integer, ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("heading", Text, nullable=False),
    Column("blocks", Text, nullable=False),
    Column("vector_id", String(32), nullable=False),
    Index("passages_version", "version_id", "ordinal", unique=True),
    Index("passages_vector", "vector_id"),
    sqlite_autoincrement=True,
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version_id", Integer, ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
    Column("passage_id", Integer, ForeignKey("passages.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("locator", Text, nullable=False),
    Index("records_version", "version_id"),
    Index("records_passage", "passage_id"),
    Index("records_code", "kind", "code"),
)

failures = Table(
    "failures",
    metadata,
    Column("path", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", String(32), nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("identity", Text, nullable=False),
    Column("problem", Text),
    Column("since", String(32), nullable=False),
)
"""The places that documents come from, as of the last refresh: `problem` is why one did not answer, since `since`."""

refreshes = Table(
    "refreshes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("who", Text, nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32), nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("passages_embedded", Integer, nullable=False),
    Column("trust_before", Text),
    Column("undone_by", Integer),
)
"""Every refresh that changed something or failed at something. `kind` is "refresh" or "rollback"; `trust_before` is
`trust.toml` as it was until then, which a rollback puts back; `undone_by` is the rollback that undid it."""

changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("refresh_id", Integer, ForeignKey("refreshes.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("change", String(10), nullable=False),
    Column("reason", Text),
    Column("before_id", Integer),
    Column("after_id", Integer),
    Index("changes_refresh", "refresh_id"),
    Index("changes_path", "path"),
)
"""What each refresh did to each document: `change` is added, changed, removed, starts or ends (of being in force), or
failed (with the reason); the versions before and after, of which a rollback brings the former back."""

facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
"""One row each: `generation` (how many refreshes changed something), `model` (the embedding model's name), `trust`."""

lease = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", String(32), nullable=False),
)
