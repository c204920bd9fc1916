"""`tillwatch collector run|migrate|backup|restore --config collector.yaml`."""

import argparse
import asyncio
import gc
import logging
import signal
import sys
from pathlib import Path

from collector.app import Collector
from collector.auth import ExposedError
from collector.config import Config, read
from collector.database import DatabaseError, TooNew, opened, upgrade
from collector.database.backup import BackupFailed, backup, replace, restore
from collector.http.serving import Serving
from contract.documents import DocumentError
from tillwatch import systemd
from tillwatch.collector_signs import signs_of_life
from tillwatch.signals import stop_event

NAME = "collector"
HELP = "receive what agents say, decide, and serve people: run, migrate, backup, restore"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="run|migrate|backup|restore")
    for action, text in (
        ("run", "run until stopped"),
        ("migrate", "bring the database to this release"),
        ("backup", "write a consistent copy of the database, also while the collector runs"),
        ("restore", "put a backup in the place of the database, while no collector runs"),
    ):
        one = actions.add_parser(action, help=text, description=text)
        one.add_argument("--config", required=True, type=Path, help="path of collector.yaml")
        if action == "backup":
            one.add_argument("target", type=Path, help="file to write; it must not exist yet")
        if action == "restore":
            one.add_argument("source", type=Path, help="a file that `backup` wrote")
            one.add_argument("--replace", action="store_true", help="the present database may be overwritten")


def run(options: argparse.Namespace) -> int:
    """0: done. 1: it could not be done. 2: the configuration is wrong."""
    try:
        config = read(options.config)
        return {"run": _run, "migrate": _migrate, "backup": _backup, "restore": _restore}[options.action](
            config, options
        )
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2


def _run(config: Config, _options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return asyncio.run(_until_signalled(config))


# Almost nothing that a collector keeps can be part of a cycle, and there is a lot of it: with Python's own numbers, a
# seventh of the CPU went into looking for cycles.
GARBAGE_THRESHOLDS = (50_000, 20, 50)


async def _until_signalled(config: Config) -> int:
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    serving = Serving()
    try:
        collector = Collector(config, serving)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, collector.reloading.ask)
        with stop_event() as stop:
            async with systemd.told(lambda: signs_of_life(collector, serving), stop):
                await collector.run(stop)
    except (DatabaseError, ExposedError, TooNew, OSError) as error:
        print(f"the collector cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _migrate(config: Config, _options: argparse.Namespace) -> int:
    try:
        database = opened(config.database)
        before, after = upgrade(database)
        database.close()
    except (DatabaseError, TooNew, OSError) as error:
        print(f"not migrated: {error}", file=sys.stderr)
        return 1
    print(f"at revision {after}" if before == after else f"from revision {before or 'none'} to {after}")
    return 0


def _backup(config: Config, options: argparse.Namespace) -> int:
    try:
        size = backup(config.database, options.target)
    except (BackupFailed, OSError) as error:
        print(f"no backup: {error}", file=sys.stderr)
        return 1
    print(f"{options.target}: {size} bytes")
    return 0


def _restore(config: Config, options: argparse.Namespace) -> int:
    try:
        (replace if options.replace else restore)(config.database, options.source)
    except (BackupFailed, OSError) as error:
        print(f"not restored: {error}", file=sys.stderr)
        return 1
    print("restored; agents send what is newer again, as far as their logs reach back")
    return 0
