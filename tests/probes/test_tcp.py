import asyncio

from contract.status import Status
from probes.kinds.tcp import BANNER_CAP
from tests.probes import peers
from tests.probes.peers import asked, serving


def test_a_listening_port_is_ok_and_says_how_long_connecting_took() -> None:
    async def scene() -> None:
        async with serving(peers.silent) as port:
            verdict = await asked("tcp", f"127.0.0.1:{port}")
        assert (verdict.status, verdict.text) == (Status.OK, "")
        assert verdict.values["connect_ms"] > 0

    asyncio.run(scene())


def test_refused_is_told_apart_from_silence_and_from_a_missing_name() -> None:
    async def scene() -> None:
        refused = await asked("tcp", f"127.0.0.1:{peers.closed_port()}")
        assert (refused.status, refused.text) == (Status.CRITICAL, "refused")
        missing = await asked("tcp", "till.invalid:80")
        assert missing.text.startswith(("name not found", "no names"))
        async with serving(peers.silent) as port:
            silent = await asked("tcp", f"127.0.0.1:{port}", {"expect": "SSH"}, within=0.05)
        assert (silent.status, silent.text) == (Status.CRITICAL, "timed out: no answer within 0.05 s")

    asyncio.run(scene())


def test_a_name_with_several_addresses_is_ok_when_one_of_them_accepts() -> None:
    async def scene() -> None:
        async with serving(peers.silent) as port:  # listens on 127.0.0.1 only; localhost may be ::1 first
            assert (await asked("tcp", f"localhost:{port}")).status is Status.OK

    asyncio.run(scene())


def test_an_expected_text_is_found_across_packets() -> None:
    async def scene() -> None:
        async with serving(peers.saying(b"220 ma", b"il ready\r\n")) as port:
            assert (await asked("tcp", f"127.0.0.1:{port}", {"expect": "mail ready"})).status is Status.OK

    asyncio.run(scene())


def test_another_text_is_critical_and_quoted_without_its_control_characters() -> None:
    async def scene() -> None:
        async with serving(peers.saying(b"\x1b[2JTOO MANY USERS\r\n")) as port:
            verdict = await asked("tcp", f"127.0.0.1:{port}", {"expect": "SSH-2.0"})
        assert verdict.status is Status.CRITICAL
        assert verdict.text == "connected, but said '[2JTOO MANY USERS' instead of 'SSH-2.0'"

    asyncio.run(scene())


def test_what_is_sent_is_answered() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        await writer.drain()

    async def scene() -> None:
        async with serving(echo) as port:
            verdict = await asked("tcp", f"127.0.0.1:{port}", {"send": "ruok", "expect": "RUOK"})
        assert verdict.status is Status.OK

    asyncio.run(scene())


def test_a_flood_instead_of_a_greeting_is_cut_and_judged() -> None:
    async def scene() -> None:
        async with serving(peers.saying(b"x" * (BANNER_CAP * 20))) as port:
            verdict = await asked("tcp", f"127.0.0.1:{port}", {"expect": "SSH-2.0"})
        assert verdict.status is Status.CRITICAL
        assert len(verdict.text) <= 300

    asyncio.run(scene())


def test_slow_is_a_warning_or_critical_only_where_it_is_set() -> None:
    async def scene() -> None:
        async with serving(peers.silent) as port:
            target = f"127.0.0.1:{port}"
            assert (await asked("tcp", target, {"warning": "0ms"})).status is Status.WARNING
            assert (await asked("tcp", target, {"warning": "0ms", "critical": "0ms"})).status is Status.CRITICAL
            assert (await asked("tcp", target, {"critical": "1h"})).status is Status.OK

    asyncio.run(scene())
