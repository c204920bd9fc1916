"""`tillwatch probe KIND TARGET`: asks one device once, from here, and shows what came back and what it means."""

import argparse
import asyncio
import sys
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from contract.documents import DocumentError, Mistake, load
from contract.status import Status
from contract.units import duration
from probes import registry
from probes.probe import AnyProbe, Unusable, Verdict, observe
from probes.schema import written
from probes.settings import read
from probes.text import cleaned, cleaned_bytes

NAME = "probe"
HELP = "ask one device, once, from here"

_COLOUR = {Status.OK: 32, Status.WARNING: 33, Status.CRITICAL: 31, Status.UNKNOWN: 35}
_SHOWN = 500  # characters of any one part of an observation


class Asked(NamedTuple):
    """One probe, from its settings to its verdict."""

    kind: str
    target: str
    settings: msgspec.Struct
    observation: msgspec.Struct
    verdict: Verdict
    ms: float


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help="a kind of probe; `tillwatch probes` lists them")
    parser.add_argument("target", metavar="TARGET", nargs="?", default="", help="what to ask, such as 10.0.42.11:8443")
    parser.add_argument(
        "-s",
        "--set",
        dest="settings",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a setting, its value written as in agent.yaml: -s expect_status=200 -s 'disks=[/, /var]'",
    )
    parser.add_argument("--timeout", metavar="TIME", type=_duration, default=3.0, help="how long to wait (3s)")
    parser.add_argument("--explain", action="store_true", help="show the settings in force and what was observed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """0 when the verdict is ok, 1 when it is anything else, 2 when this cannot be asked."""
    try:
        probe = registry.load(options.kind)
        settings = read(options.kind, _mapping(options.settings))
        probe.check(options.target)
        asked = asyncio.run(_asked(options.kind, probe, options.target, settings, options.timeout))
    except (registry.UnknownKind, registry.KindNotInstalled, DocumentError, Unusable) as error:
        print(f"tillwatch probe: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(msgspec.json.encode(_plain(asked)).decode())
    else:
        print("\n".join(_explained(asked) if options.explain else [_line(asked)]))
    return 0 if asked.verdict.status is Status.OK else 1


async def _asked(kind: str, probe: AnyProbe, target: str, settings: msgspec.Struct, within: float) -> Asked:
    began = perf_counter()
    try:
        observation = await observe(probe, target, settings, within)
        ms = (perf_counter() - began) * 1000
        return Asked(kind, target, settings, observation, probe.judge(observation, settings), ms)
    finally:
        await probe.aclose()


def _mapping(pairs: list[str]) -> dict[str, Any]:
    """`KEY=VALUE` pairs as the mapping that agent.yaml would hold. Raises DocumentError."""
    return dict(item for pair in pairs for item in _pair(pair))


def _pair(pair: str) -> list[tuple[str, Any]]:
    key, equals, value = pair.partition("=")
    if not equals or not key.isidentifier():
        raise DocumentError(f"-s {pair}", [Mistake(0, "", "expected KEY=VALUE")])
    return list(load(f"{key}: {value}", f"-s {pair}").data.items())


def _line(asked: Asked) -> str:
    values = " ".join(f"{name}={value:g}" for name, value in asked.verdict.values.items())
    what = " ".join(part for part in (asked.kind, cleaned(asked.target)) if part)
    return "  ".join(part for part in (_word(asked.verdict.status), what, asked.verdict.text, values) if part)


def _explained(asked: Asked) -> list[str]:
    settings = msgspec.structs.asdict(asked.settings)
    defaults = msgspec.structs.asdict(type(asked.settings)())
    return [
        f"settings of {asked.kind}",
        *(
            f"  {name}: {written(value) or 'unset'}{'' if value == defaults[name] else '   (set)'}"
            for name, value in settings.items()
        ),
        f"observed in {asked.ms:.1f} ms",
        *(f"  {name}: {_shown(value)}" for name, value in msgspec.structs.asdict(asked.observation).items()),
        "judged",
        f"  {_line(asked)}",
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return repr(cleaned_bytes(value, _SHOWN))
    return cleaned(msgspec.json.encode(value).decode(), _SHOWN)


def _plain(asked: Asked) -> dict[str, Any]:
    observation = msgspec.structs.asdict(asked.observation)
    return {
        "kind": asked.kind,
        "target": asked.target,
        "status": asked.verdict.status.word,
        "text": asked.verdict.text,
        "values": asked.verdict.values,
        "ms": round(asked.ms, 3),
        "settings": msgspec.to_builtins(asked.settings, enc_hook=written),
        "observation": {
            name: cleaned_bytes(value, _SHOWN) if isinstance(value, bytes) else value
            for name, value in observation.items()
        },
    }


def _word(status: Status) -> str:
    return f"\x1b[{_COLOUR[status]}m{status.word}\x1b[0m" if sys.stdout.isatty() else status.word


def _duration(text: str) -> float:
    try:
        return duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
