"""Makes incidents follow findings: opens, updates, promotes, reopens. A cause has at most one that is not closed."""

from hashlib import sha256

from rules.cause import joining, merging
from rules.course import clocks, flapping, ledger, major, news, pauses, taken
from rules.course.finding import Finding, region_of
from rules.course.incident import Extent, Incident, Priority, Sla, Suppression
from rules.course.lifecycle import after
from rules.draft import Draft, changed
from rules.impact import matrix, pins
from rules.planned import windows
from rules.repeats import change_review, ticket_hold

PERSON_RESOLVED = "resolved by a person"
ACCEPTED = "accepted"
HISTORICAL = "historical"
CANNOT_SELL = "cannot sell"  # a store that is not heard says so
_ENDED_WITH_IT = (PERSON_RESOLVED, ACCEPTED, HISTORICAL, CANNOT_SELL)
_NOW = ("ci", "loss", "reasons", "cohorts")  # follow what is so
_AT_WORST = ("title", "service", "affected")  # follow it only as it grows


def ensure(draft: Draft, finding: Finding, heir: Incident | None = None) -> Incident:
    """The incident of `finding`. `heir` is a symptom's incident that becomes it when there is none yet."""
    row = draft.by_cause(finding.cause)
    if row is None:
        row = _promoted(draft, heir, finding) if heir is not None else _opened(draft, finding)
        draft.begun[row.id] = finding.started_at
        if heir is None:
            return act(draft, matrix.found(draft.policy, _as_found(row, finding), finding))
    elif row.state == "resolved":
        if stays_resolved(draft, row, finding.started_at):
            return row
        row = changed(row, suppressed=None) if ticket_hold.is_held(row) else row
        if windows.holding(draft, finding, None) is not None or ticket_hold.suppression(draft, finding, None):
            row = changed(row, opened_at=None, sla=Sla())  # its clocks begin when nothing holds it any more
        row = _reopened(draft, row, "the same cause failed again")
        draft.begun[row.id] = finding.started_at
    row = act(draft, matrix.found(draft.policy, _followed(draft, row, finding), finding))
    older = merging.into(draft, row)
    if older is not None and row.priority < older.priority:
        lifted(draft, older, finding)
    return row


def lifted(draft: Draft, row: Incident, finding: Finding) -> Incident:
    """As bad as `finding`, which is of what a person merged into it."""
    row = matrix.found(draft.policy, _at_priority(draft, row, finding), finding)
    draft.put_incident(row)
    clocks.arm(draft, row)
    return row


def act(draft: Draft, row: Incident) -> Incident:
    """Starts the clocks and says so, once nothing holds the incident back any more; keeps it."""
    if row.state in ("open", "acknowledged") and row.suppressed is None and row.opened_at is None:
        row = ledger.opened(draft, clocks.start(draft, row))
        draft.tell(row.id, "opened", f"P{row.priority}: {row.title}", "17 clocks")
        again = f":{row.reopened}" if row.reopened else ""
        draft.effect("open_ticket", row.id, f"{row.id}:open{again}", row.resolver_group, row.title)
        row = flapping.page(draft, row, f"{row.id}:page:{row.reopened}")
        row = clocks.escalate(draft, row)
        row = _escalated_to_vendor(draft, row)
        row = major.proposed(draft, row)
        row = change_review.asked(draft, row)
    draft.put_incident(row)
    clocks.arm(draft, row)
    ticket_hold.arm(draft, row)
    return row


def reopened(draft: Draft, row: Incident, why: str, actor: str = "engine") -> Incident:
    """Open again, the healthy time excluded from its clocks (rule 22)."""
    return act(draft, _reopened(draft, row, why, actor))


def made_by_person(draft: Draft, finding: Finding, actor: str, text: str) -> Incident:
    row = matrix.found(draft.policy, _opened(draft, finding), finding)
    draft.tell(row.id, "created", text or row.title, "command", actor)
    return act(draft, row)


def _opened(draft: Draft, finding: Finding) -> Incident:
    known = draft.policy.category(finding.category)
    item = draft.estate.items.get(finding.ci)
    row = Incident(
        id=_id(draft, finding),
        number=draft.next_number("number"),
        cause=finding.cause,
        category=finding.category,
        service=finding.service,
        ci=finding.ci,
        title=finding.title,
        state="open",
        priority=finding.priority,
        worst_priority=finding.priority,
        started_at=finding.started_at,
        learnt_at=finding.learnt_at,
        stores=finding.stores,
        home=finding.home,
        region=region_of(draft, finding.stores),
        resolver_group=finding.resolver_group or draft.estate.resolver_group(finding.home, finding.category),
        runbook=known.runbook,
        vendor=item.vendor if item else "",
        flags=finding.flags,
        suppressed=suppression(draft, finding.parent, finding.closed_until)
        or windows.suppression(draft, finding, None)
        or ticket_hold.suppression(draft, finding, None),
        parent=finding.parent,
    )
    chain = joining.of_new(draft, changed(row, loss=finding.loss)) if row.suppressed is None else None
    if chain is not None:
        row = changed(row, parent=chain.id, suppressed=suppression(draft, chain.id, None))
    why = "; ".join(reason.text for reason in finding.reasons) or finding.title
    rule = finding.reasons[0].rule if finding.reasons else "1 evidence"
    draft.tell(row.id, "started", why, rule)
    if row.suppressed is not None:
        draft.tell(row.id, "suppressed", row.suppressed.reason, row.suppressed.rule)
    return row


def _as_found(row: Incident, finding: Finding) -> Incident:
    """What has just been opened, with all that follows what is so: nothing was before it."""
    return changed(
        row,
        **{name: getattr(finding, name) for name in (*_NOW, *_AT_WORST)},
        stores=tuple(sorted(set(finding.stores))),
        symptoms=tuple(sorted(set(finding.symptoms))),
        flags=tuple(dict.fromkeys(finding.flags)),
        worst=Extent(finding.priority, finding.loss),
        wanted=finding.priority,
    )


def _id(draft: Draft, finding: Finding) -> str:
    """Of the cause and its start; an incident that was absorbed or promoted has them taken, when its CI fails on."""
    first = f"{finding.cause}@{finding.started_at:.3f}"
    at = 1
    while taken.is_taken(draft, found := _hashed(first if at == 1 else f"{first}#{at}")):
        at += 1
    return found


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _promoted(draft: Draft, heir: Incident, finding: Finding) -> Incident:
    """The oldest symptom's incident becomes the cause's, with its number and its ticket (rule 11)."""
    known = draft.policy.category(finding.category)
    text = f"was {heir.title}; the cause is {finding.ci}"
    draft.tell(heir.id, "promoted", text, "11 symptom")
    item = draft.estate.items.get(finding.ci)
    return changed(
        heir,
        worst=None,
        cause=finding.cause,
        category=finding.category,
        home=finding.home,
        started_at=min(heir.started_at, finding.started_at),
        resolver_group=draft.estate.resolver_group(finding.home, finding.category),
        runbook=known.runbook,
        vendor=item.vendor if item else "",
    )


def _followed(draft: Draft, row: Incident, finding: Finding) -> Incident:
    before = row
    stores = tuple(sorted({*row.stores, *finding.stores}))
    row = changed(
        row,
        **{name: getattr(finding, name) for name in _NOW},
        stores=stores,
        region=region_of(draft, stores),
        symptoms=tuple(sorted({*row.symptoms, *finding.symptoms})),
        flags=tuple(dict.fromkeys(flag for flag in (*row.flags, *finding.flags) if flag != HISTORICAL)),
        started_at=min(row.started_at, finding.started_at),
        restored_at=None,
        well_at=row.well_at if row.restored_at is None else row.restored_at,
    )
    row = pauses.ended_if_worse(draft, _at_its_worst(draft, row, before, finding), before)
    if before.restored_at is not None:
        draft.tell(row.id, "failing again", finding.title, "22 restore")
        for timer in ("restore", "nudge"):
            draft.wake(f"{timer}:{row.id}", None)
        row = flapping.again(draft, row)
    row = flapping.reasoned(draft, row)
    row = _held_back(draft, row, finding)
    row = _at_priority(draft, row, finding)
    if row.opened_at is not None and row.suppressed is None and len(stores) > len(before.stores):
        row = major.proposed(draft, row)
    if row.opened_at is not None and (row.title, row.stores, row.parent) != (
        before.title,
        before.stores,
        before.parent,
    ):
        news.updated(draft, row, row.title)
    return row


def _at_its_worst(draft: Draft, row: Incident, before: Incident, finding: Finding) -> Incident:
    """Who looks at it later asks what happened, not what was left when it ended; the story tells how it shrank.

    What comes to stand alone, or becomes part of something, is told anew: as a part it spoke for itself only.
    """
    rank, parent = draft.policy.rank, _parent(draft, before, finding)
    if before.worst is not None and parent == before.parent:
        now = (finding.priority, -finding.loss, rank(finding.service))
        if now > (before.worst.priority, -before.worst.loss, rank(before.service)):
            if finding.loss < before.loss:
                draft.tell(row.id, "less lost", finding.title, "22 restore")
            return row
    told = {name: getattr(finding, name) for name in _AT_WORST}
    return changed(row, **told, worst=Extent(finding.priority, finding.loss))


def _held_back(draft: Draft, row: Incident, finding: Finding) -> Incident:
    parent, older = _parent(draft, row, finding), merging.into(draft, row)
    waits = finding.closed_until if row.opened_at is None else None
    suppressed = (
        suppression(draft, parent, waits)
        or windows.suppression(draft, finding, row)
        or ticket_hold.suppression(draft, finding, row)
    )
    if older is not None:
        suppressed = merging.suppression(older)
    if suppressed is not None and (parent != row.parent or row.suppressed is None):
        draft.tell(row.id, "suppressed", suppressed.reason, suppressed.rule)
    elif suppressed is None and row.suppressed is not None:
        draft.tell(row.id, "released", f"no longer held back: {row.suppressed.reason}", row.suppressed.rule)
    return changed(row, parent=parent, suppressed=suppressed, merged=older.id if older is not None else None)


def _parent(draft: Draft, row: Incident, finding: Finding) -> str | None:
    return merging.parent_of(draft, row, finding.parent or _chain_of(draft, row))


def _chain_of(draft: Draft, row: Incident) -> str | None:
    chain = draft.incident(row.parent or "")
    is_chain = chain is not None and chain.cause.startswith("chain:") and chain.state != "resolved"
    return row.parent if is_chain else None


def _at_priority(draft: Draft, row: Incident, finding: Finding) -> Incident:
    """Raised at once. Lowered after a stable time while nobody has acknowledged, else only proposed (18 and 24)."""
    timer, wanted = f"lower:{row.id}", merging.worst(draft, row, finding.priority)
    row = changed(row, wanted=wanted)
    if row.pin is not None:
        return pins.held(draft, row, wanted)
    if wanted > row.priority and row.opened_at is not None:
        if draft.due != timer:
            if draft.deadline(timer) is None:
                draft.wake(timer, draft.now + draft.policy.ending.lower_after)
            return row
        if row.state == "acknowledged":
            return pins.lowering_proposed(draft, row, wanted)
    draft.wake(timer, None)
    return row if wanted == row.priority else moved(draft, row, wanted, finding.title, "7 capacity")


def moved(  # noqa: PLR0913, PLR0917 - from what to what, why and by whom
    draft: Draft, row: Incident, wanted: Priority, why: str, rule: str, actor: str = "engine"
) -> Incident:
    """At another priority, with its clocks; paged when it was raised. Its impact and urgency are still the old."""
    before = row.priority
    row = changed(
        row,
        priority=wanted,
        worst_priority=min(row.worst_priority, wanted),
        flags=pins.without_proposals(row),
    )
    if row.opened_at is None:
        return row
    row = clocks.reprioritised(draft, row, before)
    word = "raised" if wanted < before else "lowered"
    draft.tell(row.id, word, f"P{before} → P{wanted}: {why}", rule, actor)
    news.updated(draft, row, row.title)
    if wanted < before and row.suppressed is None:
        row = flapping.page(draft, row, f"{row.id}:page:{row.reopened}:P{wanted}:{draft.now:.3f}")
        row = major.proposed(draft, row)
    return row


def _reopened(draft: Draft, row: Incident, why: str, actor: str = "engine") -> Incident:
    phase = after(row.state, "fail_again" if actor == "engine" else "reopen")
    if phase is None:
        return row
    row = flapping.again(draft, row) if actor == "engine" else row
    healthy = draft.now - (row.restored_at or row.resolved_at or draft.now)
    if row.merged is not None:
        row = changed(row, merged=None, parent=None, suppressed=None)
    row = changed(
        clocks.postponed(draft, row, healthy),
        state=phase,
        apart=(),
        reopened=row.reopened + 1,
        worst=None,
        resolved_at=None,
        restored_at=None,
        well_at=None,
        escalation=row.escalation if flapping.is_quiet(draft, row) else 0,
        acknowledged_at=None,
        acknowledged_by=None,
        flags=tuple(flag for flag in pins.without_proposals(row) if flag not in _ENDED_WITH_IT),
    )
    for timer in ("close", "refail"):
        draft.wake(f"{timer}:{row.id}", None)
    draft.tell(row.id, "reopened", why, "22 restore", actor)
    if row.opened_at is not None:
        draft.effect("update_ticket", row.id, f"{row.id}:reopen:{row.reopened}", row.resolver_group, f"reopened: {why}")
        row = flapping.page(draft, row, f"{row.id}:page:{row.reopened}")
        major.wait(draft, row)
    return row


def stays_resolved(draft: Draft, row: Incident, failing_since: float) -> bool:
    """A person closed it while it fails: back once after a while, unless that was accepted for a day (rule 22)."""
    if PERSON_RESOLVED not in row.flags or row.resolved_at is None or failing_since > row.resolved_at:
        return False
    ending = draft.policy.ending
    return draft.now < row.resolved_at + (ending.accepted_for if ACCEPTED in row.flags else ending.still_failing)


def suppression(draft: Draft, parent: str | None, closed_until: float | None) -> Suppression | None:
    explained = draft.incident(parent or "")
    if explained is not None:
        return Suppression(f"part of #{explained.number}: {explained.ci}", rule="11 symptom")
    if closed_until is not None:
        return Suppression("the store is closed; judged again before it opens", closed_until, "9 hours")
    return None


def _escalated_to_vendor(draft: Draft, row: Incident) -> Incident:
    if "vendor escalation" in draft.policy.category(row.category).playbook and row.vendor:
        draft.tell(row.id, "escalated", f"escalated to the vendor {row.vendor}", "20 escalation")
        draft.effect("escalate", row.id, f"{row.id}:vendor:{row.reopened}", row.vendor, row.title)
    return row
