"""What the stream of events sends: one Struct an event, by its name there."""

import msgspec

from collector.http.shapes import Incident, Shown


class SnapshotEvent(msgspec.Struct, frozen=True):
    """Opens a stream: the unresolved incidents as of `position`, worst first and at most 200 of `total`."""

    at: Shown
    position: int
    total: int
    incidents: list[Incident]


class IncidentEvent(msgspec.Struct, frozen=True):
    """An incident as it is after the journal's entry `position`."""

    at: Shown
    position: int
    incident: Incident


class Heartbeat(msgspec.Struct, frozen=True):
    """Nothing happened, and the line lives. `last_message_age`: seconds since any agent was heard, null before."""

    at: Shown
    position: int
    last_message_age: float | None


class Resync(msgspec.Struct, frozen=True):
    """The stream has a hole here: `reason` says why. What follows is a snapshot, or the end of the stream."""

    reason: str
