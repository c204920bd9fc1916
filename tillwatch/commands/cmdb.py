"""`tillwatch cmdb check|import|disputes|export`: a CMDB's mistakes, lists into it, and the agents' files out of it."""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tillwatch import api
from tillwatch.failure import CommandFailed
from tillwatch.instants import clock
from tillwatch.table import plain, table

if TYPE_CHECKING:
    from collector.cmdb import Cmdb
    from tillwatch.cmdb.writing import Change

NAME = "cmdb"
HELP = "check a CMDB, import lists into it, export agents' files, inventory and ACL from it"

STDOUT = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say everything that is wrong with a CMDB file")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help="cmdb.yaml; several are one CMDB")
    check.set_defaults(action=_check)
    take = actions.add_parser("import", help="take a list of stores or items into a CMDB file")
    take.add_argument("list", type=Path, metavar="LIST", help="a .csv with our keys as columns, or YAML")
    take.add_argument("--into", type=Path, required=True, metavar="FILE", help="cmdb.yaml; made when it is missing")
    take.add_argument("--remove", action="store_true", help="remove what the list does not have")
    take.add_argument("--dry-run", action="store_true", help="write nothing, show what would change")
    take.set_defaults(action=_import)
    disputes = actions.add_parser("disputes", help="what evidence has said against the CMDB, by a running collector")
    api.arguments(disputes)
    disputes.add_argument("--json", action="store_true", help="the data behind it as JSON")
    disputes.set_defaults(action=_disputes)
    export = actions.add_parser("export", help="write what follows from the CMDB")
    export.add_argument("files", type=Path, nargs="+", metavar="FILE", help="cmdb.yaml; several are one CMDB")
    export.add_argument("--agents", type=Path, metavar="DIR", help="write DIR/<agent>.yaml of every agent")
    export.add_argument("--base", type=Path, metavar="FILE", help="agent.yaml without store, agent and checks")
    export.add_argument("--expected", type=Path, metavar="FILE", help="write the hashes that the collector compares")
    export.add_argument("--ansible", type=Path, metavar="FILE", help="write the inventory; - for the standard output")
    export.add_argument("--acl", type=Path, metavar="FILE", help="write mosquitto's ACL; - for the standard output")
    export.add_argument("--prune", action="store_true", help="remove files of agents that are gone")
    export.add_argument("--dry-run", action="store_true", help="write nothing, show what would change")
    export.set_defaults(action=_export)


def run(options: argparse.Namespace) -> int:
    code: int = options.action(options)
    return code


# The imports are late because `--help` needs no collector.


def _check(options: argparse.Namespace) -> int:
    from collector.cmdb import together  # noqa: PLC0415

    cmdb = together(options.files)
    print(f"{_named(options.files)}: fine; stores: {len(cmdb.document.stores)}, items: {len(cmdb.document.items)}")
    _tell_unasked(cmdb)
    return 0


def _disputes(options: argparse.Namespace) -> int:
    found = api.get(api.from_options(options), "cmdb/disputes")
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    headings = ("ITEM", "WAS WELL WHILE", "FAILED", "LAST SEEN", "TIMES")
    rows = [
        (one["child"], one["parent"], clock(one["failed_at"]), clock(one["seen_at"]), one["times"])
        for one in found["items"]
    ]
    print(table(headings, rows) if rows else "Nothing that was seen speaks against the CMDB.")
    return 0


def _import(options: argparse.Namespace) -> int:
    from collector.cmdb import whole  # noqa: PLC0415
    from contract.documents import load, text_of  # noqa: PLC0415
    from tillwatch.cmdb import importing, lists, writing  # noqa: PLC0415

    before = text_of(options.into) if options.into.exists() else ""
    data = load(before, str(options.into)).data
    listed = lists.read(text_of(options.list), str(options.list))
    taken = importing.imported(data, listed, remove=options.remove)
    text = importing.text(taken.data, importing.head_of(before))
    whole(text, f"{options.into} with {options.list}")  # one mistake, and nothing changes
    for step in taken.steps:
        print(plain(f"{step.act:8} {step.kind[:-1]} {step.ref}{f': {step.text}' if step.text else ''}"))
    counts = Counter(step.act for step in taken.steps)
    print(", ".join(f"{counts[act]} {act}" for act in ("added", "changed", "removed", "missing")))
    if not options.dry_run and taken.data != data:
        writing.write(writing.changes({options.into: text}, None), prune=False)
    return 0


def _export(options: argparse.Namespace) -> int:
    from collector.cmdb import together  # noqa: PLC0415
    from tillwatch.cmdb import writing  # noqa: PLC0415

    _refuse_usage(options)
    cmdb = together(options.files)
    wanted = _wanted(options, cmdb)
    if (shown := wanted.pop(STDOUT, None)) is not None:
        print(shown, end="")
    found = writing.changes(wanted, options.agents)
    if not options.dry_run:
        writing.write(found, prune=options.prune)
    _tell(found, options)
    return 0


def _refuse_usage(options: argparse.Namespace) -> None:
    if not any((options.agents, options.expected, options.ansible, options.acl)):
        raise CommandFailed("nothing to export: give --agents, --expected, --ansible or --acl", 2)
    if (options.agents or options.expected) and options.base is None:
        raise CommandFailed("--agents and --expected need --base: what all agents' files have in common", 2)
    if options.prune and options.agents is None:
        raise CommandFailed("--prune is about the folder of --agents", 2)
    if options.ansible == STDOUT and options.acl == STDOUT:
        raise CommandFailed("only one of --ansible and --acl can be the standard output", 2)


def _wanted(options: argparse.Namespace, cmdb: "Cmdb") -> dict[Path, str]:
    """All of it is made before any of it is written: one mistake, and nothing changes."""
    from tillwatch.cmdb import acl, agents, expected, inventory  # noqa: PLC0415

    wanted: dict[Path, str] = {}
    if options.base is not None:
        made = agents.files(cmdb, agents.read_base(options.base))
        if options.agents is not None:
            wanted |= {options.agents / f"{file.agent}.yaml": file.text for file in made}
            _tell_unasked(cmdb)
        if options.expected is not None:
            wanted[options.expected] = expected.text(made)
    if options.ansible is not None:
        wanted[options.ansible] = inventory.text(cmdb)
        if names := inventory.without_address(cmdb):
            _note(f"{_some(names)}: no item with an address says `agent:`, so Ansible looks the name up")
    if options.acl is not None:
        wanted[options.acl] = acl.text(cmdb)
    return wanted


def _tell(found: "list[Change]", options: argparse.Namespace) -> None:
    from tillwatch.cmdb.writing import difference  # noqa: PLC0415

    if options.dry_run:
        for change in found:
            if change.kind in ("new", "changed") or (change.kind == "gone" and options.prune):
                _note(difference(change))
    counts = Counter(change.kind for change in found)
    told = [f"{counts[kind]} {kind}" for kind in ("new", "changed", "same", "gone") if counts[kind]]
    if told:
        _note(f"{'would be: ' if options.dry_run else ''}{', '.join(told)}")
    for kind, text in (
        ("gone", "are of no agent any more; --prune removes them"),
        ("foreign", "were not made by an export, and stay"),
    ):
        names = [str(change.path) for change in found if change.kind == kind]
        if names and not (kind == "gone" and options.prune):
            _note(f"{_some(names)} {text}")


def _tell_unasked(cmdb: "Cmdb") -> None:
    from tillwatch.cmdb import asking  # noqa: PLC0415

    missing = asking.unasked(asking.chain(cmdb))
    if cmdb.by_class and missing.classes:
        counted = [f"{klass} ({count})" for klass, count in missing.classes.items()]
        _note(f"items of these classes are asked nothing: {_some(counted)}")
    if missing.stores:
        _note(f"stores without an agent, where nobody asks: {_some(missing.stores)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _named(files: list[Path]) -> str:
    return " ".join(map(str, files))


def _note(text: str) -> None:
    """Beside what was asked for, which may go to the standard output."""
    print(text, file=sys.stderr)
