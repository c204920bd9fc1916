"""The CMDB as the rules see it: stores, configuration items and what depends on what. Shapes of cmdb.yaml."""

from typing import Annotated, Any, Literal

import msgspec

from contract.ids import ID_PATTERN

Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
Class = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,63}\Z")]
Expected = Literal["always", "trading", "optional"]
Lifecycle = Literal["planned", "commissioning", "live", "refit", "closed"]
Told = dict[str, str | dict[str, str]]  # hours as people write them


class Offline(msgspec.Struct, frozen=True):
    """What a till can do without its line: sell at all, and take cards for so many minutes up to a floor limit."""

    sell: bool = False
    card_minutes: float = 0
    floor_limit: float = 0


class Event(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """Days on which a store is not as usual, `from` the first `until` the last, in its own time.

    `hours` replace the usual ones: of `services`, or of the whole store. Stocktake and refit: closed, unless written.
    """

    kind: Literal["stocktake", "refit", "peak"]
    since: str
    until: str
    hours: str = ""
    services: list[str] = []


class Store(msgspec.Struct, frozen=True):
    """`hours` maps `mon`, `mon-sat`, … to `08:00-20:00` (or several, comma-separated), `24h` or `closed`; `exceptions`
    maps dates to the same. No hours means open: what is unknown must not hide an outage. `service_hours` maps a service
    with hours of its own (fuel) to the same, and `calendar` names the holidays that the store keeps.
    `business_calendar` names the policy's that its targets in business days go by; without one its region's counts.
    """

    id: Id
    name: str = ""
    region: str = ""
    timezone: str = "UTC"
    agents: list[Id] = []
    operator: str = "own"
    hours: Told = {}
    carrier: str = ""
    attributes: dict[str, str] = {}
    service_hours: dict[str, Told] = {}
    calendar: str = ""
    events: list[Event] = []
    business_calendar: str = ""


class Item(msgspec.Struct, frozen=True, rename={"klass": "class"}):
    """A configuration item. Without `store` it is shared by the chain; `vendor` is who is escalated to. `agent` is the
    one that runs on it.
    """

    id: Id
    klass: Class
    store: Id | None = None
    name: str = ""
    address: str = ""
    agent: Id | None = None
    asset: str = ""
    depends_on: list[str] = []
    provides: list[str] = []
    group: str = ""
    weight: float = 1.0
    expected: Expected = "always"
    lifecycle: Lifecycle = "live"
    vendor: str = ""
    offline: Offline | None = None
    attributes: dict[str, str] = {}

    @property
    def ref(self) -> str:
        """Its name outside its store: `0042/pos-01`; a shared one is just `acquirer-a`."""
        return f"{self.store}/{self.id}" if self.store else self.id


class CmdbDocument(msgspec.Struct, frozen=True):
    """cmdb.yaml. `checks_by_class` is for the export of agents' configurations and means nothing to the rules.

    `calendars` are holidays by name: dates to hours, of every store that keeps that calendar.
    """

    stores: list[Store] = []
    items: list[Item] = []
    checks_by_class: dict[str, list[dict[str, Any]]] = {}
    calendars: dict[str, dict[str, str]] = {}
