"""What was known at an instant of the past: the engine's state as a replay of the journal makes it."""

from typing import Any

from collector.http.call import Call
from collector.http.instants import seconds
from collector.http.problems import Refused
from rules.state import State


async def known_then(call: Call[Any, Any], text: str | None) -> tuple[State, float]:
    """The state at the instant that `text` names, or now when it names none; and that instant, in seconds UTC.

    Raises Refused: 400 for what is no instant of the past, 404 for one that the journal no longer reaches.
    """
    now = call.services.clock()
    if text is None:
        return call.services.state(), now
    at = _instant(text, now)
    try:
        return await call.services.state_at(at), at
    except LookupError as error:
        raise Refused(404, "Not kept", str(error).strip("'")) from error


def _instant(text: str, now: float) -> float:
    try:
        at = seconds(text)
    except ValueError as error:
        raise Refused(400, "Bad parameters", f"at: {error}") from error
    if at > now:
        raise Refused(400, "Bad parameters", "at: lies in the future; nothing has been decided about it")
    return at
