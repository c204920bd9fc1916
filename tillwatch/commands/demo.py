"""`tillwatch demo`: a small chain with real sockets and simulated stores, scripted faults, and what comes of them."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from tillwatch.failure import CommandFailed

NAME = "demo"
HELP = "a simulated chain, scripted faults, and the incidents that come of them"
CONSOLE = 8420


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stores", type=_count, default=50, metavar="N", help="simulated stores (default 50)")
    parser.add_argument("--scenario", metavar="NAME", help="play only this one (default: all, in order)")
    parser.add_argument(
        "--speed", type=_factor, default=60.0, metavar="X", help="divide every duration of the policy by X (default 60)"
    )
    parser.add_argument(
        "--exit", action="store_true", help="play once and end: 0 when every incident came as expected, else 1"
    )
    parser.add_argument(
        "--port", type=_port, default=CONSOLE, metavar="PORT", help=f"of the console (default {CONSOLE}; 0: a free one)"
    )


def run(options: argparse.Namespace) -> int:
    from tillwatch import broker  # noqa: PLC0415 - help needs neither broker nor collector
    from tillwatch.demo import layout, scenario  # noqa: PLC0415
    from tillwatch.demo import run as demo  # noqa: PLC0415
    from tillwatch.ports import LOOPBACK, demand_free, free_port  # noqa: PLC0415
    from tillwatch.signals import end_in_order  # noqa: PLC0415

    end_in_order()
    scenarios = scenario.read(list(layout.devices()))
    names = list(scenarios)
    if options.scenario and options.scenario not in scenarios:
        raise CommandFailed(f"--scenario: found {options.scenario!r}, expected one of {', '.join(names)}", 2)
    port = options.port or free_port()
    demand_free(f"{LOOPBACK}:{port}", "choose another with --port, or --port 0 for a free one")
    chosen = [options.scenario] if options.scenario else names
    acts = [scenario.Act(name, scenario.fewer_stores(scenarios[name], options.stores)) for name in chosen]
    with (
        tempfile.TemporaryDirectory(prefix="tillwatch-demo-") as folder,
        broker.running(Path(folder, "broker")) as line,
    ):
        plan = demo.Plan(acts, options.stores, options.speed, once=options.exit, port=port, folder=Path(folder))
        return asyncio.run(demo.run(plan, line))


def _count(text: str) -> int:
    return int(_within(text, 0, 500))


def _factor(text: str) -> float:
    return _within(text, 1, 600)


def _port(text: str) -> int:
    return int(_within(text, 0, 65_535))


def _within(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"found {text}, expected {least} to {most}")
    return number
