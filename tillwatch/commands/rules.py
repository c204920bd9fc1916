"""`tillwatch rules`: checks a policy or a scenario file, and plays scenarios in virtual time. No server is asked."""

import argparse
import json
import sys
from pathlib import Path

import msgspec

from rules import check, scenario
from tillwatch.colour import painted
from tillwatch.failure import CommandFailed
from tillwatch.table import plain

NAME = "rules"
HELP = "check a policy or scenario file, play the scenarios of a folder"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    checking = actions.add_parser("check", help="say everything that is wrong with a policy or a scenario file")
    checking.add_argument("file", type=Path, metavar="FILE", help="a policy, or a scenario (it has steps)")
    checking.set_defaults(action=_check)
    testing = actions.add_parser("test", help="play the scenario files of a folder in virtual time")
    testing.add_argument("folder", type=Path, metavar="DIR", help="folder with scenario files, searched in depth")
    testing.add_argument("--json", action="store_true", help="one JSON object: each file's failures")
    testing.set_defaults(action=_test)


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


def _check(options: argparse.Namespace) -> int:
    checked = check.check(options.file)
    for mistake in checked.mistakes:
        print(mistake, file=sys.stderr)
    if not checked.mistakes:
        print(f"{options.file}: a {checked.kind}, fine")
    return 2 if checked.mistakes else 0


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
