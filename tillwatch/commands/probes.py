"""`tillwatch probes`: the kinds of probe and their settings."""

import argparse
import sys
from collections.abc import Iterator

import msgspec

from probes import registry
from probes.schema import Setting, settings_of

NAME = "probes"
HELP = "the kinds of probe and their settings"


class Kind(msgspec.Struct, frozen=True):
    kind: str
    target: str
    about: str
    settings: list[Setting]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kinds", metavar="KIND", nargs="*", help="only these kinds, with all that is known of them")
    parser.add_argument("--json", action="store_true", help="print a JSON array")


def run(options: argparse.Namespace) -> int:
    """0, or 2 when a kind is not known or not installed."""
    try:
        kinds = [_kind(name) for name in options.kinds or registry.kinds()]
    except (registry.UnknownKind, registry.KindNotInstalled) as error:
        print(f"tillwatch probes: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(msgspec.json.encode(kinds).decode())
    else:
        print("\n\n".join("\n".join(_lines(kind)) for kind in kinds))
    return 0


def _kind(name: str) -> Kind:
    probe = registry.load(name)
    return Kind(name, probe.target, (registry.module(name).__doc__ or "").strip(), settings_of(probe.settings))


def _lines(kind: Kind) -> Iterator[str]:
    yield f"{kind.kind}  (target: {kind.target})"
    yield from (f"  {line}".rstrip() for line in kind.about.splitlines())
    width = max(len(setting.name) for setting in kind.settings)
    for setting in kind.settings:
        default = "required" if setting.required else setting.default or "unset"
        yield f"    {setting.name:{width}}  {setting.description} [{setting.type}; {default}]"
