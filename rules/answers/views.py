"""What the state says about a store or a CI, ready to be shown. Reads only."""

from typing import Literal

import msgspec

from contract.status import Status
from rules.cause.symptoms import is_off
from rules.course.incident import Priority
from rules.draft import Draft
from rules.impact.capacity import capacity, is_usable, services_of
from rules.sight.beliefs import checks_on
from rules.state import State

ItemWord = Literal["ok", "warning", "critical", "unknown", "off"]


class CheckView(msgspec.Struct, frozen=True):
    """One vantage point on a CI. `fresh` False: its agent is silent, so `state` is only what was last known."""

    agent: str
    check: str
    state: str
    since: float
    interval: float
    fresh: bool
    text: str = ""


class IncidentLine(msgspec.Struct, frozen=True):
    id: str
    number: int
    title: str
    state: str
    priority: Priority
    ci: str
    parent: str | None = None


class ProblemLine(msgspec.Struct, frozen=True):
    """A problem that is open and noted on a CI; `text` says of what."""

    id: str
    number: int
    text: str


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """A CI. Of a shared one `state` is `critical` when it was found at fault, and `votes` counts what stores say."""

    ref: str
    name: str
    klass: str = msgspec.field(name="class")
    store: str | None
    category: str
    state: ItemWord
    since: float | None
    depends_on: tuple[str, ...] = ()
    needed_by: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    lifecycle: str = "live"
    vendor: str = ""
    votes: dict[str, int] = {}
    checks: tuple[CheckView, ...] = ()
    incidents: tuple[IncidentLine, ...] = ()
    problems: tuple[ProblemLine, ...] = ()


class ServiceView(msgspec.Struct, frozen=True):
    """`ratio` is what is up of what should be, 1 when nothing should be."""

    service: str
    title: str
    unit: str
    up: float
    total: float
    ratio: float


class StoreView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    region: str
    trading: bool
    state: Literal["ok", "degraded", "unreachable", "unknown"]
    unreachable_since: float | None = None
    services: tuple[ServiceView, ...] = ()
    items: tuple[ItemView, ...] = ()
    incidents: tuple[IncidentLine, ...] = ()


def item_view(state: State, ref: str, now: float) -> ItemView | None:
    """None for a CI that neither the CMDB nor any agent knows."""
    draft = Draft(state, now)
    item = draft.estate.items.get(ref)
    shared = draft.estate.is_shared(ref)
    store = None if shared else ref.partition("/")[0]
    checks = () if shared else _checks(draft, ref, store or "")
    if item is None and draft.item(ref) is None and not checks:
        return None
    word, since = _shared_word(draft, ref) if shared else _word(draft, ref, checks)
    return ItemView(
        ref=ref,
        name=draft.estate.label(ref),
        klass=item.klass if item else "",
        store=store,
        category=draft.estate.category(ref),
        state=word,
        since=since,
        depends_on=draft.estate.graph.parents.get(ref, ()),
        needed_by=draft.estate.graph.children.get(ref, ()),
        provides=tuple(item.provides) if item else (),
        lifecycle=item.lifecycle if item else "live",
        vendor=item.vendor if item else "",
        votes=_votes(draft, ref) if shared else {},
        checks=checks,
        incidents=_lines(draft, "" if shared else store or "", ref),
        problems=_problems(draft, ref),
    )


def store_view(state: State, store: str, now: float) -> StoreView | None:
    """None for a store that the CMDB does not know."""
    draft = Draft(state, now)
    known = draft.estate.stores.get(store)
    if known is None:
        return None
    views = [item_view(state, item.ref, now) for item in draft.estate.members.get(store, ())]
    incidents = _lines(draft, store, "")
    silent = draft.store(store)
    heard = any(draft.is_fresh(agent) for agent in known.agents)
    return StoreView(
        id=store,
        name=known.name,
        region=known.region,
        trading=draft.estate.is_trading(store, now),
        state="unreachable" if silent else "unknown" if not heard else "degraded" if incidents else "ok",
        unreachable_since=silent.silent_since if silent else None,
        services=tuple(service_views(state, store, now)),
        items=tuple(view for view in views if view is not None),
        incidents=incidents,
    )


def service_views(state: State, store: str, now: float) -> list[ServiceView]:
    """The capacity of each service that something in the store gives; none without a policy to judge by."""
    draft = Draft(state, now)
    if draft.estate.policy is None:
        return []
    found = []
    for service in services_of(draft, store):
        given = capacity(draft, store, service)
        title = draft.policy.services[service].title if service in draft.policy.services else service
        found.append(ServiceView(service, title, given.unit, given.up, given.total, 1 - given.lost))
    return found


def _problems(draft: Draft, ref: str) -> tuple[ProblemLine, ...]:
    """The note on the CI (rule 27)."""
    known = [row for row in draft.problems_on(ref) if row.is_open]
    return tuple(
        ProblemLine(row.id, row.number, f"problem #{row.number}: {row.title}, {row.count} times")
        for row in sorted(known, key=lambda row: row.number)
    )


def _checks(draft: Draft, ref: str, store: str) -> tuple[CheckView, ...]:
    return tuple(
        CheckView(agent, name, belief.state.word, belief.since, belief.interval, draft.is_fresh(agent), belief.text)
        for agent, name, belief in checks_on(draft, ref, store)
    )


def _word(draft: Draft, ref: str, checks: tuple[CheckView, ...]) -> tuple[ItemWord, float | None]:
    """Evidence too old is unknown, never ok; so is a CI that nothing checks, unless what it needs says more."""
    row, item = draft.item(ref), draft.estate.items.get(ref)
    if not any(check.fresh for check in checks):
        judged = item if draft.estate.policy is not None and not checks else None
        if judged is not None and not is_usable(draft, ref, judged.store or ""):
            return "critical", None
        return "unknown", None
    if row is None:
        return "ok", max(check.since for check in checks if check.fresh)
    if row.state is Status.CRITICAL and draft.estate.policy is not None and is_off(draft, ref, row):
        return "off", row.since
    return row.state.word, row.since  # type: ignore[return-value]


def _shared_word(draft: Draft, ref: str) -> tuple[ItemWord, float | None]:
    row = draft.by_cause(draft.estate.cause(ref))
    if row is not None and row.state != "resolved" and row.restored_at is None:
        return "critical", row.started_at
    return ("ok" if sum(draft.votes(ref).values()) else "unknown"), None


def _votes(draft: Draft, ref: str) -> dict[str, int]:
    against = sum(draft.against(ref).values())
    return {"failing": against, "well": sum(draft.votes(ref).values()) - against}


def _lines(draft: Draft, home: str, ref: str) -> tuple[IncidentLine, ...]:
    rows = [row for row in draft.of_home(home) if row.state != "resolved"]
    return tuple(
        IncidentLine(row.id, row.number, row.title, row.state, row.priority, row.ci, row.parent)
        for row in rows
        if not ref or row.ci == ref or ref in row.symptoms or ref in row.affected.cis
    )
