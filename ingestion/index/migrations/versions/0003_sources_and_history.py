"""A version knows its source; refreshes are on record with what they did, so that one can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("versions", sa.Column("source", sa.String(100), nullable=False, server_default="corpus"))
    op.add_column("versions", sa.Column("tag", sa.Text))
    op.add_column("versions", sa.Column("embedded_title", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE versions SET embedded_title = title")

    op.create_table(
        "sources",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.execute(
        "INSERT INTO sources (name, identity, since) "
        "SELECT 'corpus', value, '1970-01-01T00:00:00+00:00' FROM facts WHERE name = 'corpus'"
    )
    op.execute("DELETE FROM facts WHERE name = 'corpus'")

    op.add_column("refreshes", sa.Column("kind", sa.String(10), nullable=False, server_default="refresh"))
    op.add_column("refreshes", sa.Column("who", sa.Text, nullable=False, server_default="unknown"))
    op.add_column("refreshes", sa.Column("trust_before", sa.Text))
    op.add_column("refreshes", sa.Column("undone_by", sa.Integer))
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("refresh_id", sa.Integer, sa.ForeignKey("refreshes.id", ondelete="CASCADE"), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("change", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("before_id", sa.Integer),
        sa.Column("after_id", sa.Integer),
    )
    op.create_index("changes_refresh", "changes", ["refresh_id"])
    op.create_index("changes_path", "changes", ["path"])
