"""`tillwatch doctor`: what is wrong with this installation and what to do."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contract.documents import DocumentError, load, text_of
from tillwatch.doctor.finding import Finding, Named, failed
from tillwatch.failure import CommandFailed
from tillwatch.table import plain, table

if TYPE_CHECKING:
    from tillwatch.doctor.forging import Observer

NAME = "doctor"
HELP = "what is wrong with this installation, and what to do: files, broker, forging, disk, database, clock"

PLACES = (Path("/etc/tillwatch/agent.yaml"), Path("/etc/tillwatch/collector.yaml"))
Host = TypeVar("Host")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        action="append",
        type=Path,
        metavar="FILE",
        help="an agent.yaml or a collector.yaml; may be repeated; default: those in /etc/tillwatch",
    )
    parser.add_argument("--skip", action="append", default=[], metavar="CHECK", help="leave a check out")
    parser.add_argument(
        "--observer",
        type=Path,
        metavar="FILE",
        help="a collector.yaml, not running: with its credential forged messages are listened for",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """0; 1 when a check failed. Raises CommandFailed when there is nothing to examine."""
    paths = options.config or [path for path in PLACES if path.exists()]
    if not paths:
        raise CommandFailed("nothing is installed in /etc/tillwatch; name a file with --config", code=2)
    found = [named for path in paths for named in _examined(path, options)]
    if options.json:
        print(json.dumps([{"check": named.check, **named.finding._asdict()} for named in found], indent=2))
    else:
        print(table(("check", "is", "what"), [(one.check, one.finding.level, one.finding.text) for one in found]))
        _print_advice(found)
    return int(any(named.finding.level == "failed" for named in found))


def _print_advice(found: list[Named]) -> None:
    """One thing to do for each, and none twice."""
    for finding in dict.fromkeys(named.finding.advice for named in found if named.finding.advice):
        print(f"to do: {plain(finding)}")


def _examined(path: Path, options: argparse.Namespace) -> Iterator[Named]:
    try:
        yield from _of_its_kind(path, options)
    except DocumentError as error:
        for mistake in str(error).splitlines():
            yield Named("configuration", failed(mistake, f"correct {path}"))


def _of_its_kind(path: Path, options: argparse.Namespace) -> Iterator[Named]:
    """What a file is for is seen by what it holds. A host with an agent only has no collector's libraries."""
    document = load(text_of(path), str(path)).data
    if isinstance(document, dict) and "agent" in document:
        from tillwatch.doctor import agent  # noqa: PLC0415

        yield from _checked(agent.CHECKS, agent.read(path, _observer(options)), options.skip)
    else:
        from tillwatch.doctor import collector  # noqa: PLC0415

        yield from _checked(collector.CHECKS, collector.read(path), options.skip)


def _observer(options: argparse.Namespace) -> "Observer | None":
    if options.observer is None:
        return None
    from tillwatch.doctor import collector  # noqa: PLC0415

    return collector.observer(options.observer)


def _checked(
    checks: Mapping[str, Callable[[Host], Iterator[Finding]]], host: Host, skipped: list[str]
) -> Iterator[Named]:
    unknown = sorted(set(skipped) - set(checks))
    if unknown:
        raise CommandFailed(f"there is no check {unknown[0]!r}; there are {', '.join(checks)}", code=2)
    for name, check in checks.items():
        if name in skipped:
            continue
        try:
            for finding in check(host):
                yield Named(name, finding)
        except Exception as error:
            # A doctor that falls over at one question must still ask the others.
            yield Named(name, failed(f"the check itself failed: {error!r}", "report this, with the text"))
