"""The MQTT messages that a recorded process published, each with the entry whose sending completed it."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tests.faults.recording import Entry, Kind

_CONNECT, _PUBLISH = 1, 3
_PROTOCOL = b"\x00\x04MQTT"


class Said(NamedTuple):
    """`entry` is an index into the recording: with the entries up to it, the broker could have all of the message."""

    entry: int
    topic: str
    payload: bytes


def published(entries: list[Entry]) -> Iterator[Said]:
    """In order. What goes to a socket that does not speak MQTT 3.1.1 is passed over."""
    streams: dict[int, bytearray] = defaultdict(bytearray)
    for number, entry in enumerate(entries):
        if entry.kind is Kind.CLOSE:
            streams.pop(entry.fd, None)
        elif entry.kind is Kind.SEND and (streams[entry.fd] or _speaks_mqtt(entry.data)):
            streams[entry.fd] += entry.data
            yield from (Said(number, *message) for message in _taken(streams[entry.fd]))


def _speaks_mqtt(first: bytes) -> bool:
    return first[:1] == bytes([_CONNECT << 4]) and _PROTOCOL in first[:12]


def _taken(stream: bytearray) -> Iterator[tuple[str, bytes]]:
    """The messages of the packets that are whole; these leave the stream, but for a mark that it is MQTT."""
    at = 1 if stream[:1] == _MARK else 0
    while (packet := _packet(stream, at)) is not None:
        start, end = packet
        if stream[at] >> 4 == _PUBLISH:
            has_id = 2 if stream[at] & 0b110 else 0
            topic_end = start + 2 + int.from_bytes(stream[start : start + 2])
            yield stream[start + 2 : topic_end].decode(), bytes(stream[topic_end + has_id : end])
        at = end
    stream[:at] = _MARK


_MARK = b"\0"  # no packet begins so


def _packet(stream: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None while it is not whole."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(stream))):
        length |= (stream[place] & 0x7F) << shift
        shift += 7
        if stream[place] < 0x80:
            end = place + 1 + length
            return (place + 1, end) if end <= len(stream) else None
    return None
