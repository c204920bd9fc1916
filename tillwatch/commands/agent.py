"""`tillwatch agent run|check|status|config`: the agent of one host."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge_agent import config as agent_config
from edge_agent import status as agent_status
from edge_agent.app import Agent
from edge_agent.clocks import HostClock
from edge_agent.config import Check, Config
from edge_agent.judge import Measurement
from edge_agent.log import LogInUse
from edge_agent.runner import Runner
from edge_agent.status import AgentStatus
from tillwatch.failure import CommandFailed

NAME = "agent"
HELP = "the agent of one host: run it, check its configuration, see how it is"

SILENT_PULSES = 3  # a status file older than so many pulses is of an agent that does not run


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about in (
        ("run", "watch, until SIGINT or SIGTERM"),
        ("check", "run every check once, now, and print what it says"),
        ("status", "how the agent of this host is: what is pending, what is believed, what went wrong"),
        ("config", "print the configuration in force, defaults filled in"),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("--config", required=True, type=Path, metavar="FILE", help="the agent's agent.yaml")
        if name in ("check", "status"):
            action.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """0; 1 when a check is not ok, or the agent does not run or has trouble. Raises for a wrong configuration."""
    config = agent_config.read(options.config)
    match options.action:
        case "run":
            return _run(options.config, config)
        case "check":
            return _check(options.config, config, as_json=options.json)
        case "status":
            return _status(config, as_json=options.json)
        case _:
            from edge_agent import effective  # noqa: PLC0415 - an agent that runs has no use for it

            print(effective.text(config), end="")
            return 0


def _run(path: Path, config: Config) -> int:
    _refuse_unreadable(path, config)
    from tillwatch import systemd  # noqa: PLC0415
    from tillwatch.signals import stop_event  # noqa: PLC0415

    async def until_stopped() -> None:
        agent = Agent(config)
        with stop_event() as stop:
            async with systemd.told(agent.signs, stop):
                await agent.run(stop)

    try:
        asyncio.run(until_stopped())
    except LogInUse as error:
        raise CommandFailed(str(error), code=2) from error
    return 0


def _check(path: Path, config: Config, *, as_json: bool) -> int:
    _refuse_unreadable(path, config)
    measurements = asyncio.run(_measured_once(config))
    rows = list(zip(config.checks, measurements, strict=True))
    if as_json:
        _print_json(
            [
                {"check": check.key, "probe": check.kind, "target": check.target, "status": m.status.word, "ms": m.ms}
                | {"text": m.text}
                for check, m in rows
            ]
        )
    else:
        cells = [(c.key, c.kind, c.target, m.status.word, f"{m.ms:.1f}", m.text) for c, m in rows]
        _print_table(("check", "probe", "target", "status", "ms", "why"), cells)
    return int(any(measurement.status for measurement in measurements))


async def _measured_once(config: Config) -> list[Measurement]:
    runner = Runner(config.document.concurrency, HostClock())
    try:
        return await asyncio.gather(*(runner.measure(check) for check in config.checks))
    finally:
        for check in _one_of_each_kind(config.checks):
            await check.probe.aclose()


def _one_of_each_kind(checks: Sequence[Check]) -> list[Check]:
    return list({check.kind: check for check in checks}.values())


def _status(config: Config, *, as_json: bool) -> int:
    path = agent_status.path_for(Path(config.document.log.path))
    try:
        report = agent_status.read(path)
    except FileNotFoundError:
        raise CommandFailed(f"{path} does not exist: the agent has not run here yet") from None
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    silent = max(0.0, HostClock().stamp().wall - report.at)
    runs = silent < SILENT_PULSES * report.pulse + 1 and _is_alive(report.pid)
    if as_json:
        import msgspec  # noqa: PLC0415

        _print_json({"running": runs, **msgspec.to_builtins(report)})
    else:
        print("\n".join(_lines(report, runs, silent, config.fingerprint)))
        cells = [
            (
                one.check,
                "-" if one.state is None else one.state.word,
                "-" if one.measured is None else one.measured.word,
                "-" if one.measured_at is None else f"{max(0.0, report.at - one.measured_at):.0f} s",
                one.text,
            )
            for one in report.checks
        ]
        _print_table(("check", "believed", "measured", "age", "why"), cells)
    return 0 if runs and report.connected and not report.log_trouble and not report.unanswered else 1


def _lines(report: AgentStatus, runs: bool, silent: float, fingerprint: str) -> list[str]:
    from tillwatch.instants import rfc3339  # noqa: PLC0415

    lines = [
        f"agent {report.agent} of store {report.store}, version {report.version}",
        f"running: {'yes' if runs else 'no'}, said {silent:.0f} s ago (process {report.pid})",
        f"broker: {'connected' if report.connected else 'not connected'}; the collector's last acknowledgement: "
        + ("none yet" if report.last_ack is None else rfc3339(report.last_ack)),
        f"records: {report.pending} pending, {report.unacknowledged} of them sent and not acknowledged, "
        f"{report.dropped} dropped for good",
    ]
    if report.unanswered:
        lines.append(f"state: {agent_status.NOT_ACKNOWLEDGED}; so for {report.unanswered:.0f} s")
    if report.offset is not None:
        lines.append(
            f"clock: {abs(report.offset):.3f} s {'behind' if report.offset > 0 else 'ahead of'} the collector's, "
            f"give or take {report.offset_doubt:.3f} s"
        )
    if report.log_trouble:
        lines.append(f"log: {report.log_trouble}")
    if report.config != fingerprint:
        lines.append("configuration: changed since the agent started")
    for trouble in report.troubles:
        times = f" ({trouble.count} times)" if trouble.count > 1 else ""
        lines.append(f"{rfc3339(trouble.at)}  {trouble.text}{times}")
    return lines


def _refuse_unreadable(path: Path, config: Config) -> None:
    mistakes = [f"{path}: {where}: {text}" for where, text in agent_config.unreadable(config.document)]
    if mistakes:
        print("\n".join(mistakes), file=sys.stderr)
        raise SystemExit(2)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from tillwatch.table import table  # noqa: PLC0415

    print(table(headings, rows))


def _print_json(value: object) -> None:
    import json  # noqa: PLC0415

    print(json.dumps(value, indent=2))
