"""The snmp probe against an agent with the weaknesses of small devices; recordings are in test_snmp_recordings.py."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from contract.documents import DocumentError
from contract.status import Status
from probes import snmp_client
from probes.address import Endpoint
from probes.kinds.snmp import UPTIME, Observation, Settings, Wanted, judge
from probes.probe import Verdict
from probes.settings import read
from probes.snmp_client import User
from probes.snmp_session import MAX_ENGINES, aclose
from probes.trouble import Trouble
from tests.probes import peers
from tests.probes.peers import asked
from tests.probes.snmp_agent import ROBUST, Weakness, speaking

CABINET = "1.3.6.1.4.1.99999.1.1.0"
DOOR = "1.3.6.1.4.1.99999.1.2.0"
NOTHING = "1.3.6.1.4.1.99999.1.3.0"
ROWS: dict[str, tuple[str, Any]] = {
    UPTIME: ("TimeTicks", 360_000),
    CABINET: ("Integer", 93),
    DOOR: ("OctetString", b"open\x1b[31m\0"),
}
IF = "1.3.6.1.2.1.2.2.1"
VERSIONS: list[int | str] = [1, "2c"]


def judged(settings: dict[str, Any], rows: dict[str, Any] = ROWS, weakness: Weakness = ROBUST) -> Verdict:
    async def scene() -> Verdict:
        async with speaking(rows, weakness) as (port, _):
            return await asked("snmp", f"127.0.0.1:{port}", {"wait": "900ms", **settings})

    return asyncio.run(scene())


def switch(ports: int, down: int = 0) -> dict[str, tuple[str, Any]]:
    """Ports `port1`… of which number `down` has no link."""
    rows: dict[str, tuple[str, Any]] = {UPTIME: ("TimeTicks", 100)}
    for index in range(1, ports + 1):
        rows[f"{IF}.2.{index}"] = ("OctetString", b"port%d" % index)
        rows[f"{IF}.7.{index}"] = ("Integer", 1)
        rows[f"{IF}.8.{index}"] = ("Integer", 2 if index == down else 1)
    return rows


@pytest.mark.parametrize("version", VERSIONS)
def test_an_agent_that_answers_is_ok_and_times_are_seconds(version: int | str) -> None:
    verdict = judged({"version": version})
    assert (verdict.status, verdict.text, verdict.values) == (Status.OK, "", {"uptime_s": 3600.0})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_value_that_the_device_does_not_have_spoils_no_other(version: int | str) -> None:
    """v1 refuses the whole request for it."""
    wanted = [{"oid": NOTHING, "name": "humidity"}, {"oid": CABINET, "name": "cabinet", "scale": 0.1}]
    verdict = judged({"version": version, "values": wanted})
    assert (verdict.status, verdict.text) == (Status.UNKNOWN, "humidity: the device has no such value")
    assert verdict.values["cabinet"] == 9.3
    assert judged({"version": version, "values": [{**wanted[0], "missing": "ok"}]}).status is Status.OK


@pytest.mark.parametrize(
    ("limits", "status", "text"),
    [
        ({"critical_above": 90}, Status.CRITICAL, "t is 93 °C, more than 90 °C"),
        ({"critical_above": 93}, Status.OK, ""),
        ({"warning_below": 95, "critical_below": 10}, Status.WARNING, "t is 93 °C, less than 95 °C"),
        ({"states": {"93": "critical"}, "words": {"93": "far too warm"}}, Status.CRITICAL, "t is far too warm"),
        ({"states": {"1": "ok"}}, Status.UNKNOWN, "t is 93"),
    ],
)
def test_a_value_is_judged_by_limits_or_by_a_map(limits: dict[str, Any], status: Status, text: str) -> None:
    verdict = judged({"values": [{"oid": CABINET, "name": "t", "unit": "°C", **limits}]})
    assert (verdict.status, verdict.text) == (status, text)


def test_text_of_a_device_is_cleaned_before_people_see_it() -> None:
    verdict = judged({"values": [{"oid": DOOR, "name": "door", "states": {"closed": "ok"}}]})
    assert (verdict.status, verdict.text) == (Status.UNKNOWN, "door is open [31m")
    assert judged({"values": [{"oid": DOOR, "critical_above": 1}]}).text.endswith("expected a number")


def test_a_wrong_community_looks_like_a_dead_device_and_says_so(tmp_path: Path) -> None:
    community = tmp_path / "community"
    community.write_text("s3cret\n")
    settings = {"retries": 0, "community_file": str(community)}
    assert judged(settings, weakness=Weakness(community="s3cret")).status is Status.OK
    verdict = judged(settings, weakness=Weakness(community="other"))
    assert verdict.status is Status.CRITICAL
    assert verdict.text == "timed out: no answer within 0.9 s (a wrong community looks the same)"
    gone = judged({"community_file": str(tmp_path / "gone")})
    assert (gone.status, "gone" in gone.text) == (Status.UNKNOWN, True)


def test_an_answer_that_is_too_big_is_asked_for_in_parts() -> None:
    wanted = [{"oid": oid, "missing": "ok"} for oid in (CABINET, DOOR, NOTHING)]
    verdict = judged({"values": wanted}, weakness=Weakness(room=1))
    assert (verdict.status, verdict.values) == (Status.OK, {"uptime_s": 3600.0, CABINET: 93.0})
    small = judged({"profile": "if", "ports": ["port20"]}, switch(20, down=20), Weakness(room=6))
    assert small.text == "port port20 is down"


@pytest.mark.parametrize("version", VERSIONS)
def test_only_the_watched_ports_are_judged(version: int | str) -> None:
    rows = switch(30, down=7)
    watching = {"version": version, "profile": "if", "ports": ["port30", "3"]}
    verdict = judged(watching, rows)
    assert (verdict.status, verdict.values["port_up[port30]"]) == (Status.OK, 1.0)
    assert judged({**watching, "ports": ["port7"]}, rows).status is Status.CRITICAL


def test_what_was_read_before_an_agent_fell_silent_is_judged() -> None:
    """The first answer is the uptime, the next three are ten rows each."""
    weakness = Weakness(answers=3)
    settings = {"profile": "if", "retries": 0}
    assert judged({**settings, "ports": ["port2"]}, switch(60, down=2), weakness).text == "port port2 is down"
    assert judged({**settings, "ports": ["port3"]}, switch(60), weakness).status is Status.OK
    unread = judged({**settings, "ports": ["port55"]}, switch(60, down=55), weakness)
    assert unread.status is Status.UNKNOWN
    assert unread.text.startswith("port port55 was not read: it stopped answering (timed out")


def test_a_table_without_end_is_left_after_a_bounded_number_of_requests() -> None:
    async def scene() -> None:
        async with speaking(switch(5), Weakness(circles=True)) as (port, agent):
            settings = {"profile": "if", "ports": ["port5"], "wait": "900ms"}
            assert (await asked("snmp", f"127.0.0.1:{port}", settings)).status is Status.OK
            assert len(agent.asked) < 10
        async with speaking(switch(2100)) as (port, agent):
            verdict = await asked("snmp", f"127.0.0.1:{port}", {**settings, "ports": ["port2099"]})
            assert "the table is longer than" in verdict.text
            assert len(agent.asked) < 210

    asyncio.run(scene())


def test_garbage_from_the_network_does_not_stop_the_answers_that_follow() -> None:
    async def scene() -> None:
        async with speaking(ROWS) as (port, agent):
            answer = agent.datagram_received

            def garbled(data: bytes, where: Any) -> None:
                for junk in (b"", b"\x30", b"\x30\x82\xff\xff", data[: len(data) // 2], bytes(2000)):
                    agent.transport.sendto(junk, where)
                answer(data, where)

            agent.datagram_received = garbled  # type: ignore[method-assign]
            verdict = await asked("snmp", f"127.0.0.1:{port}", {"wait": "2s"})
            assert verdict.status is Status.OK

    asyncio.run(scene())


def test_a_lost_request_is_repeated() -> None:
    async def scene() -> None:
        async with speaking(ROWS) as (port, agent):
            answer = agent.datagram_received

            def deaf_once(_data: bytes, _where: Any) -> None:
                agent.datagram_received = answer  # type: ignore[method-assign]

            agent.datagram_received = deaf_once  # type: ignore[method-assign]
            assert (await asked("snmp", f"127.0.0.1:{port}", {"wait": "900ms"})).status is Status.OK

    asyncio.run(scene())


def test_a_till_without_an_agent_is_silent_also_on_ipv6() -> None:
    verdict = asyncio.run(asked("snmp", f"[::1]:{peers.closed_port()}", {"wait": "50ms", "retries": 1}))
    assert verdict.text.startswith("timed out: no answer within 0.1 s")


def test_a_partly_read_ups_is_not_called_well() -> None:
    mains = {"1.3.6.1.2.1.33.1.4.1.0": 3}
    verdict = judge(Observation(mains, Trouble("timed out")), Settings(profile="ups"))
    assert (verdict.status, verdict.text) == (Status.UNKNOWN, "not all was read: it stopped answering (timed out)")
    unread = judge(Observation({UPTIME: 1.0}, Trouble("timed out")), Settings(values=[Wanted(CABINET, missing="ok")]))
    assert unread.status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"profile": "if"}, "profile if needs ports"),
        ({"ports": ["1"]}, "ports are judged by profile if: set it"),
        ({"version": 3}, "version 3 and user belong together"),
        ({"user": "w"}, "version 3 and user belong together"),
        ({"version": 3, "user": "w", "priv_file": "/p"}, "priv_file needs auth_file"),
        ({"version": 3, "user": "w", "community_file": "/p"}, "community_file is for version 1 and 2c"),
        ({"values": [{"oid": "sysUpTime.0"}]}, "found oid 'sysUpTime.0', expected numbers such as"),
        ({"values": [{"oid": "1.3.6.1", "state": {}}]}, "did you mean 'states'"),
        ({"wait": "0s"}, "found a wait of 0s, expected longer"),
        ({"profile": "printer"}, "profile: found 'printer'"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        read("snmp", mapping)
    assert message in str(refusal.value)


def test_engines_of_logins_that_were_rotated_away_do_not_pile_up() -> None:
    async def scene() -> None:
        before = peers.open_files()
        for turn in range(MAX_ENGINES + 4):
            login = User(name="w", auth_key=f"rotated{turn:03}")
            line = await snmp_client.line(Endpoint("127.0.0.1", 1), login, 0.001, 1)
            assert not isinstance(line, Trouble)
            await snmp_client.get(line, [UPTIME])
        assert peers.open_files() - before <= MAX_ENGINES + 1
        await aclose()
        assert peers.open_files() <= before

    asyncio.run(scene())
