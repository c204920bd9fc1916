"""The JSON that commands bring. Unknown fields are mistakes: a misspelt one must not be lost in silence."""

from typing import Annotated, Literal

import msgspec

from collector.http.shapes import PriorityWord

Named = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})?\Z")]

Reason = Annotated[str, msgspec.Meta(max_length=500)]


class Acknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`called_at` is when somebody reported it: the first call counts in the ledger."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    called_at: Annotated[str, msgspec.Meta(description="RFC 3339")] | None = None


class Assign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom; an empty `assignee` gives it back to the resolver group."""

    assignee: Annotated[str, msgspec.Meta(max_length=200)] = ""
    resolver_group: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Reopen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class FalsePositive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Merge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The other one's id; the younger of both becomes a part of the older."""

    incident: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason = ""


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands alone: a part by its incident's id, CI or store, a symptom by its CI, or a store."""

    part: Annotated[str, msgspec.Meta(min_length=1, max_length=130)]
    reason: Reason = ""


class Rebind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ci: Named
    reason: Reason = ""


class Priority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A priority that holds against the rules until `until`, or for so many `minutes`; null: no longer."""

    priority: PriorityWord | None
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    until: Annotated[str, msgspec.Meta(description="RFC 3339; this or minutes")] | None = None
    minutes: Annotated[float, msgspec.Meta(gt=0, le=100_000)] | None = None


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The resolve clock stands still: why (a reason of the policy), and `until` when or for how many `minutes`.

    `reference` is the vendor's, where the reason needs one.
    """

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reference: Annotated[str, msgspec.Meta(max_length=100)] = ""
    until: Annotated[str, msgspec.Meta(description="RFC 3339; this or minutes")] | None = None
    minutes: Annotated[float, msgspec.Meta(gt=0, le=100_000)] | None = None


class StoreSays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people of a store that is not heard say about it."""

    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Major(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's answer to whether it is a major incident."""

    decision: Literal["declare", "decline"]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Called(msgspec.Struct, frozen=True):
    """The ticket that changed, by the desk's own number; without one, any may have."""

    ticket: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{0,64}\Z")] | int = ""


class DeskCall(msgspec.Struct, frozen=True):
    """A help desk's webhook. A desk sends what it likes, so whatever else is in it is left unread."""

    type: str = ""
    data: Called = Called()


class Create(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incident made by a person: what is broken (a store, `store/ci` or a shared ci) and what customers feel.

    The service follows from the category; without a priority it is a P3.
    """

    ci: Named
    category: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    priority: PriorityWord | None = None
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Repeats(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from"}):
    """From a time of day to another, `02:00` to `04:00`, past midnight too; wall time of the stores or of `timezone`.

    `days` none: every day; `weeks`: only the first to fifth (1 to 5) or last (-1) of them in a month.
    """

    start: Annotated[str, msgspec.Meta(pattern=r"^\d\d:\d\d\Z")]
    to: Annotated[str, msgspec.Meta(pattern=r"^\d\d:\d\d\Z")]
    days: Annotated[list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]], msgspec.Meta(max_length=7)] = []
    weeks: Annotated[list[Literal[1, 2, 3, 4, 5, -1]], msgspec.Meta(max_length=6)] = []
    timezone: Annotated[str, msgspec.Meta(max_length=64)] = ""


class NewWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A maintenance window or a silence: for `stores` and `cis`, `from` (now) `until`, or for so many `minutes`.

    `expected` are categories: others are not held back. None: all of them. Maintenance that `repeats` begins at `from`
    and ends for good at `until`, both of which may be left out.
    """

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    stores: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    cis: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    since: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None
    until: Annotated[str, msgspec.Meta(description="RFC 3339; this or minutes")] | None = None
    minutes: Annotated[float, msgspec.Meta(gt=0, le=100_000)] | None = None
    expected: Annotated[list[Annotated[str, msgspec.Meta(max_length=63)]], msgspec.Meta(max_length=50)] = []
    repeats: Repeats | None = None


class NewChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A change by its reference: to `stores`, `cis` or `shares` (`model=T2000`), `from` (now) `until` (that moment).

    `fixes` is the id of the problem that it is to end; `maintenance` has it make its own maintenance window.
    """

    reference: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    stores: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    cis: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    shares: Annotated[list[Annotated[str, msgspec.Meta(max_length=110)]], msgspec.Meta(max_length=100)] = []
    since: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None
    until: Annotated[str, msgspec.Meta(description="RFC 3339; absent: at once over")] | None = None
    fixes: Annotated[str, msgspec.Meta(max_length=64)] = ""
    maintenance: bool = False
