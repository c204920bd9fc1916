"""What a help desk is asked for, and what it answers. Shapes only."""

from typing import Literal, NamedTuple, Protocol

import msgspec

from rules.course.incident import Incident, Priority
from rules.decision import EffectKind

Action = Literal["create", "update", "resolve"]


class News(NamedTuple):
    """An effect from the outbox that this desk has not been told yet."""

    key: str
    position: int
    at: float
    kind: EffectKind
    recipient: str
    text: str

    @property
    def opens(self) -> bool:
        return self.kind in ("open_ticket", "open_problem")

    @property
    def reopens(self) -> bool:
        """Also what was held back at first when it began again: its ticket is opened, and may be there already."""
        return ":reopen:" in self.key or ":open:" in self.key


class Wrote(msgspec.Struct, frozen=True):
    """What we last wrote into the fields that people may change too; what differs from it there is theirs.

    `meant` is kept before it is written: after a lost answer it may stand there, and is ours as well. `shadowed`: the
    last was only recorded, not sent. `repaired`: what differed there was put right once, and is not again until the
    incident ends or begins again; `reopen`: it is to be opened again for that.
    """

    subject: str = ""
    priority: int = 0
    meant: str = ""
    shadowed: bool = False
    repaired: bool = False
    reopen: bool = False

    def is_ours(self, subject: str) -> bool:
        return bool(subject) and subject in (self.subject, self.meant)


class Wording(msgspec.Struct, frozen=True):
    """A ticket's text. `note` is what is new since the desk was last told, empty for nothing."""

    subject: str
    body: str
    note: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as a desk should have it, all that happened since it was last told taken together.

    `key` finds its ticket again, `mark` this very piece of news. `repeated` says that an earlier attempt may have done
    any part of it. `fields` and `resolve_fields` are site-specific fields with their values filled in.
    """

    desk: str
    key: str
    mark: str
    incident: Incident
    news: tuple[News, ...]
    wording: Wording
    fields: dict[str, str] = {}
    resolve_fields: dict[str, str] = {}
    ticket: str = ""
    wrote: Wrote = Wrote()
    repeated: bool = False
    at: float

    @property
    def action(self) -> Action:
        if self.is_over:
            return "resolve"
        return "create" if any(one.opens for one in self.news) else "update"

    @property
    def has_turned(self) -> bool:
        """The incident ended, or began again, since the desk was last told."""
        return any(one.kind == "resolve_ticket" or one.reopens for one in self.news)

    @property
    def is_over(self) -> bool:
        return self.incident.state in ("resolved", "closed")

    @property
    def is_held(self) -> bool:
        """It began again, and is held back so far: its ticket is to stay as it was."""
        return self.incident.suppressed is not None and self.incident.opened_at is None

    @property
    def priority(self) -> Priority:
        return self.incident.priority


class Receipt(msgspec.Struct, frozen=True):
    """What became of an order. `ticket` is empty at a desk that has none; `told` is for our log."""

    ticket: str = ""
    url: str = ""
    wrote: Wrote = Wrote()
    told: str = ""


class Heard(NamedTuple):
    """Something that a person did at the desk. `serial` grows within a ticket; `name` is a command of the rules."""

    key: str
    ticket: str
    serial: int
    name: Literal["acknowledge", "resolve", "reopen"]
    who: str
    reason: Literal["", "false positive"] = ""


class Changed(NamedTuple):
    """A ticket of ours that may have changed. `due`: its deadline, of a desk that owns the clock and has one."""

    key: str
    ticket: str
    due: float | None = None


class Difference(NamedTuple):
    """A field of a ticket that is not as we want it. `is_ours`: nobody wanted it so, and it is ours to put right."""

    field: Literal["ticket", "key", "subject", "priority", "state", "due"]
    wanted: str
    there: str
    is_ours: bool

    def __str__(self) -> str:
        return f"{self.field} is {self.there}, not {self.wanted} ({'ours' if self.is_ours else 'theirs'})"


class DeskError(Exception):
    """An order that was not carried out. Its text is for a person."""


class Unavailable(DeskError):  # noqa: N818 - a condition, as the standard library's TimeoutError is none
    """The desk did not do it now and may later. `after`: seconds that it asked us to wait.

    `answered` tells a desk that took the request and failed from one that cannot be reached.
    """

    def __init__(self, text: str, after: float | None = None, *, answered: bool = False) -> None:
        super().__init__(text)
        self.after = after
        self.answered = answered


class NotTaken(DeskError):  # noqa: N818 - past tense, as all events here
    """The desk is well and did not do it; what hinders it may go away. Asked again some times, then a dead letter."""


class Refused(DeskError):  # noqa: N818
    """The desk will not do it, however often it is asked: a person has to look. `status` is HTTP's, 0 without one."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Desk(Protocol):
    """One help desk. Everything raises DeskError: Unavailable, NotTaken or Refused."""

    async def check(self) -> None:
        """Raises Refused when the desk is set up so that it would be unsafe to write to it."""

    async def deliver(self, order: Order) -> Receipt: ...

    async def changed(self, since: float) -> list[Changed]:
        """The tickets of ours that changed in the last `since` seconds; always [] where nothing comes back."""

    async def ours(self, ticket: str) -> Changed | None:
        """The ticket that somebody named, as it is at the desk; None when it is not there or not one of ours."""

    async def differences(self, order: Order) -> list[Difference]:
        """What of the order's known ticket is not as it should be. Reads only."""

    async def heard(self, ticket: Changed, after: int) -> list[Heard]:
        """What people did to the ticket since the serial `after`, oldest first."""

    async def close(self) -> None: ...
