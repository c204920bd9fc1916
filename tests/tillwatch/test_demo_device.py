"""The demo's devices and its WAN line fail on real sockets in the ways that their names say."""

import asyncio
import gc
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tillwatch.demo.device import Device, http_device, tcp_device
from tillwatch.demo.line import Line
from tillwatch.ports import free_port


async def fetched(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: demo\r\n\r\n")
    try:
        return await reader.read()
    finally:
        writer.close()


def test_a_device_that_is_off_refuses_and_keeps_its_port_for_later() -> None:
    async def story() -> None:
        till = tcp_device("pos-01")
        await till.become("on")
        port = till.port
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await till.become("stopped")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await till.mend()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        assert till.port == port
        await till.become("stopped")

    asyncio.run(story())


def test_switching_off_hangs_up_on_whoever_is_connected() -> None:
    async def story() -> None:
        till = tcp_device("pos-01")
        await till.become("on")
        reader, writer = await asyncio.open_connection("127.0.0.1", till.port)
        await till.become("stopped")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()

    asyncio.run(story())


@pytest.mark.parametrize("turns", range(6))
def test_whoever_comes_as_it_is_switched_off_leaves_no_open_socket(turns: int) -> None:
    """At every turn of the loop between the accepting of a connection and its handling. An open one is a warning."""

    async def story(switch_off: Callable[[], Awaitable[None]], port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            for _ in range(turns):
                await asyncio.sleep(0)
            await switch_off()
            visitor.settimeout(10)
            with suppress(ConnectionResetError):
                assert visitor.recv(1) == b""

    async def device() -> None:
        till = tcp_device("pos-01")
        await till.become("on")
        await story(lambda: till.become("stopped"), till.port)

    async def line() -> None:
        line = Line(free_port())
        await line.join()
        await story(line.cut, line.port)

    for end in (device, line):
        asyncio.run(end())
        gc.collect()


def test_a_hung_device_accepts_and_never_answers_until_it_is_mended() -> None:
    async def story() -> None:
        api = http_device("payment", {"state": "fine"})
        await api.become("hung")
        asked = asyncio.create_task(fetched(api.port))
        done, _ = await asyncio.wait([asked], timeout=0.1)
        assert not done
        await api.mend()
        assert await asyncio.wait_for(asked, 10) == b""
        assert (await fetched(api.port)).startswith(b"HTTP/1.1 200 ")
        await api.become("stopped")

    asyncio.run(story())


def test_an_http_device_answers_its_fields_and_its_status() -> None:
    async def story() -> Device:
        sync = http_device("stock", {"behind_seconds": 3})
        await sync.become("on")
        sync.says = {"behind_seconds": 9000, "status": 503}
        head, _, body = (await fetched(sync.port)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert json.loads(body) == {"behind_seconds": 9000}
        await sync.mend()
        assert json.loads((await fetched(sync.port)).partition(b"\r\n\r\n")[2]) == {"behind_seconds": 3}
        await sync.become("stopped")
        return sync

    assert asyncio.run(story()).mode == "stopped"


@pytest.mark.parametrize("nonsense", [b"", b"\x00\xff\r\n\r\n", b"A" * 100_000])
def test_nonsense_does_not_stop_a_device(nonsense: bytes) -> None:
    """A visitor that says nothing, garbage or far too much gets no further than its own connection."""

    async def story() -> None:
        api = http_device("payment", {})
        await api.become("on")
        _, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(nonsense)
        writer.close()
        assert (await fetched(api.port)).startswith(b"HTTP/1.1 200 ")
        await api.become("stopped")

    asyncio.run(story())


def test_a_line_carries_is_cut_and_carries_again() -> None:
    async def story() -> None:
        far = http_device("far", {"here": True})
        await far.become("on")
        line = Line(far.port)
        await line.join()
        assert b'{"here": true}' in await fetched(line.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        await asyncio.sleep(0)
        await line.cut()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await fetched(line.port)
        await line.join()
        assert b'{"here": true}' in await fetched(line.port)
        await line.cut()
        await far.become("stopped")

    asyncio.run(story())
