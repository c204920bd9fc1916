"""The policy's numbers, a section each, with the rules of docs/semantics.md that they belong to."""

from typing import Annotated, Literal

import msgspec

from contract.units import Duration
from rules.course.incident import Priority
from rules.given.playbook import Band, Names


class LossBand(msgspec.Struct, frozen=True):
    """`lost` or more of a service (1 is all of it) gives `priority`."""

    lost: float
    priority: Band


class Target(msgspec.Struct, frozen=True):
    """Time to respond and to resolve, from the moment the incident is actionable. One of the two resolve fields."""

    respond: Duration
    resolve: Duration | None = None
    resolve_business_days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 0


class SlaException(msgspec.Struct, frozen=True, kw_only=True):
    """Targets of incidents of this category, or about this service, or both; what is not written stays."""

    category: Names = []
    service: Names = []
    P1: Target | None = None
    P2: Target | None = None
    P3: Target | None = None

    def of(self, priority: Priority) -> Target | None:
        return {1: self.P1, 2: self.P2, 3: self.P3}[priority]

    def fits(self, category: str, service: str) -> bool:
        return _fits(self.category, category) and _fits(self.service, service)


class Sla(msgspec.Struct, frozen=True):
    """Rule 18. Of the exceptions that fit, the most specific counts; of equal ones the first."""

    P1: Target
    P2: Target
    P3: Target
    at_risk_before: Duration
    at_risk_share: float
    exceptions: list[SlaException] = []

    def of(self, priority: Priority) -> Target:
        targets: dict[int, Target] = {1: self.P1, 2: self.P2, 3: self.P3}
        return targets[priority]


class Pauses(msgspec.Struct, frozen=True):
    """Rule 19: for which reasons the resolve clock may stand still, for how long, and who may stop a P1's.

    `with_reference` are the reasons that need one, such as the vendor's ticket. `p1_roles` are roles of the API.
    """

    longest: Duration = Duration(4 * 3600)
    reasons: tuple[str, ...] = ("vendor", "store access", "planned visit")
    with_reference: tuple[str, ...] = ("vendor",)
    p1_roles: tuple[Literal["view", "operate", "admin"], ...] = ("admin",)


class Evidence(msgspec.Struct, frozen=True):
    """Rules 2 to 5, 12: how long to wait for an explanation, and when silence or not knowing becomes an incident."""

    hold: Duration
    vote_hold: Duration
    unknown_after: Duration
    settle: Duration
    restart_grace: Duration
    late_start: Duration
    backlog: Duration = Duration(600)
    disputed_after: Duration = Duration(120)


class Offline(msgspec.Struct, frozen=True):
    """Rule 8: what tills that sell offline can go on `without` (classes), and for how long.

    `services` are what tills give. `used` of its card minutes may be gone before a till counts as unable, and `selling`
    of the tills, by weight, have to be able.
    """

    services: list[str] = []
    without: list[str] = []
    used: float = 0.75
    selling: float = 0.5


class Peak(msgspec.Struct, frozen=True):
    """Rule 7: days (in a store's own time) on which a loss is `bands` worse, besides the peaks of a store's events."""

    days: list[str] = []
    bands: Literal[0, 1, 2] = 1


class Backup(msgspec.Struct, frozen=True):
    """Rule 10: classes of a store's `main` line, and of what says by a warning that its `backup` line is in use."""

    main: list[str] = []
    backup: list[str] = []


class Pins(msgspec.Struct, frozen=True):
    """Rule 24: how long a person may hold a priority at most."""

    longest: Duration = Duration(7 * 86_400)


class Unreachable(msgspec.Struct, frozen=True):
    """Rule 10. `cannot_sell`: while trading, and its tills cannot sell offline or the store says so."""

    trading: Literal["P2", "P3"]
    closed: Literal["P2", "P3"]
    cannot_sell: Band = "P1"


class SharedFault(msgspec.Struct, frozen=True):
    """Rule 13: when the votes of stores blame a shared CI."""

    stores: int
    share: float


class ChainFault(msgspec.Struct, frozen=True):
    """Rule 14: when the losses of several stores are one incident."""

    stores: int
    lost: float
    within: Duration
    share_of_trading: float


class Ending(msgspec.Struct, frozen=True):
    """Rules 22 to 24: what is stable, and for how long an end may be taken back. More than `residual_over` that a
    parent's return leaves failing are one incident.
    """

    stable: Duration
    reopen_within: Duration
    still_failing: Duration
    accepted_for: Duration
    nudge: Duration
    stand_alone: Duration
    lower_after: Duration
    residual_over: int = 10


class Problems(msgspec.Struct, frozen=True):
    """Rule 27: so many of one failure within `window` are a problem, on a CI or on what has its model or version.

    An occurrence heals by itself within `heals_within` or gets its ticket; for so long a problem holds it, until
    `hold` is over. Not seen for `quiet` it is resolved, and forgotten when it has been for `kept`.
    """

    window: Duration = Duration(7 * 86_400)
    on_item: int = 5
    on_share: int = 10
    heals_within: Duration = Duration(900)
    hold: Duration = Duration(14 * 86_400)
    quiet: Duration = Duration(14 * 86_400)
    kept: Duration = Duration(90 * 86_400)
    resolver_group: str = "problem-management"


class Changes(msgspec.Struct, frozen=True):
    """Rule 27: how long after its end a change is named by an incident, or by a problem; and how long it is kept."""

    before_incident: Duration = Duration(86_400)
    before_problem: Duration = Duration(7 * 86_400)
    kept: Duration = Duration(30 * 86_400)


class Hours(msgspec.Struct, frozen=True):
    judge_before_opening: Duration


class Ledger(msgspec.Struct, frozen=True):
    """Rule 30: the share of a rule's judged incidents that must have been real, and who is told when it is less.

    `owners` are by a rule's number or its whole name: `13`, `13 shared`.
    """

    precision: float = 0.9
    within: Duration = Duration(30 * 86_400)
    least: int = 5
    owner: str = "service-desk"
    owners: dict[str, str] = {}

    def owner_of(self, rule: str) -> str:
        return self.owners.get(rule) or self.owners.get(rule.partition(" ")[0]) or self.owner


class Windows(msgspec.Struct, frozen=True):
    """Rule 25: how long after maintenance a failure may heal by itself, and how long windows may be."""

    grace: Duration = Duration(900)
    longest: Duration = Duration(31 * 86_400)
    longest_silence: Duration = Duration(7 * 86_400)
    ahead: Duration = Duration(366 * 86_400)


class Contrast(msgspec.Struct, frozen=True):
    """Rule 15: when `failing` or more fail, what at least the `share` of them has and at most `others` of the rest."""

    failing: int = 5
    share: float = 0.8
    others: float = 0.2


class Flapping(msgspec.Struct, frozen=True):
    """Rule 26: how often within what time is flapping, how seldom that pages, and after how long it is just down."""

    times: int = 3
    within: Duration = Duration(3600)
    page_every: Duration = Duration(3600)
    sustained: Duration = Duration(300)


class Major(msgspec.Struct, frozen=True):
    """Rule 16: who is paged, and when a major incident that nobody has answered declares itself.

    `unable_to_sell` is a share of the trading stores; they cannot when one of the services in `selling` is wholly lost.
    A service in `everyone` is the same for all customers, however few stores see it fail.
    """

    unable_to_sell: float = 0.01
    unanswered: Duration = Duration(300)
    look_again: Duration = Duration(60)
    selling: tuple[str, ...] = ("checkout", "card_payment")
    everyone: tuple[str, ...] = ("online_shopping",)
    manager: str = "major-incident-manager"


def _fits(wanted: Names, found: str) -> bool:
    """As a Matcher's key: equal, or in the list; one that is not written fits everything."""
    return not wanted or (found in wanted if isinstance(wanted, list) else found == wanted)
