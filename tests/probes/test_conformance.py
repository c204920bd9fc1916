"""What every kind of probe promises, checked for each file in probes/kinds/."""

import asyncio
import doctest
import inspect
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from contract.status import Status
from probes import registry
from probes.document import document
from probes.probe import AnyProbe, Probe, Unusable, observe
from probes.schema import settings_of
from tests.probes import peers

KINDS = registry.kinds()
# How a listener on 127.0.0.1 is written as a target; a new form of target needs a line here.
TARGETS: dict[str, Callable[[int], str]] = {
    "host:port": lambda port: f"127.0.0.1:{port}",
    "URL": lambda port: f"http://127.0.0.1:{port}/",
    "host": lambda _: "127.0.0.1",
    "left out, or localhost": lambda _: "",
    "host, or host:port": lambda port: f"127.0.0.1:{port}",
    "absolute path, or URL": lambda port: f"http://127.0.0.1:{port}/",
}
TCP = ("host:port", "URL", "absolute path, or URL")
WITH_PORT = [kind for kind in KINDS if registry.load(kind).target in TCP]
# Kinds that wait for something here: icmp has nothing to wait for where it may not send.
WAITING = [kind for kind in KINDS if kind != "icmp" or peers.may_send_echo()]
# Settings that make a probe of this kind quick, or wait for an answer that never comes.
QUICK: dict[str, dict[str, Any]] = {
    "icmp": {"count": 1},
    "host": {"window": "1ms"},
    "snmp": {"wait": "1ms", "retries": 0},
}
PATIENT: dict[str, dict[str, Any]] = {
    "tcp": {"expect": "never said"},
    "icmp": {"count": 20, "spacing": "1m"},
    "host": {"window": "1h"},
    "snmp": {"wait": "1h"},
}


def made(kind: str, mapping: dict[str, Any]) -> tuple[AnyProbe, msgspec.Struct]:
    probe = registry.load(kind)
    return probe, peers.read(kind, mapping)


def target_of(probe: AnyProbe, port: int) -> str:
    return TARGETS[probe.target](port)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_explains_itself(kind: str) -> None:
    module, probe = registry.module(kind), registry.load(kind)
    assert isinstance(probe, Probe)
    assert len((module.__doc__ or "").split()) >= 15
    assert probe.target in TARGETS
    for setting in settings_of(probe.settings):
        assert setting.description, f"{kind}.{setting.name} has no description"
        assert setting.type, f"{kind}.{setting.name} has no type"
    assert probe.settings() == probe.settings(), "every setting of the kind has a default"


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_in_a_kind_run_and_its_judge_has_one(kind: str) -> None:
    module = registry.module(kind)
    assert ">>> " in (registry.load(kind).judge.__doc__ or "")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("kind", KINDS)
def test_settings_refuse_an_unknown_key_and_cannot_be_changed(kind: str) -> None:
    probe = registry.load(kind)
    assert probe.settings.__struct_config__.frozen
    assert probe.settings.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("kind", KINDS)
def test_a_judge_is_pure(kind: str) -> None:
    async def scene() -> tuple[AnyProbe, Any, Any]:
        probe, settings = made(kind, QUICK.get(kind, {}))
        try:
            target = target_of(probe, peers.closed_port())
            return probe, settings, await observe(probe, target, settings, peers.LONG)
        finally:
            await probe.aclose()

    probe, settings, observation = asyncio.run(scene())
    assert not inspect.iscoroutinefunction(probe.judge)
    before = repr(observation)
    assert probe.judge(observation, settings) == probe.judge(observation, settings)
    assert repr(observation) == before
    assert observation.__struct_config__.frozen


@pytest.mark.parametrize("kind", WITH_PORT)
def test_a_closed_port_is_critical_and_no_exception(kind: str) -> None:
    async def scene() -> None:
        probe = registry.load(kind)
        verdict = await peers.asked(kind, target_of(probe, peers.closed_port()))
        assert (verdict.status, verdict.text) == (Status.CRITICAL, "refused")

    asyncio.run(scene())


@pytest.mark.parametrize("kind", KINDS)
def test_a_deadline_that_passes_is_a_verdict_that_names_it(kind: str) -> None:
    probe = registry.load(kind)
    verdict = probe.judge(probe.silent(3.0), probe.settings())
    assert verdict.status in (Status.CRITICAL, Status.UNKNOWN)
    assert "3 s" in verdict.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["a b", "x" * 300, "http://", "[::1", "nobody@example:80", "a:b:80", "\x1b[2J:80"])
def test_a_target_that_cannot_be_asked_is_refused_before_and_while_asking(kind: str, target: str) -> None:
    probe = registry.load(kind)
    with pytest.raises(Unusable) as refusal:
        probe.check(target)
    assert "\x1b" not in str(refusal.value)
    with pytest.raises(Unusable):
        asyncio.run(probe.probe(target, probe.settings()))


@pytest.mark.parametrize("kind", WAITING)
def test_cancelling_a_probe_ends_it_and_closes_what_it_opened(kind: str) -> None:
    async def scene() -> None:
        probe, settings = made(kind, PATIENT.get(kind, {}))
        async with peers.serving(peers.silent) as port:
            target = target_of(probe, port)
            await _cancelled(probe, target, settings)
            await _settled()
            before = peers.open_files()
            for _ in range(10):
                await _cancelled(probe, target, settings)
            await _settled()
            assert await peers.eventually(lambda: peers.open_files() <= before), "files stay open after cancellation"
        await probe.aclose()

    asyncio.run(scene())


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_probes_leave_no_file_open(kind: str) -> None:
    async def scene() -> None:
        probe, settings = made(kind, QUICK.get(kind, {}))
        answer = peers.http_response(b"fine")
        async with peers.serving(peers.answering(answer) if "URL" in probe.target else peers.saying()) as port:
            for target in (target_of(probe, port), target_of(probe, peers.closed_port())):
                await probe.probe(target, settings)
                await _settled()
                before = peers.open_files()
                for _ in range(20):
                    await asyncio.gather(*(probe.probe(target, settings) for _ in range(10)))
                assert await peers.eventually(lambda: peers.open_files() <= before), "files stay open"  # noqa: B023
        await probe.aclose()

    asyncio.run(scene())


def test_an_agent_that_only_connects_pings_and_looks_at_its_host_loads_nothing_heavy() -> None:
    code = (
        "import sys; from probes import registry; from probes.settings import read\n"
        "for kind in ('tcp', 'icmp', 'host'): read(kind, {})\n"
        "heavy = {'aiohttp', 'pysnmp', 'cryptography', 'prometheus_client', 'tenacity'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_reference_page_is_what_the_kinds_say(pytestconfig: pytest.Config) -> None:
    """When this fails: python -m probes.document > docs/probes.md"""
    assert (pytestconfig.rootpath / "docs" / "probes.md").read_text() == document()


async def _cancelled(probe: AnyProbe, target: str, settings: msgspec.Struct) -> None:
    task = asyncio.ensure_future(_awaited(probe.probe(target, settings)))
    await asyncio.sleep(0.02)
    assert not task.done(), "the probe should still wait here"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _awaited(asking: Awaitable[Any]) -> None:
    await asking


async def _settled() -> None:
    """Servers notice a closed connection a few turns of the loop later."""
    await asyncio.sleep(0.05)
