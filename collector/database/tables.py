"""The collector's tables. Instants are double precision seconds UTC; bodies are JSON bytes unless said otherwise."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()
# SQLite numbers rows by itself only in a column of exactly this type.
_Serial = BigInteger().with_variant(Integer(), "sqlite")

# The one row that every append locks last: it hands out gap-free positions and the hash to chain on.
journal_head = Table(
    "journal_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# `epoch` is the current one, `digest` is of its beliefs at and after `floor`; null digest: not known, ask for a hello.
agents = Table(
    "agents",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("epoch", Text),
    Column("generations", Integer, nullable=False),
    Column("digest", Text),
    Column("floor", BigInteger, nullable=False),
    Column("pulse", Double, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("heard_at", Double, nullable=False),
    Column("clock_offset", Double, nullable=False),
    Column("fork_epoch", Text),
    Column("fork_at", Double),
    Column("version", Text),
    Column("config", Text),
)

# What is committed of each epoch, and so what is a duplicate: `ranges` is JSON [[from, to], …].
cursors = Table(
    "cursors",
    metadata,
    Column("agent", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("previous", Text),
    Column("ranges", Text, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
)

engine = Table(
    "engine",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
)

engine_rows = Table(
    "engine_rows",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("category", Text, nullable=False, index=True),
    Column("ci", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("priority", Integer, nullable=False),
    Column("suppressed", Boolean, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("closed_at", Double),
    Column("body", LargeBinary, nullable=False),
    Index("incidents_newest", "started_at", "id"),
    # One cause, one incident: even a defect in the rules cannot open a second one.
    Index(
        "incidents_open_cause",
        "cause",
        unique=True,
        sqlite_where=text("state IN ('open', 'acknowledged')"),
        postgresql_where=text("state IN ('open', 'acknowledged')"),
    ),
)

incident_stores = Table(
    "incident_stores",
    metadata,
    Column("store", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True, index=True),
)

timeline = Table(
    "timeline",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("incident", Text, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# Effects, each once: `key` makes a repetition harmless. What became of one differs from desk to desk: see desk_lanes.
outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("incident", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("outbox_in_order", "position"),
    Index("outbox_of_incident", "incident", "position"),
)

# How far a help desk has read the outbox, and what it last told us: `polled` is an instant of the desk's own clock.
desk_feeds = Table(
    "desk_feeds",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("polled", Double, nullable=False),
    Column("error", Text, nullable=False),
)

# An incident at a help desk: one ordered lane. Outbox positions up to `done` are there, those up to `sending` may be
# (the intent, kept before any request), those up to `wanted` wait. `holder` works on it until `until` at the latest.
desk_lanes = Table(
    "desk_lanes",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("incident", Text, primary_key=True),
    Column("priority", Integer, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("sending", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("wrote", LargeBinary, nullable=False),
    Column("heard", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Index("desk_lanes_next", "desk", "state", "priority", "wanted"),
    Index("desk_lanes_ticket", "desk", "ticket"),
)

# What a desk in shadow mode would have been sent.
desk_shadow = Table(
    "desk_shadow",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("desk", Text, nullable=False, index=True),
    Column("incident", Text, nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
)

# What people opened at their desk without us: rows of an export, to compare a desk in shadow mode with.
desk_own_tickets = Table(
    "desk_own_tickets",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("ticket", Text, primary_key=True),
    Column("opened_at", Double, nullable=False),
    Column("store", Text, nullable=False),
    Column("ci", Text, nullable=False),
    Column("category", Text, nullable=False),
    Index("desk_own_tickets_opened", "opened_at"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("retry", Boolean, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

dead_letter_counts = Table(
    "dead_letter_counts",
    metadata,
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# The engine's state as it was at a position: zlib of msgpack [[table, key, body], …].
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

# Digest of the CMDB and the policy that are in force, so that a restart journals only what differs.
loaded = Table(
    "loaded",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)
