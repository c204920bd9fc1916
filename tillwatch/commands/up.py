"""`tillwatch up`: broker, collector, console and one agent watching this machine, in one process."""

import argparse
import asyncio
from pathlib import Path

NAME = "up"
HELP = "run everything in one process: broker, collector, console and an agent for this machine"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="up.yaml; without it this machine alone is watched")


def run(options: argparse.Namespace) -> int:
    from tillwatch import all_in_one, broker, up_config  # noqa: PLC0415 - help needs neither broker nor collector
    from tillwatch.ports import demand_free  # noqa: PLC0415
    from tillwatch.signals import end_in_order  # noqa: PLC0415
    from tillwatch.state_folder import held  # noqa: PLC0415

    end_in_order()
    up = up_config.read(options.config)
    demand_free(up.document.listen, "choose another with `listen` in up.yaml")
    with held(up.state), broker.running(up.state / "broker", up.document.broker_port) as running:
        return asyncio.run(all_in_one.run(up, running))
