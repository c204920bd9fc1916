"""The policy's numbers, a section each, with the rules of docs/semantics.md that they belong to."""

from typing import Literal

import msgspec

from contract.units import Duration
from rules.playbook import Band


class LossBand(msgspec.Struct, frozen=True):
    """`lost` or more of a service (1 is all of it) gives `priority`."""

    lost: float
    priority: Band


class Target(msgspec.Struct, frozen=True):
    """Time to respond and to resolve, from the moment the incident is actionable. One of the two resolve fields."""

    respond: Duration
    resolve: Duration | None = None
    resolve_business_days: int = 0


class Sla(msgspec.Struct, frozen=True):
    P1: Target
    P2: Target
    P3: Target
    at_risk_before: Duration
    at_risk_share: float


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


class Unreachable(msgspec.Struct, frozen=True):
    trading: Literal["P2", "P3"]
    closed: Literal["P2", "P3"]


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


class Hours(msgspec.Struct, frozen=True):
    judge_before_opening: Duration


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
