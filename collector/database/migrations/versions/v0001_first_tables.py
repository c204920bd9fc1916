"""The first tables, with the one row of each table that has just one."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=True),
        sa.Column("generations", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("pulse", sa.Double(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("heard_at", sa.Double(), nullable=False),
        sa.Column("clock_offset", sa.Double(), nullable=False),
        sa.Column("fork_epoch", sa.Text(), nullable=True),
        sa.Column("fork_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("agent"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_checkpoints_at", "checkpoints", ["at"])
    op.create_table(
        "cursors",
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("ranges", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "epoch"),
    )
    op.create_table(
        "dead_letter_counts",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reason"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("retry", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "engine",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "engine_rows",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "key"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("ci", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incidents_newest", "incidents", ["started_at", "id"])
    op.create_index(
        "incidents_open_cause",
        "incidents",
        ["cause"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'acknowledged')"),
        postgresql_where=sa.text("state IN ('open', 'acknowledged')"),
    )
    op.create_index("ix_incidents_category", "incidents", ["category"])
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_table(
        "journal",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "loaded",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_table(
        "parts",
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("part"),
    )
    op.create_table(
        "timeline",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", "ordinal"),
    )
    op.create_index("ix_timeline_incident", "timeline", ["incident"])
    op.create_table(
        "incident_stores",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store", "incident"),
    )
    op.create_index("ix_incident_stores_incident", "incident_stores", ["incident"])
    op.execute(
        sa.text("INSERT INTO journal_head (id, position, at, hash) VALUES (1, 0, 0, :genesis)").bindparams(
            genesis=bytes(32)
        )
    )
    op.execute("INSERT INTO engine (id, position, term, holder, until) VALUES (1, 0, 0, '', 0)")
    parts = sa.table("parts", sa.column("part"), sa.column("holder"), sa.column("until"))
    op.bulk_insert(parts, [{"part": part, "holder": "", "until": 0.0} for part in range(64)])
