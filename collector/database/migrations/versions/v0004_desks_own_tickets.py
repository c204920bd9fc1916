"""Tickets that people made at their desk without us, to compare a desk in shadow mode with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "desk_own_tickets",
        sa.Column("desk", sa.Text(), primary_key=True),
        sa.Column("ticket", sa.Text(), primary_key=True),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("ci", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
    )
    op.create_index("desk_own_tickets_opened", "desk_own_tickets", ["opened_at"])
