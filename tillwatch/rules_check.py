"""`tillwatch rules check`: mistakes in a policy or a scenario, and what is hardly meant as it is."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contract import documents
from rules.given import doubts, policy
from rules.given.cmdb import CmdbDocument
from rules.given.doubts import Doubt
from rules.given.estate import Estate
from rules.given.policy import Policy
from rules.planned.window import Window
from rules.rehearsal import check
from tillwatch.failure import CommandFailed
from tillwatch.table import plain

_LONGEST = 1_000


class Placed(NamedTuple):
    """A doubt with where a person finds it: `file:line`, or the file alone."""

    where: str
    doubt: Doubt


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a policy, or a scenario (it has steps)")
    parser.add_argument(
        "--cmdb", action="append", type=Path, default=[], metavar="FILE", help="with this CMDB; may be repeated"
    )
    parser.add_argument("--windows", metavar="DB", help="and the windows that this collector's database holds")
    parser.add_argument("--json", action="store_true", help="one JSON object: mistakes and doubts")


def run(options: argparse.Namespace) -> int:
    """0: fine. 1: something is hardly meant as it is. 2: there are mistakes. Raises DocumentError for the CMDB's."""
    checked = check.check(options.file)
    if checked.kind == "scenario" and (options.cmdb or options.windows):
        raise CommandFailed("a scenario has a CMDB of its own: --cmdb and --windows are for a policy", 2)
    found = list(_placed(options)) if checked.kind == "policy" and not checked.mistakes else []
    if options.json:
        told = [{"at": one.where, "level": one.doubt.level, "text": one.doubt.text} for one in found]
        print(json.dumps({"kind": checked.kind, "mistakes": checked.mistakes, "doubts": told}, indent=2))
    else:
        for mistake in checked.mistakes:
            print(mistake, file=sys.stderr)
        for one in found:
            print(f"{one.where}: {one.doubt.level}: {plain(one.doubt.text, _LONGEST)}")
        if not checked.mistakes:
            word = "hardly meant so" if _fails(found) else "fine"
            print(f"{options.file}: a {checked.kind}, {word}")
    return 2 if checked.mistakes else 1 if _fails(found) else 0


def _fails(found: list[Placed]) -> bool:
    return any(one.doubt.level == "doubt" for one in found)


def _placed(options: argparse.Namespace) -> Iterator[Placed]:
    loaded = documents.load(documents.text_of(options.file), str(options.file))
    known = policy.checked(loaded, str(options.file))
    yield from _at(str(options.file), loaded.lines, doubts.of_policy(known))
    document = CmdbDocument()
    if options.cmdb:
        from collector import cmdb  # noqa: PLC0415 - a policy alone is checked where there is no collector

        read = cmdb.together(options.cmdb)
        document = read.document
        yield from _at(str(options.file), loaded.lines, doubts.of_policy_with(known, document))
        yield from _at(read.name, read.lines, doubts.of_cmdb(known, document))
    if options.windows:
        yield from _at(options.windows, {}, _of_windows(options.windows, known, document))


def _of_windows(database: str, known: Policy, document: CmdbDocument) -> list[Doubt]:
    from collector.database.decisions import rows_of  # noqa: PLC0415
    from rules.rows import restore  # noqa: PLC0415
    from tillwatch import journals  # noqa: PLC0415

    with journals.connected(database) as connection:
        windows: list[Window] = list(restore(rows_of(connection, "windows")).windows.values())
    return doubts.of_windows(windows, Estate(known, document))


def _at(name: str, lines: dict[str, int], found: list[Doubt]) -> Iterator[Placed]:
    for doubt in found:
        line = documents.line_of(lines, doubt.path)
        yield Placed(f"{name}:{line}" if line else name, doubt)
