"""A version knows the roles that it is kept to. Which they are is told from its metadata, once the steps are done."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("versions", sa.Column("readers", sa.Text))
