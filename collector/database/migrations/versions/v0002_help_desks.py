"""Help desks: how far each has read the outbox, a lane for each incident, and what shadow mode would have sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_index("ix_outbox_state", "outbox")
    op.drop_column("outbox", "state")
    op.create_index("outbox_in_order", "outbox", ["position"])
    op.create_index("outbox_of_incident", "outbox", ["incident", "position"])
    op.create_table(
        "desk_feeds",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("polled", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk"),
    )
    op.create_table(
        "desk_lanes",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("sending", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("wrote", sa.LargeBinary(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "incident"),
    )
    op.create_index("desk_lanes_next", "desk_lanes", ["desk", "state", "priority", "wanted"])
    op.create_index("desk_lanes_ticket", "desk_lanes", ["desk", "ticket"])
    op.create_table(
        "desk_shadow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_desk_shadow_desk", "desk_shadow", ["desk"])
    op.create_index("ix_desk_shadow_incident", "desk_shadow", ["incident"])
