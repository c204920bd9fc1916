"""Rule 20: what a vendor needs to believe that it is theirs: who sees it, from where, since when, and what it is not.

Read from the state as it is at an instant; bounded, whatever the size of the chain.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from contract.status import Status
from rules.cause.alternates import alternates
from rules.course.incident import Affected, Incident, Priority, TimelineEntry
from rules.draft import Draft
from rules.given import graph
from rules.given.cmdb import Store
from rules.sight.beliefs import checks_on
from rules.state import State, complains, counts

MOST_WITNESSES = 50
MOST_LINES = 50  # of the story: the newest
_NAMED = 10
_LOOKED_AT = 500  # stores; the checks of more would not be listed anyway
_NO_FAILURE = ("ok", "unknown")

Latency = Callable[[str, str], float | None]  # (agent, check key) → seconds that the last measurement took


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one agent. `since` is when its state began at the store, `learnt_at` when that was known here.

    `latency` in seconds; None: not known. Not `fresh`: the agent is silent, and this is what it said last.
    """

    store: str
    name: str
    region: str
    carrier: str
    agent: str
    ref: str
    check: str
    state: str
    since: float
    learnt_at: float | None
    interval: float
    latency: float | None
    fresh: bool
    text: str


class Control(msgspec.Struct, frozen=True):
    """A control target: at how many of the stores that see the failure it answers, and at how many it does not."""

    ref: str
    well: int
    failing: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """As of `at`. `stores` counts all that see it; `witnesses` are the failing checks first, at most 50.

    `carriers` and `regions` say in how many of the stores; `seen_well` is how many others see a shared CI well.
    `excluded` are sentences about what it is not. `story` is the newest of the timeline, `left_out` how much is not.
    """

    incident: str
    number: int
    at: float
    priority: Priority
    title: str
    category: str
    service: str
    ci: str
    item: str
    vendor: str
    started_at: float
    learnt_at: float
    opened_at: float | None
    affected: Affected
    stores: int
    carriers: dict[str, int]
    regions: dict[str, int]
    seen_well: int
    witnesses: tuple[Witness, ...]
    controls: tuple[Control, ...]
    excluded: tuple[str, ...]
    story: tuple[TimelineEntry, ...]
    left_out: int


def evidence(
    state: State, row: Incident, story: Sequence[TimelineEntry], now: float, latency: Latency = lambda *_: None
) -> Evidence:
    """For whoever is asked to look: the vendor, the carrier, another team."""
    draft = Draft(state, now)
    ref = _subject(row)
    witnesses = _witnesses(draft, row, latency)
    controls = _controls(draft, row.stores)
    known = _of_stores(draft, row)
    well = sum(draft.votes(ref).values()) - sum(draft.against(ref).values()) if draft.estate.is_shared(ref) else 0
    return Evidence(
        incident=row.id,
        number=row.number,
        at=now,
        priority=row.priority,
        title=row.title,
        category=row.category,
        service=row.service,
        ci=ref,
        item=draft.estate.label(ref),
        vendor=row.vendor,
        started_at=row.started_at,
        learnt_at=row.learnt_at,
        opened_at=row.opened_at,
        affected=msgspec.structs.replace(row.affected, cis=row.affected.cis[:MOST_WITNESSES]),
        stores=len(row.stores),
        carriers=_counted(known, "carrier"),
        regions=_counted(known, "region"),
        seen_well=well,
        witnesses=tuple(witnesses),
        controls=tuple(controls),
        excluded=tuple(_excluded(draft, row, ref, controls, well)),
        story=tuple(story[-MOST_LINES:]),
        left_out=max(0, len(story) - MOST_LINES),
    )


def _subject(row: Incident) -> str:
    """The CI that it is about; of a store's own path to a shared CI, that one."""
    return row.cause.partition(":")[2].partition("@")[0] if "@" in row.cause else row.ci


def _witnesses(draft: Draft, row: Incident, latency: Latency) -> list[Witness]:
    """What is not well first, then the longest so; of a chain incident what its parts rest on."""
    seen = [(_subject(one), store) for one in [row, *draft.parts(row.id)] for store in one.stores]
    found: dict[tuple[str, str, str], Witness] = {}
    for ref, store in dict.fromkeys(seen[:_LOOKED_AT]):
        found |= {(one.agent, one.ref, one.check): one for one in _of_store(draft, ref, store, latency)}
    ranked = sorted(found.values(), key=lambda one: (one.state in _NO_FAILURE, one.since, one.store, one.check))
    return ranked[:MOST_WITNESSES]


def _of_store(draft: Draft, ref: str, store: str, latency: Latency) -> list[Witness]:
    known = draft.estate.stores.get(store)
    believed = draft.item(f"{ref}@{store}" if draft.estate.is_shared(ref) else ref)
    return [
        Witness(
            store=store,
            name=known.name if known else "",
            region=known.region if known else "",
            carrier=known.carrier if known else "",
            agent=agent,
            ref=ref,
            check=check,
            state=belief.state.word,
            since=belief.since,
            learnt_at=believed.learnt_at if believed is not None and belief.state is not Status.OK else None,
            interval=belief.interval,
            latency=latency(agent, f"{ref.rpartition('/')[2]}/{check}"),
            fresh=draft.is_fresh(agent),
            text=belief.text,
        )
        for agent, check, belief in checks_on(draft, ref, store)
    ]


def _controls(draft: Draft, stores: Sequence[str]) -> list[Control]:
    found = []
    for item in draft.estate.shared:
        if not draft.estate.is_control(item.id):
            continue
        votes = [vote for store in stores if counts(vote := draft.item(f"{item.id}@{store}"))]
        failing = sum(complains(draft.estate, item.id, vote) for vote in votes)
        if votes:
            found.append(Control(item.id, len(votes) - failing, failing))
    return found[:MOST_WITNESSES]


def _excluded(draft: Draft, row: Incident, ref: str, controls: Sequence[Control], well: int) -> list[str]:
    found = [
        f"not the line: {one.ref} answers at {one.well} of {one.well + one.failing} stores that see the failure"
        for one in controls
        if one.well
    ]
    carriers = list(_counted(_of_stores(draft, row), "carrier"))
    if len(carriers) > 1:
        found.append(f"not one carrier: stores of {', '.join(carriers[:_NAMED])} see it")
    if "@" in row.cause and well > 0:
        found.append(f"not {draft.estate.label(ref)} as a whole: {well} stores see it well")
    if not row.home and len(row.stores) > 1:
        found.append(f"not one store's own path: {len(row.stores)} stores see it")
    found += [f"not what it depends on: {draft.estate.label(one)} is well" for one in _well_above(draft, row, ref)]
    found += [f"not all of the service: its alternate {one} works" for one in alternates(draft, ref)]
    return found


def _well_above(draft: Draft, row: Incident, ref: str) -> list[str]:
    """What the CI needs and its own store sees well, freshly."""
    above = graph.ancestors(draft.estate.graph, ref) if row.home else []
    return [one for one in above if _is_well(draft, one, row.home)][:_NAMED]


def _is_well(draft: Draft, ref: str, store: str) -> bool:
    seen = [belief.state for agent, _, belief in checks_on(draft, ref, store) if draft.is_fresh(agent)]
    return bool(seen) and all(state is Status.OK for state in seen)


def _of_stores(draft: Draft, row: Incident) -> list[Store]:
    return [draft.estate.stores[store] for store in row.stores if store in draft.estate.stores]


def _counted(stores: Sequence[Store], name: Literal["carrier", "region"]) -> dict[str, int]:
    """Of each, in how many of the stores; the most first."""
    found = Counter(getattr(store, name) for store in stores)
    return {one: number for one, number in found.most_common(MOST_WITNESSES) if one}
