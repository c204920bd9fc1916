"""`checks_by_class` of the CMDB: what every item of a class is asked. The collector reads it only to refuse mistakes;
`tillwatch cmdb export` makes the agents' files from it, because only there the kinds of probe are known.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from contract.documents import Loaded, convert
from contract.units import Duration
from rules.given.cmdb import Class, Id

Times = Annotated[int, msgspec.Meta(ge=1, le=100)]


class ClassCheck(msgspec.Struct, frozen=True, rename={"vantage": "from"}):
    """A check of each item of a class. `target` may hold places such as `{address}`; `port` is short for
    `{address}:port`. `from` says which agents of a store ask: its first, all of them, or the one on the item itself.

    An item that no store owns is asked from each store that needs it, from every store when none says so, at most from
    `stores_per_cohort` stores of a carrier and region; or only by `agents`.
    """

    probe: str
    name: Id | None = None
    target: str = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None
    vantage: Literal["first", "all", "host"] = "first"
    agents: list[Id] = []
    stores_per_cohort: Annotated[int, msgspec.Meta(ge=3, le=10_000)] | None = None
    interval: Duration | None = None
    timeout: Duration | None = None
    confirm: Times | None = None
    recover: Times | None = None
    settings: dict[str, Any] = {}

    @property
    def called(self) -> str:
        """As the agent calls a check without a name: like its kind."""
        return self.name or self.probe.replace("_", "-")


class _Held(msgspec.Struct, frozen=True):
    checks_by_class: dict[Class, list[ClassCheck]] = {}


ByClass = Mapping[str, Sequence[ClassCheck]]


def of(document: dict[str, Any], lines: dict[str, int], name: str) -> ByClass:
    """From the plain data of a cmdb.yaml. Raises DocumentError with every mistake of form."""
    held = {"checks_by_class": document.get("checks_by_class", {})}
    return convert(Loaded(held, lines), _Held, name).checks_by_class


def problems(by_class: ByClass) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) of what the shape alone cannot tell."""
    for klass, checks in by_class.items():
        first: dict[str, int] = {}
        for at, check in enumerate(checks):
            path = f"checks_by_class.{klass}[{at}]"
            if first.setdefault(check.called, at) != at:
                same = f"checks_by_class.{klass}[{first[check.called]}]"
                yield path, f"{check.called} is {same} already; give this one a `name` of its own"
            if check.port is not None and check.target:
                yield f"{path}.port", "found beside `target`; expected one of them"
            if check.agents and (check.vantage != "first" or check.stores_per_cohort is not None):
                yield f"{path}.agents", "names who asks; expected neither `from` nor `stores_per_cohort` beside it"
