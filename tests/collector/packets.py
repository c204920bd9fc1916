"""MQTT 3.1.1 packets by hand (source: OASIS MQTT 3.1.1, section 2.2), for what no client library would say."""

import struct


def packet(kind: int, body: bytes) -> bytes:
    """`kind` is the whole first byte, flags included."""
    length, head = len(body), bytearray([kind])
    while True:
        length, low = divmod(length, 128)
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def text(said: str) -> bytes:
    encoded = said.encode()
    return struct.pack("!H", len(encoded)) + encoded
