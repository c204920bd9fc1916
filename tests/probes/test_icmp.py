"""The icmp probe against this machine's own kernel, and its judge on what no loopback can show."""

import asyncio
import errno
import socket

import pytest

from contract.status import Status
from contract.units import Duration
from probes.kinds.icmp import REMEDY, Observation, Settings, judge, opened
from tests.probes.peers import asked, may_send_echo


@pytest.mark.parametrize("target", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_answers_or_the_text_says_what_permission_is_missing(target: str) -> None:
    verdict = asyncio.run(asked("icmp", target, {"spacing": "1ms"}))
    if may_send_echo():
        assert (verdict.status, verdict.text) == (Status.OK, "")
        assert verdict.values["loss_percent"] == 0
        assert verdict.values["rtt_ms"] > 0
    else:
        assert (verdict.status, verdict.text) == (Status.UNKNOWN, f"not permitted: {REMEDY}")


def test_a_raw_socket_is_used_where_the_unprivileged_one_is_refused() -> None:
    tried: list[int] = []

    def only_raw(family: int, kind: int, _protocol: int) -> socket.socket:
        tried.append(kind)
        if kind == socket.SOCK_DGRAM:
            raise PermissionError(errno.EACCES, "Permission denied")
        return socket.socket(family, socket.SOCK_DGRAM)

    opened(socket.AF_INET, make=only_raw).close()
    assert tried == [socket.SOCK_DGRAM, socket.SOCK_RAW]


def test_the_remedy_fits_into_a_verdict_whole() -> None:
    assert len(f"not permitted: {REMEDY}") <= 300


def test_a_slow_answer_still_counts_for_the_echo_that_it_answers() -> None:
    """Fifty probes at once share the machine's raw sockets' traffic and none takes another's replies."""

    async def scene() -> None:
        verdicts = await asyncio.gather(*(asked("icmp", "127.0.0.1", {"spacing": "1ms"}) for _ in range(50)))
        assert {verdict.status for verdict in verdicts} == {Status.OK if may_send_echo() else Status.UNKNOWN}

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("back", "status", "text"),
    [
        (4, Status.OK, ""),
        (3, Status.OK, ""),
        (2, Status.WARNING, "no answer to 2 of 4 echo requests"),
        (0, Status.CRITICAL, "no answer to 4 echo requests"),
    ],
)
def test_loss_is_judged_by_its_share(back: int, status: Status, text: str) -> None:
    verdict = judge(Observation(sent=4, rtts_ms=(1.0,) * back), Settings())
    assert (verdict.status, verdict.text) == (status, text)
    assert verdict.values["loss_percent"] == 25 * (4 - back)
    assert ("rtt_ms" in verdict.values) == (back > 0)


def test_loss_and_slowness_are_both_named_worst_first() -> None:
    verdict = judge(Observation(sent=4, rtts_ms=(80.0, 120.0)), Settings(critical=Duration(0.05)))
    assert verdict.status is Status.CRITICAL
    assert verdict.text == ("the mean round trip took 100 ms, more than 50 ms; no answer to 2 of 4 echo requests")
