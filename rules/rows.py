"""The state's rows as bytes and back, so that a database can keep them without knowing what they mean."""

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from rules.course.incident import Incident, Tally, TimelineEntry
from rules.decision import Change, Table
from rules.given import estate
from rules.given.binding import Binding
from rules.history.past import Past, Told
from rules.planned.window import Window
from rules.repeats.change import ChangeRequest
from rules.repeats.problem import Problem, Repetition
from rules.sight.belief import CheckState, ItemState
from rules.sight.dispute import Dispute
from rules.state import AgentState, State, StoreState

Row = tuple[str, str, bytes]

_encode = msgspec.json.Encoder().encode
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "meta": msgspec.json.Decoder(),
    "agents": msgspec.json.Decoder(AgentState),
    "checks": msgspec.json.Decoder(CheckState),
    "items": msgspec.json.Decoder(ItemState),
    "stores": msgspec.json.Decoder(StoreState),
    "incidents": msgspec.json.Decoder(Incident),
    "timeline": msgspec.json.Decoder(TimelineEntry),
    "deadlines": msgspec.json.Decoder(float),
    "windows": msgspec.json.Decoder(Window),
    "pasts": msgspec.json.Decoder(Past),
    "told": msgspec.json.Decoder(tuple[Told, ...]),
    "ledger": msgspec.json.Decoder(Tally),
    "bindings": msgspec.json.Decoder(Binding),
    "problems": msgspec.json.Decoder(Problem),
    "repetitions": msgspec.json.Decoder(Repetition),
    "changes": msgspec.json.Decoder(ChangeRequest),
    "disputes": msgspec.json.Decoder(Dispute),
}
_TABLES: dict[str, Table] = {name: name for name in get_args(Table)}
_APART = ("checks", "timeline")  # kept by agent; not kept


def encode(change: Change) -> bytes:
    """The row's bytes; the change must have one (a row that is gone is deleted, not encoded)."""
    return _encode(change.row)


def restore(rows: Iterable[Row]) -> State:
    """The state whose rows these are, in any order. Raises msgspec.DecodeError or KeyError for foreign rows.

    Rows of the timeline and of closed incidents may be left out: they are history.
    """
    state = State.empty()
    changes = [Change(_TABLES[table], key, _DECODERS[table].decode(body)) for table, key, body in rows]
    for change in changes:
        if change.table == "meta":
            state.meta[change.key] = change.row
    state.adopt(estate.made(state.meta.get("policy"), state.meta.get("cmdb")))
    for change in changes:
        if change.table != "meta":
            state.put(change)
    return state


def dump(state: State) -> list[Row]:
    """Every row of the state, sorted: two equal states have equal dumps. For checkpoints and comparisons."""
    rows: list[tuple[Table, str, Any]] = []
    for table in _TABLES.values():
        rows += [] if table in _APART else [(table, key, row) for key, row in getattr(state, table).items()]
    for agent, checks in state.checks.items():
        rows += [("checks", f"{agent}/{check}", row) for check, row in checks.items()]
    return sorted((table, key, encode(Change(table, key, row))) for table, key, row in rows)
