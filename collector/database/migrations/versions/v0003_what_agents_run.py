"""What an agent said of itself in its last hello: it says so once a connection, and must be known after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("agents", sa.Column("version", sa.Text(), nullable=True))
    op.add_column("agents", sa.Column("config", sa.Text(), nullable=True))
