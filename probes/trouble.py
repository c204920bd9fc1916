"""Why a device could not be asked, in words that tell faults apart: a refusal is no time-out is no missing name."""

import errno
import os
import socket
from typing import Literal

import msgspec

from contract.status import Status

How = Literal[
    "refused",  # the host is there, the service is not
    "timed out",  # nothing came back
    "unreachable",  # the network says that there is no way
    "name not found",  # the name service says that there is no such name
    "closed",  # the peer hung up before it answered
    "no names",  # the name service itself does not answer: this says nothing of the device
    "not permitted",  # this machine may not ask
    "local",  # this machine cannot ask: out of files, memory, ports
    "protocol",  # it answered, but not in the protocol it should speak
    "not trusted",  # TLS: the certificate or the handshake is not acceptable
]

_ABOUT_US = frozenset[How]({"no names", "not permitted", "local"})

# Words that the system's own text would only repeat.
_PLAIN = frozenset[How]({"refused", "timed out", "closed"})

_OF_ERRNO: dict[int, How] = {
    errno.ECONNREFUSED: "refused",
    errno.ETIMEDOUT: "timed out",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.ECONNRESET: "closed",
    errno.ECONNABORTED: "closed",
    errno.EPIPE: "closed",
    errno.EPERM: "not permitted",
    errno.EACCES: "not permitted",
}


class Trouble(msgspec.Struct, frozen=True):
    """`how` it failed and `detail` for a person, which may quote the device."""

    how: How
    detail: str = ""

    @property
    def status(self) -> Status:
        """Critical when it is evidence against the device; unknown when it only says that we could not look."""
        return Status.UNKNOWN if self.how in _ABOUT_US else Status.CRITICAL

    @property
    def text(self) -> str:
        return f"{self.how}: {self.detail}" if self.detail else self.how


def silence(seconds: float) -> Trouble:
    """What a deadline of `seconds` that passed without an answer tells."""
    return Trouble("timed out", f"no answer within {seconds:g} s")


def of_error(error: OSError) -> Trouble:
    """The trouble that the system reports as `error`."""
    if isinstance(error, socket.gaierror):
        if error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL):
            return Trouble("no names", error.strerror or str(error))
        return Trouble("name not found", error.strerror or str(error))
    how = _OF_ERRNO.get(error.errno or 0, "local")
    return Trouble(how, "" if how in _PLAIN else _system_text(error))


def _system_text(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
