"""`tillwatch rules`: checks policies and scenarios, plays scenarios, runs a journal again. No server is asked."""

import argparse
import json
import os
from pathlib import Path

import msgspec

from rules.rehearsal import scenario
from tillwatch import rules_check
from tillwatch.colour import painted
from tillwatch.failure import CommandFailed
from tillwatch.table import plain

NAME = "rules"
_JOBS = range(1, 65)
_CORES = min(os.cpu_count() or 1, _JOBS[-1])
_SIDE_BY_SIDE = (
    "segments of a database's journal run side by side, each with an engine's memory (default: the processors)"
)
HELP = "check a policy or scenario file, play the scenarios of a folder, run a journal again"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking = actions.add_parser("check", help="say everything that is wrong with a policy or a scenario file")
    rules_check.arguments(checking)
    checking.set_defaults(action=rules_check.run)
    testing = actions.add_parser("test", help="play the scenario files of a folder in virtual time")
    testing.add_argument("folder", type=Path, metavar="DIR", help="folder with scenario files, searched in depth")
    testing.add_argument("--json", action="store_true", help="one JSON object: each file's failures")
    testing.set_defaults(action=_test)
    replaying = actions.add_parser("replay", help="run a journal again: the same decisions, or those of another policy")
    replaying.add_argument("--journal", required=True, metavar="DB", help="a collector.yaml, a database or an export")
    replaying.add_argument("--policy", metavar="FILE", help="judge by this policy instead, and say what differs")
    replaying.add_argument("--jobs", type=int, choices=_JOBS, default=_CORES, metavar="N", help=_SIDE_BY_SIDE)
    replaying.add_argument("--json", action="store_true", help="one JSON object, with every difference")
    replaying.set_defaults(action=_replay)


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


def _replay(options: argparse.Namespace) -> int:
    from tillwatch import rules_replay  # noqa: PLC0415 - the others need no collector and no database

    return rules_replay.run(options)


def _test(options: argparse.Namespace) -> int:
    files = scenario.files(options.folder) if options.folder.is_dir() else []
    if not files:
        raise CommandFailed(f"{options.folder}: no scenario files (*.yaml) in it", 2)
    failures = {str(file): scenario.run(scenario.read(file)) for file in files}
    failed = sum(map(bool, failures.values()))
    if options.json:
        print(json.dumps({file: msgspec.to_builtins(found) for file, found in failures.items()}, indent=2))
    else:
        print("\n".join(line for file, found in failures.items() for line in _outcome(file, found)))
        print(f"{len(files) - failed} of {len(files)} scenarios as expected")
    return 1 if failed else 0


def _outcome(file: str, failures: list[scenario.Failure]) -> list[str]:
    word = painted("differs", "red") if failures else painted("fine", "green")
    return [f"{file}: {word}", *(f"  step {one.step}: {plain(one.text, 1000)}" for one in failures)]
