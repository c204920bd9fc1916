"""The JSON that commands bring. Unknown fields are mistakes: a misspelt one must not be lost in silence."""

from typing import Annotated, Literal

import msgspec

from collector.http.shapes import PriorityWord

Named = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}(/[a-z0-9-]{1,63})?\Z")]


class Acknowledge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Assign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom; an empty `assignee` gives it back to the resolver group."""

    assignee: Annotated[str, msgspec.Meta(max_length=200)] = ""
    resolver_group: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class Reopen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


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


class NewWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """A maintenance window or a silence: for `stores` and `cis`, `from` (now) `until`, or for so many `minutes`.

    `expected` are categories: others are not held back. None: all of them.
    """

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    stores: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    cis: Annotated[list[Named], msgspec.Meta(max_length=2000)] = []
    since: Annotated[str, msgspec.Meta(description="RFC 3339; absent: now")] | None = None
    until: Annotated[str, msgspec.Meta(description="RFC 3339; this or minutes")] | None = None
    minutes: Annotated[float, msgspec.Meta(gt=0, le=100_000)] | None = None
    expected: Annotated[list[Annotated[str, msgspec.Meta(max_length=63)]], msgspec.Meta(max_length=50)] = []
