"""From what the rules keep to what people get: the same facts, with words for numbers and dates for instants."""

from collections.abc import Sequence

from msgspec import structs

from collector import services
from collector.expected import AgentRun
from collector.http import operator_shapes, shapes, store_shapes, window_shapes
from collector.http.instants import shown
from collector.pressure import Quarantined
from rules.answers import views
from rules.answers import why as rules_why
from rules.course.incident import Affected, Incident, Priority, Reason, Ticket, TimelineEntry
from rules.planned.overlaps import Overlap
from rules.planned.recurrence import Recurrence, words
from rules.planned.window import Window

_PRIORITIES: dict[int, shapes.PriorityWord] = {1: "P1", 2: "P2", 3: "P3"}


def incident(known: Incident) -> shapes.Incident:
    return shapes.Incident(
        id=known.id,
        number=known.number,
        priority=_PRIORITIES[known.priority],
        worst_priority=_PRIORITIES[known.worst_priority],
        category=known.category,
        state=known.state,
        title=known.title,
        ci=known.ci,
        service=known.service,
        stores=list(known.stores),
        region=known.region,
        affected=affected(known.affected),
        symptoms=list(known.symptoms),
        parent=known.parent,
        problem=known.problem,
        changes=list(known.changes),
        started_at=shown(known.started_at),
        learnt_at=shown(known.learnt_at),
        opened_at=shown(known.opened_at),
        acknowledged_at=shown(known.acknowledged_at),
        acknowledged_by=known.acknowledged_by,
        restored_at=shown(known.restored_at),
        resolved_at=shown(known.resolved_at),
        closed_at=shown(known.closed_at),
        reopened=known.reopened,
        flags=list(known.flags),
        reasons=reasons(known.reasons),
        sla=_sla(known),
        pin=_pin(known),
        resolver_group=known.resolver_group,
        assignee=known.assignee,
        runbook=known.runbook,
        major=known.major,
        vendor=known.vendor,
        suppressed=_suppressed(known),
        ticket=ticket(known.ticket),
        impact=known.impact,
        urgency=known.urgency,
        flaps=len(known.flaps),
    )


def incident_in_full(known: Incident, story: list[TimelineEntry], parts: list[Incident]) -> shapes.IncidentInFull:
    return shapes.IncidentInFull(
        **structs.asdict(incident(known)),
        timeline=[story_line(entry) for entry in story],
        parts=[line(part) for part in parts],
    )


def line(known: Incident | views.IncidentLine) -> shapes.IncidentLine:
    return shapes.IncidentLine(
        id=known.id,
        number=known.number,
        title=known.title,
        state=known.state,
        priority=_PRIORITIES[known.priority],
        ci=known.ci,
        parent=known.parent,
    )


def check(known: views.CheckView) -> store_shapes.Check:
    return store_shapes.Check(
        known.agent, known.check, known.state, shown(known.since), known.interval, known.fresh, known.text
    )


def ci(known: views.ItemView) -> store_shapes.Ci:
    return store_shapes.Ci(
        ref=known.ref,
        name=known.name,
        klass=known.klass,
        store=known.store,
        category=known.category,
        state=known.state,
        since=shown(known.since),
        depends_on=list(known.depends_on),
        needed_by=list(known.needed_by),
        provides=list(known.provides),
        lifecycle=known.lifecycle,
        vendor=known.vendor,
        votes=known.votes,
        checks=[check(one) for one in known.checks],
        incidents=[line(one) for one in known.incidents],
        problems=[store_shapes.ProblemLine(one.id, one.number, one.text) for one in known.problems],
    )


def agent(known: AgentRun, last_seen: float | None, held: Quarantined | None) -> store_shapes.StoreAgent:
    version, config = known.installed or (None, None)
    quarantine = None if held is None else store_shapes.Quarantine(held.why, shown(held.since), held.refused)
    return store_shapes.StoreAgent(
        known.agent, version, config, known.expected, known.drift, shown(last_seen), quarantine
    )


def store(known: views.StoreView, last_seen: float | None, agents: list[store_shapes.StoreAgent]) -> store_shapes.Store:
    return store_shapes.Store(
        id=known.id,
        name=known.name,
        region=known.region,
        trading=known.trading,
        status=known.state,
        unreachable_since=shown(known.unreachable_since),
        last_seen=shown(last_seen),
        agents=agents,
        services=[store_shapes.Service(*structs.astuple(one)) for one in known.services],
        items=[ci(one) for one in known.items],
        incidents=[line(one) for one in known.incidents],
    )


def why(known: rules_why.Why) -> store_shapes.Why:
    return store_shapes.Why(
        subject=known.subject,
        at=shown(known.at),
        state=known.state,
        sentence=known.sentence,
        reasons=reasons(known.reasons),
        checks=[check(one) for one in known.checks],
        incidents=[line(one) for one in known.incidents],
        path=list(known.path),
    )


def reasons(known: tuple[Reason, ...]) -> list[shapes.Reason]:
    return [shapes.Reason(reason.rule, reason.text) for reason in known]


def window(known: Window, now: float) -> window_shapes.Window:
    return window_shapes.Window(
        id=known.id,
        kind=known.kind,
        state="planned" if now < known.since else "running" if now < known.until else "ended",
        stores=list(known.stores),
        cis=list(known.cis),
        since=shown(known.since),
        until=shown(known.until),
        held_until=shown(known.over),
        reason=known.reason,
        actor=known.actor,
        made_at=shown(known.made_at),
        expected=list(known.expected),
        repeats=None if known.repeats is None else _repeats(known.repeats),
    )


def made_window(known: Window, overlaps: Sequence[Overlap], now: float) -> window_shapes.MadeWindow:
    return window_shapes.MadeWindow(
        **{name: getattr(window(known, now), name) for name in window_shapes.Window.__struct_fields__},
        overlaps=[_overlap(one) for one in overlaps],
    )


def _overlap(met: Overlap) -> window_shapes.Overlap:
    return window_shapes.Overlap(
        id=met.second.id,
        kind=met.second.kind,
        on=list(met.names),
        since=shown(met.since),
        until=shown(met.until),
        reason=met.second.reason,
        actor=met.second.actor,
    )


def _repeats(known: Recurrence) -> window_shapes.Repeats:
    return window_shapes.Repeats(
        start=known.start,
        to=known.end,
        days=list(known.days),
        weeks=list(known.weeks),
        timezone=known.zone,
        ends=shown(known.ends),
        words=words(known),
    )


def ended(known: Window, now: float) -> window_shapes.Window:
    """One that is kept no longer: it ended now, or before it began."""
    return structs.replace(window(known, now), state="ended", until=shown(now), held_until=shown(now), repeats=None)


def dead_letter(letter: services.DeadLetter) -> operator_shapes.DeadLetter:
    return operator_shapes.DeadLetter(
        id=letter.id,
        at=shown(letter.at),
        topic=letter.topic,
        reason=letter.reason,
        detail=letter.detail,
        size=letter.size,
        whole=letter.whole,
        retry=letter.retry,
    )


def priority(known: Priority) -> shapes.PriorityWord:
    return _PRIORITIES[known]


def affected(lost: Affected) -> shapes.Affected:
    return shapes.Affected(lost.lanes_down, lost.lanes_total, list(lost.cis), lost.unit)


def _sla(known: Incident) -> shapes.Sla:
    sla = known.sla
    return shapes.Sla(
        shown(sla.respond_by),
        shown(sla.resolve_by),
        list(sla.at_risk),
        list(sla.breached),
        sla.paused,
        shown(sla.paused_at),
        shown(sla.paused_until),
        sla.owner,
    )


def _suppressed(known: Incident) -> shapes.Suppressed | None:
    held = known.suppressed
    return None if held is None else shapes.Suppressed(held.reason, shown(held.until), held.rule)


def _pin(known: Incident) -> shapes.Pin | None:
    pin = known.pin
    return None if pin is None else shapes.Pin(_PRIORITIES[pin.priority], pin.by, pin.reason, shown(pin.until))


def ticket(known: Ticket | None) -> shapes.Ticket | None:
    if known is None:
        return None
    return shapes.Ticket(known.system, known.id, known.url, known.state, known.mode)


def story_line(entry: TimelineEntry) -> shapes.TimelineEntry:
    return shapes.TimelineEntry(shown(entry.at), entry.kind, entry.text, entry.actor, entry.rule)
