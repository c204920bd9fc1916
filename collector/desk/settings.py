"""The `help_desk` part of collector.yaml: which desks there are, what they are called with, what they are told."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from collector.desk.reach import refusal
from contract.ids import ID_PATTERN
from contract.units import Duration
from rules.course.incident import Incident
from rules.decision import EffectKind

FOR_TICKETS: tuple[EffectKind, ...] = (
    "open_ticket",
    "open_problem",
    "update_ticket",
    "resolve_ticket",
    "escalate",
    "propose_major",
    "declare_major",
    "review_change",
    "note_ci",
)
FOR_PAGERS: tuple[EffectKind, ...] = ("page", "escalate", "propose_major", "declare_major", "resolve_ticket")
# What a template of a site-specific field may name.
PLACEHOLDERS = (
    "key",
    "number",
    "priority",
    "impact",
    "urgency",
    "category",
    "service",
    "ci",
    "stores",
    "region",
    "group",
    "vendor",
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Priorities(msgspec.Struct, frozen=True):
    """Request Tracker's numbers for ours; the larger, the more urgent."""

    P1: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 100
    P2: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 75
    P3: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 50


class Shadow(msgspec.Struct, frozen=True):
    """What a live desk is not sent yet: incidents of these regions, and of these categories."""

    regions: list[Text] = []
    categories: list[Text] = []


class HelpDesk(msgspec.Struct, frozen=True, kw_only=True):
    """`shadow` sends nothing and records what it would have sent; a desk begins so unless `live` is written.

    `allow_private` None: as the kind has it, see `may_be_private`.
    """

    name: Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
    kind: Literal["rt", "webhook", "pager"]
    url: Text
    token_file: Text
    mode: Literal["live", "shadow"] = "shadow"
    shadow: Shadow = Shadow()
    webhook_secret_file: str = ""
    allow_private: bool | None = None
    ca: str = ""
    queue: Text = "Incidents"
    key_field: Text = "Correlation ID"
    priorities: Priorities = Priorities()
    fields: dict[Text, Text] = {}
    resolve_fields: dict[Text, Text] = {}
    rate: Annotated[float, msgspec.Meta(gt=0, le=1_000)] = 5.0
    timeout: Duration = Duration(20)
    poll: Duration = Duration(30)
    owns_clock: bool = False
    compare: Duration = Duration(900)

    @property
    def may_be_private(self) -> bool:
        """A ticket system mostly lives on the inside; a webhook that leads there is mostly an attack or a mistake."""
        return self.kind == "rt" if self.allow_private is None else self.allow_private

    @property
    def told(self) -> tuple[EffectKind, ...]:
        """Which effects of the outbox it is told of."""
        return FOR_PAGERS if self.kind == "pager" else FOR_TICKETS

    def holds_back(self, incident: Incident) -> bool:
        """The desk is not told of this incident, only our report is. A chain-wide one belongs to no region."""
        return (
            self.mode == "shadow"
            or incident.category in self.shadow.categories
            or (bool(incident.region) and incident.region in self.shadow.regions)
        )


def mistakes(desks: list[HelpDesk]) -> Iterator[tuple[str, str]]:
    """(path, text) of what the shape cannot say."""
    names: dict[str, int] = {}
    owners = [at for at, desk in enumerate(desks) if desk.owns_clock]
    for at in owners[1:]:
        yield f"help_desk[{at}].owns_clock", f"help_desk[{owners[0]}] owns the clock already; only one can"
    for at, desk in enumerate(desks):
        path = f"help_desk[{at}]"
        if desk.owns_clock and desk.kind != "rt":
            yield f"{path}.owns_clock", f"a desk of kind {desk.kind} never says when something is due; kind rt does"
        first = names.setdefault(desk.name, at)
        if first != at:
            yield f"{path}.name", f"the same as help_desk[{first}].name; a desk's name is its identity"
        yield from _url(f"{path}.url", desk.url)
        yield from _address(f"{path}.url", desk)
        for field, low, high in (("timeout", 1, 60), ("poll", 1, 3600), ("compare", 0.1, 86_400)):
            value = getattr(desk, field)
            if not low <= value <= high:
                yield f"{path}.{field}", f"found {value:g}s, expected from {low:g}s to {high:g}s"
        for name in ("fields", "resolve_fields"):
            for key, template in getattr(desk, name).items():
                yield from _template(f"{path}.{name}.{key}", template)
        if desk.kind == "rt" and any(
            "'" in word or "}" in word or "\\" in word for word in (desk.queue, desk.key_field)
        ):
            yield path, "queue and key_field cannot hold ' } or \\"


def filled(template: str, values: dict[str, str]) -> str:
    """The template with each {name} replaced, once: a value that looks like a placeholder stays text."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def _url(path: str, url: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        yield path, f"not a URL: {error}"
        return
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        yield path, f"found {url[:60]!r}, expected https://host/…"
    elif parts.username or parts.password:
        yield path, "holds credentials; they belong in token_file"
    elif parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        yield path, "http would show the token to the network; expected https://"


def _address(path: str, desk: HelpDesk) -> Iterator[tuple[str, str]]:
    """An address that is written out; a name is looked at when it is called, for it may lead elsewhere then."""
    try:
        why = refusal(ip_address(urlsplit(desk.url).hostname or ""), private=desk.may_be_private)
    except ValueError:
        return
    if why:
        yield path, why


def _template(path: str, template: str) -> Iterator[tuple[str, str]]:
    for name in _PLACEHOLDER.findall(template):
        if name not in PLACEHOLDERS:
            yield path, f"no placeholder {{{name}}}; there are: {', '.join(PLACEHOLDERS)}"
