"""The stream of events, read from a real socket."""

import json
import socket
from typing import Any, NamedTuple

import pytest

from tests.collector.http.chain import incident
from tests.collector.http.conftest import Face, token


class Event(NamedTuple):
    name: str
    id: int | None
    data: Any


class Stream:
    """A client of /api/v1/events that reads one event at a time and waits for it at most ten seconds."""

    def __init__(self, face: Face, **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", face.port), timeout=10)
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        self._socket.sendall(f"GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n{''.join(lines)}\r\n".encode())
        self._file = self._socket.makefile("rb")
        self.head = b"".join(iter(self._file.readline, b"\r\n")).decode()

    def next(self) -> Event | None:
        """None at the end of the stream."""
        fields: dict[str, str] = {}
        while (line := self._file.readline().decode()) not in ("", "\n"):
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name] = value
        if not fields:
            return None
        id_ = int(fields["id"]) if "id" in fields else None
        return Event(fields["event"], id_, json.loads(fields["data"]))

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def test_a_stream_opens_with_a_snapshot_and_goes_on_with_changes(face: Face) -> None:
    """Whoever listens knows the whole without asking twice; worst first."""
    stream = Stream(face)
    assert "text/event-stream" in stream.head
    assert "X-Accel-Buffering: no" in stream.head
    opening = stream.next()
    assert opening is not None
    assert (opening.name, opening.id, opening.data["total"]) == ("snapshot", 107, 7)
    assert opening.data["incidents"][0]["priority"] == "P1"
    face.do(face.chain.happen, incident(9))
    change = stream.next()
    assert change is not None
    assert (change.name, change.id, change.data["incident"]["number"]) == ("incident", 108, 9)
    stream.close()


def test_a_client_that_comes_back_gets_what_it_missed_and_no_snapshot(face: Face) -> None:
    """Its last event's position comes again: several events may share one, and each is whole."""
    for number in (11, 12, 13):
        face.do(face.chain.happen, incident(number))
    stream = Stream(face, **{"Last-Event-ID": "109"})
    found = [stream.next(), stream.next(), stream.next()]
    assert [(event.name, event.id) for event in found if event] == [
        ("incident", 109),
        ("incident", 110),
        ("heartbeat", None),
    ]
    stream.close()


@pytest.mark.parametrize("last", ["3", "99999", "nonsense", "9" * 40])
def test_an_event_id_that_is_not_known_any_more_is_answered_with_a_resync(face: Face, last: str) -> None:
    """A hole is never silent: the client is told, and begins again with a snapshot."""
    stream = Stream(face, **{"Last-Event-ID": last})
    found = [stream.next(), stream.next()]
    assert [event.name for event in found if event] == ["resync", "snapshot"]
    stream.close()


def test_a_region_sees_only_its_own_incidents(guarded: Face) -> None:
    stream = Stream(guarded, **token("nora"))
    opening = stream.next()
    assert opening is not None
    assert opening.data["total"] == 7
    guarded.do(guarded.chain.happen, incident(20, region="south"))
    guarded.do(guarded.chain.happen, incident(21, region="north"))
    change = stream.next()
    assert change is not None
    assert change.data["incident"]["number"] == 21
    stream.close()


def test_a_client_that_reads_too_slowly_is_told_and_let_go(face: Face) -> None:
    """Nobody waits for it, and it knows that it has missed something."""
    stream = Stream(face)
    stream.next()

    def storm() -> None:
        for number in range(300):
            face.chain.happen(incident(1000 + number))

    face.do(storm)
    names = []
    while (event := stream.next()) is not None:
        names.append(event.name)
    assert names[-1] == "resync"
    stream.close()


def test_when_the_collector_loses_events_every_client_must_resync(face: Face) -> None:
    stream = Stream(face)
    stream.next()
    face.do(face.chain.listeners[0].queue.put_nowait, None)
    last = stream.next()
    assert last is not None
    assert last.name == "resync"
    assert stream.next() is None
    stream.close()


def test_stopping_ends_every_stream_at_once(guarded: Face) -> None:
    """An endless request must not hold up a shutdown."""
    stream = Stream(guarded, **token("vera"))
    stream.next()
    guarded.stop()
    last = stream.next()
    assert last is not None
    assert last.name == "resync"
    assert stream.next() is None
    stream.close()


def test_in_silence_a_heartbeat_tells_how_fresh_everything_is(face: Face) -> None:
    stream = Stream(face)
    stream.next()
    beat = stream.next()
    assert beat is not None
    assert (beat.name, beat.data["position"], beat.data["last_message_age"]) == ("heartbeat", 107, 1.5)
    stream.close()
