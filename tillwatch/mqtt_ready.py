"""Whether an MQTT broker answers: a real CONNECT and its CONNACK (MQTT 3.1.1, sections 3.1 and 3.2)."""

import socket
import time
from collections.abc import Callable

from tillwatch.ports import LOOPBACK

# A clean session, no keep-alive, an empty client id; and "accepted".
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
_ACCEPTED = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"


def answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0) as line:
            line.sendall(_CONNECT)
            reply = line.recv(4)
            line.sendall(_DISCONNECT)
    except OSError:
        return False
    return reply == _ACCEPTED


def wait(port: int, alive: Callable[[], bool], patience: float = 15.0) -> bool:
    """Until the broker answers; False when it is no longer alive, or after `patience` seconds."""
    deadline = time.monotonic() + patience
    while alive() and time.monotonic() < deadline:
        if answers(port):
            return True
        time.sleep(0.05)
    return False
