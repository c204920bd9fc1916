"""What the doctor asks of an agent's host. Names are what `--skip` takes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from contract import credentials
from contract.broker import Broker, with_files
from contract.topics import agent_subscriptions
from edge_agent import config as agent_config
from edge_agent import status as agent_status
from edge_agent.config import AgentDocument
from edge_agent.status import AgentStatus
from tillwatch.doctor import clock, disk, files, forging, line
from tillwatch.doctor.finding import Finding, failed, ok, warning
from tillwatch.doctor.forging import Observer

SILENT_PULSES = 3


class AgentHost(NamedTuple):
    """What is examined: a valid agent.yaml, and who listens while we forge."""

    path: Path
    document: AgentDocument
    observer: Observer | None = None

    @property
    def broker(self) -> Broker:
        return with_files(self.document.broker, credentials.located)

    @property
    def status(self) -> AgentStatus | None:
        """What the agent said last; None when it says nothing now."""
        try:
            said = agent_status.read(agent_status.path_for(Path(self.document.log.path)))
        except (OSError, ValueError):
            return None
        return said if time.time() - said.at < SILENT_PULSES * said.pulse + 1 else None


def read(path: Path, observer: Observer | None) -> AgentHost:
    """Raises DocumentError."""
    return AgentHost(path, agent_config.read(path).document, observer)


def _configuration(host: AgentHost) -> Iterator[Finding]:
    yield files.settings(host.path)
    yield from line.secrets(host.broker)


def _certificate(host: AgentHost) -> Iterator[Finding]:
    yield from line.own_certificate(host.broker, host.document.agent)


def _broker(host: AgentHost) -> Iterator[Finding]:
    reached = list(line.reached(host.broker))
    yield from reached
    if not any(finding.level == "failed" for finding in reached):
        agent = host.document.agent
        yield from line.admitted(host.broker, f"{agent}-doctor", agent_subscriptions(agent))


def _forging(host: AgentHost) -> Iterator[Finding]:
    broker, agent = host.broker, host.document.agent
    yield from forging.let_in(broker)
    yield from forging.evicted(broker, agent)
    yield from forging.overheard(broker, agent)
    yield from forging.forged(broker, agent, host.observer)


def _log(host: AgentHost) -> Iterator[Finding]:
    path, most = Path(host.document.log.path), int(host.document.log.max_size)
    size = path.stat().st_size if path.exists() else 0
    yield from disk.room(path.parent, max(0, most - size))


def _running(host: AgentHost) -> Iterator[Finding]:
    said = host.status
    if said is None:
        yield warning("the agent does not run here", "systemctl start the agent, and see its journal")
    elif not said.connected:
        why = said.troubles[-1].text if said.troubles else "it does not say why"
        yield failed(f"the agent has no line to the broker: {why}", "see the check `broker`; nothing is lost meanwhile")
    elif said.log_trouble:
        yield failed(f"the agent cannot write its log: {said.log_trouble}", "see the check `log`")
    elif said.unanswered:
        text = (
            f"for {said.unanswered:.0f} s the collector has not acknowledged what is sent; {said.pending} records wait"
        )
        yield warning(text, "see that the collector runs and that the ACL lets this agent publish; nothing is deleted")
    else:
        yield ok(f"the agent runs and is connected; {said.pending} records wait")


def _clock(host: AgentHost) -> Iterator[Finding]:
    said = host.status
    yield clock.synchronised() if said is None or said.offset is None else clock.against_collector(said.offset)


CHECKS: dict[str, Callable[[AgentHost], Iterator[Finding]]] = {
    "configuration": _configuration,
    "running": _running,  # before what disturbs its line
    "certificate": _certificate,
    "broker": _broker,
    "forging": _forging,
    "log": _log,
    "clock": _clock,
}
