"""The engine's state as it was at any instant that the journal reaches back to: a checkpoint, and what came after."""

from collector.database import Database, checkpoints, journal
from rules import engine, rows
from rules.entries import Tick
from rules.state import State

A_PAGE = 1_000


def state_at(database: Database, at: float) -> State:
    """Everything that was known at `at` (seconds UTC). Raises LookupError when the journal begins later.

    It runs the rules that are installed now; the journal says which version decided then.
    """
    with database.reading() as connection:
        start = checkpoints.nearest(connection, at)
        position, state = (start[0], rows.restore(start[1])) if start else (0, State.empty())
        if journal.first_position(connection) > position + 1:
            raise LookupError("the journal does not reach back so far")
        while placed := journal.after(connection, position, A_PAGE, until=at):
            for one in placed:
                engine.run(state, one.entry)
            position = placed[-1].position
    engine.run(state, Tick(at=at))
    return state
