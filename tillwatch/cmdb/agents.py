"""agent.yaml of every agent, from what it asks and a base that all share. Deterministic, and each is fit to run.

What the agent's own reader would say of a file is said of the CMDB here, before anything is written.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from collector.cmdb import Cmdb
from contract.documents import DocumentError, Loaded, Mistake, convert, line_of, load, text_of
from contract.units import Duration
from edge_agent.config import AgentDocument, in_force
from rules.given.cmdb import Store
from tillwatch.cmdb import asking
from tillwatch.cmdb.asking import Asked
from tillwatch.cmdb.places import Unfilled, filled, in_a_url

HEAD = "# Made from the CMDB by `tillwatch cmdb export`, which overwrites it. Change the CMDB or the base instead.\n"
OURS = ("store", "agent", "checks")
MOST_MISTAKES = 100
_Dumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class AgentFile(NamedTuple):
    """`fingerprint` is what an agent that runs by this file says of itself in its hello."""

    agent: str
    store: Store
    text: str
    fingerprint: str


class Base(NamedTuple):
    """What all agents' files have in common: broker, log, defaults, …, with places `{agent}` and `{store}`."""

    name: str
    data: dict[str, Any]
    lines: dict[str, int]


def read_base(path: Path) -> Base:
    """Raises DocumentError."""
    return parse_base(text_of(path), str(path))


def parse_base(text: str, name: str) -> Base:
    """Only what is there that must not be: the rest is told when a file is made of it. Raises DocumentError."""
    loaded = load(text, name)
    if not isinstance(loaded.data, dict):
        raise DocumentError(name, [Mistake(1, "", "expected a mapping with broker, log, defaults, …")])
    taken = [Mistake(loaded.lines[key], key, "comes from the CMDB; leave it out") for key in OURS if key in loaded.data]
    if taken:
        raise DocumentError(name, taken)
    return Base(name, loaded.data, loaded.lines)


def files(cmdb: Cmdb, base: Base) -> list[AgentFile]:
    """Of every agent of every store, by id. Raises DocumentError with every mistake, of the CMDB or of the base."""
    chain = asking.chain(cmdb)
    _raise(cmdb.name, cmdb.lines, dict(asking.mistakes(chain)))
    told = _Told(cmdb, base, {}, {})
    asked = asking.asked(chain)
    made = [_file(agent, store, asked[agent], told) for store in chain.stores.values() for agent in store.agents]
    _raise(base.name, base.lines, told.of_base)
    _raise(cmdb.name, cmdb.lines, told.of_cmdb)
    return sorted(file for file in made if file is not None)


class _Told(NamedTuple):
    """Mistakes so far, by their path: each is told once, as it was first met, however many agents share it."""

    cmdb: Cmdb
    base: Base
    of_base: dict[str, str]
    of_cmdb: dict[str, str]

    @property
    def are_enough(self) -> bool:
        return len(self.of_base) + len(self.of_cmdb) >= MOST_MISTAKES


def _file(agent: str, store: Store, checks: Sequence[Asked], told: _Told) -> AgentFile | None:
    """None when there was a mistake, which is told."""
    if told.are_enough:
        return None
    written = [_check(one, told) for one in checks]
    try:
        common = filled(told.base.data, {"agent": agent, "store": store.id})
    except Unfilled as error:
        told.of_base[error.path] = str(error)
        return None
    if None in written:
        return None
    data = {"store": store.id, "agent": agent, **common, "checks": written}
    try:
        config = in_force(convert(Loaded(data, {}), AgentDocument, agent), {}, agent)
    except DocumentError as error:
        for mistake in error.mistakes:
            _tell(mistake, checks, told)
        return None
    text = HEAD + yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
    )
    return AgentFile(agent, store, text, config.fingerprint)


def _check(asked: Asked, told: _Told) -> dict[str, Any] | None:
    check, known = asked.check, _places(asked)
    target = check.target or (f"{{address}}:{check.port}" if check.port else "{address}")
    if check.vantage == "host" and not check.target and check.port is None:
        target = ""  # the machine itself
    if target != "{address}":
        known["address"] = in_a_url(known["address"])
    written: dict[str, Any] = {"ci": asked.item.id, "name": check.called, "probe": check.probe}
    try:
        if target:
            written["target"] = filled(target, known, "target")
        settings = filled(check.settings, known, "settings")
    except Unfilled as error:
        _tell_unfilled(error, asked, told)
        return None
    for key in ("interval", "timeout"):
        if (duration := getattr(check, key)) is not None:
            written[key] = _duration(duration)
    for key in ("confirm", "recover"):
        if (times := getattr(check, key)) is not None:
            written[key] = times
    return written | ({"settings": settings} if settings else {})


def _places(asked: Asked) -> dict[str, str]:
    item, store = asked.item, asked.store
    return {
        "address": item.address,
        "id": item.id,
        "name": item.name,
        "asset": item.asset,
        "store": store.id,
        "timezone": store.timezone,
        "region": store.region,
        "agent": asked.agent,
        **{f"attributes.{key}": value for key, value in item.attributes.items()},
        **{f"store.attributes.{key}": value for key, value in store.attributes.items()},
    }


def _duration(seconds: Duration) -> str:
    return f"{seconds:.10g}s"


def _tell_unfilled(error: Unfilled, asked: Asked, told: _Told) -> None:
    if error.is_known or error.place.startswith(("attributes.", "store.attributes.")):
        path = f"{asked.item_path}.{error.place}"
        told.of_cmdb.setdefault(path, f"missing; {asked.path} asks {asked.item.ref} with it")
    else:
        told.of_cmdb.setdefault(f"{asked.path}.{error.path}", f"{error} (for {asked.item.ref})")


def _tell(mistake: Mistake, checks: Sequence[Asked], told: _Told) -> None:
    """The agent's reader speaks of `checks[3].settings.warning`: that is a line of the CMDB; all else is the base's."""
    if not mistake.path.startswith("checks["):
        told.of_base.setdefault(mistake.path, mistake.text)
        return
    at, _, rest = mistake.path.removeprefix("checks[").partition("]")
    asked = checks[int(at)]
    told.of_cmdb.setdefault(asked.path + rest, f"{mistake.text} (for {asked.item.ref})")


def _raise(name: str, lines: dict[str, int], found: dict[str, str]) -> None:
    if found:
        mistakes = sorted(Mistake(line_of(lines, path), path, text) for path, text in found.items())
        raise DocumentError(name, mistakes[:MOST_MISTAKES])
