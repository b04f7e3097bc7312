"""A version remembers its sidecar's size and time of change apart from the document's own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("versions", sa.Column("sidecar_size_bytes", sa.BigInteger))
    op.add_column("versions", sa.Column("sidecar_modified_ns", sa.BigInteger))
