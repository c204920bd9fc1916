"""`tillwatch cmdb check FILE`: every mistake in a CMDB file, each with its line, before a collector refuses it."""

import argparse
from pathlib import Path

NAME = "cmdb"
HELP = "check a CMDB file"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say everything that is wrong with a CMDB file")
    check.add_argument("file", type=Path, metavar="FILE", help="cmdb.yaml")
    check.set_defaults(action=_check)


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


def _check(options: argparse.Namespace) -> int:
    from collector.cmdb import read_yaml  # noqa: PLC0415 - `--help` needs no collector

    document = read_yaml(options.file)
    print(f"{options.file}: fine; stores: {len(document.get('stores', []))}, items: {len(document.get('items', []))}")
    return 0
