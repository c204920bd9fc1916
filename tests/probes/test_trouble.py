import errno
import os
import socket

import pytest

from contract.status import Status
from probes.trouble import Trouble, of_error, silence


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.ETIMEDOUT, "timed out"),
        (errno.EHOSTUNREACH, "unreachable: No route to host"),
        (errno.ENETUNREACH, "unreachable: Network is unreachable"),
        (errno.ECONNRESET, "closed"),
    ],
)
def test_what_is_evidence_against_the_device_is_critical(number: int, text: str) -> None:
    trouble = of_error(error(number))
    assert (trouble.status, trouble.text) == (Status.CRITICAL, text)


@pytest.mark.parametrize(
    ("number", "how"), [(errno.EMFILE, "local"), (errno.ENOBUFS, "local"), (errno.EACCES, "not permitted")]
)
def test_what_only_keeps_us_from_looking_is_unknown(number: int, how: str) -> None:
    trouble = of_error(error(number))
    assert (trouble.how, trouble.status) == (how, Status.UNKNOWN)


def test_a_name_that_is_missing_is_told_apart_from_a_name_service_that_is_dead() -> None:
    assert of_error(socket.gaierror(socket.EAI_NONAME, "Name or service not known")).status is Status.CRITICAL
    dead = of_error(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    assert (dead.status, dead.text) == (Status.UNKNOWN, "no names: Temporary failure in name resolution")


def test_silence_names_the_deadline() -> None:
    assert silence(2.5) == Trouble("timed out", "no answer within 2.5 s")
    assert silence(2.5).status is Status.CRITICAL
