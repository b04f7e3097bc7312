"""The registry's first tables, and the word index."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("school", sa.String(100)),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("metadata", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("reader", sa.String(20), nullable=False),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("doubt", sa.Text),
        sa.Column("is_indexed", sa.Boolean, nullable=False),
        sa.Column("passage_count", sa.Integer, nullable=False),
        sa.Column("staged_at", sa.String(32), nullable=False),
        sa.Column("live_at", sa.String(32)),
        sa.Column("retired_at", sa.String(32)),
    )
    op.create_index("versions_path", "versions", ["path"])
    op.create_index("versions_state", "versions", ["state"])
    for state in ("live", "staged"):
        only = sa.text(f"state = '{state}'")
        op.create_index(
            f"versions_one_{state}", "versions", ["path"], unique=True, sqlite_where=only, postgresql_where=only
        )
    op.create_table(
        "passages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version_id", sa.Integer, sa.ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("blocks", sa.Text, nullable=False),
        sa.Column("vector_id", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("passages_version", "passages", ["version_id", "ordinal"], unique=True)
    op.create_index("passages_vector", "passages", ["vector_id"])
    op.create_table(
        "records",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version_id", sa.Integer, sa.ForeignKey("versions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("passage_id", sa.Integer, sa.ForeignKey("passages.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("locator", sa.Text, nullable=False),
    )
    op.create_index("records_version", "records", ["version_id"])
    op.create_index("records_passage", "records", ["passage_id"])
    op.create_index("records_code", "records", ["kind", "code"])
    op.create_table(
        "failures",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.create_table(
        "refreshes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("finished_at", sa.String(32), nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("removed", sa.Integer, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("passages_embedded", sa.Integer, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE words USING fts5("
            "scope, title, heading, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
    else:
        op.execute(
            "CREATE TABLE words (passage_id integer PRIMARY KEY, size integer NOT NULL, stems tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX words_stems ON words USING gin (stems) WITH (gin_pending_list_limit = 65536)")
        op.execute('CREATE TABLE word_counts (stem text COLLATE "C" PRIMARY KEY, passages integer NOT NULL)')
        op.execute("CREATE TABLE word_totals (passages bigint NOT NULL, words bigint NOT NULL)")
        op.execute("INSERT INTO word_totals VALUES (0, 0)")
