"""Rule 27: many repeats of one failure are one problem. Data, and what its key is made of."""

from typing import Literal, NamedTuple

import msgspec

from rules.course.incident import Affected, Incident, Ticket
from rules.given.graph import Ref

RULE = "27 problem"
CATEGORY = "problem"
MOST = 50  # occurrences that a key remembers, incidents and CIs that a problem lists; a policy's thresholds are within
MANUAL, CHAIN, RESIDUAL = "manual:", "chain:", "residual:"  # causes of incidents that are no failure of one CI


class Occurrence(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One beginning of a failure. `lasted`: seconds until it healed by itself; None: it has not, or a person did it."""

    at: float
    incident: str
    ci: Ref
    lasted: float | None = None


class Repetition(msgspec.Struct, frozen=True):
    """The latest occurrences of one key, oldest first."""

    occurrences: tuple[Occurrence, ...] = ()


class Keys(NamedTuple):
    """`own` follows the asset, so that positions stay: `pos_outage/asset=SN123`; of a CI without one, its position.

    `shares` are its model and versions: `pos_outage/model=T2000`.
    """

    own: str
    shares: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (self.own, *self.shares)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` is what its occurrences share: a CI, or `model=T2000`.

    `incidents` are the ids of the newest ones, `count` is of all occurrences; `cis` are those that it is noted on.
    `change` is the reference of the change before the first of them, `fix` of the one that is to end it. Tickets of
    occurrences that heal are held until `hold_until`. `note`: why it was resolved. Instants in seconds, UTC.
    """

    id: str
    number: int
    key: str
    category: str
    subject: str
    title: str
    service: str
    state: Literal["open", "resolved"] = "open"
    first_at: float
    last_at: float
    opened_at: float
    hold_until: float
    resolved_at: float | None = None
    count: int = 0
    incidents: tuple[str, ...] = ()
    cis: tuple[Ref, ...] = ()
    change: str = ""
    fix: str = ""
    note: str = ""
    owner: str = ""
    turned: int = 0  # how often it was resolved or opened again
    resolver_group: str = ""
    runbook: str = ""
    ticket: Ticket | None = None

    @property
    def is_open(self) -> bool:
        return self.state == "open"


def as_ticket(problem: Problem) -> Incident:
    """The problem in the shape that a help desk's lane carries: a standard ticket, without clocks."""
    stores = tuple(dict.fromkeys(ref.partition("/")[0] for ref in problem.cis if "/" in ref))
    return Incident(
        id=problem.id,
        number=problem.number,
        cause=f"{CATEGORY}:{problem.key}",
        category=CATEGORY,
        service=problem.service,
        ci=problem.subject,
        title=problem.title,
        state=problem.state,
        priority=3,
        worst_priority=3,
        started_at=problem.first_at,
        learnt_at=problem.opened_at,
        opened_at=problem.opened_at,
        resolved_at=problem.resolved_at,
        stores=stores,
        affected=Affected(cis=problem.cis),
        changes=tuple(filter(None, (problem.change, problem.fix))),
        acknowledged_by=problem.owner or None,
        resolver_group=problem.resolver_group,
        runbook=problem.runbook,
        ticket=problem.ticket,
    )
