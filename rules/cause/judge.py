"""One store judged as a whole: every failure is a cause, a symptom or a part, in whatever order it was learnt.

A function of what is believed now, not of the event that led here; that is why arrival order does not matter.
"""

from rules.cause import backup, contrast, leftover, residual
from rules.cause.leaving import leave, why_left
from rules.cause.leftover import Left
from rules.cause.symptoms import Verdict, is_failing, verdict
from rules.course.finding import CAPACITY_UNKNOWN, Finding, closed_until, openings
from rules.course.incident import Affected, Incident, Reason
from rules.course.incidents import ensure, stays_resolved
from rules.course.restore import absorb, recover, unobserved
from rules.draft import Draft
from rules.given.playbook import AGENT_SILENT, STORE_UNREACHABLE, Category
from rules.impact import circumstances
from rules.impact.capacity import Impact, alone, impact, is_unknown
from rules.impact.priority import of_failure, of_loss, of_unknown_capacity
from rules.planned import windows
from rules.sight import disputed, silence
from rules.sight.belief import ItemState
from rules.sight.beliefs import ok_since
from rules.state import home_of

_APART = "apart"  # the timer of a lead whose parts soon stand alone
_ELSEWHERE = (STORE_UNREACHABLE, AGENT_SILENT, "manual", "chain", residual.KIND)  # causes that are not kept here


def judge_store(draft: Draft, store: str) -> None:
    wakes = silence.judge(draft, store)
    if any(draft.is_fresh(agent) for agent in draft.estate.agents(store)):
        wakes += _judge_items(draft, store)
    coming = [at for at in wakes if draft.now < at < float("inf")]
    draft.wake(f"store:{store}", min(coming, default=None))


def cause_of(draft: Draft, key: str) -> str:
    """The cause of an item's or a vote's key, or of what a residual incident is about, which is one already."""
    if key.startswith(f"{residual.KIND}:"):
        return key
    return f"{draft.estate.category(key.partition('@')[0])}:{key}"


def _judge_items(draft: Draft, store: str) -> list[float]:
    rows = dict(draft.troubled(store))
    if not rows:
        for key, row in _existing(draft, store).items():
            _follow(draft, store, key, row, None)
        return []
    verdicts = backup.as_one(draft, store, {key: verdict(draft, key, row, store) for key, row in rows.items()})
    causes = {key: rows[key] for key, found in verdicts.items() if found.kind == "cause"}
    impacts = {key: impact(draft, key.partition("@")[0], store) for key in causes}
    existing = _existing(draft, store)
    taken_out = {key for row in existing.values() for key in row.apart if key in causes}
    impacts |= {key: alone(draft, impacts[key], key.partition("@")[0], store) for key in taken_out}
    free = {key: row for key, row in causes.items() if key not in taken_out}
    leads = _leads(draft, free, verdicts, impacts, existing)
    left = leftover.in_store(
        draft,
        store,
        [Left(key, row, verdicts[key], impacts[key], existing.get(key)) for key, row in free.items()],
        leads,
    )
    wakes = [found.until for found in verdicts.values() if found.until is not None]
    wakes += openings(draft, store) if causes else []
    wakes += disputed.note(
        draft, store, [ref for key in rows if is_failing(draft, ref := key.partition("@")[0], store)]
    )
    for key in sorted(causes, key=lambda key: (leads.get(key, key) != key, causes[key].since, key)):
        explained = {one for one, found in verdicts.items() if found.kind == "symptom" and found.by == key}
        near = (existing.get(one) for one in (key, *sorted(explained)))
        heirs = [row for row in near if row is not None and row.restored_at is None]
        lead = leads.get(key, key)
        parent = left.get(key) or (draft.by_cause(cause_of(draft, lead)) if lead != key else None)
        finding = _finding(draft, store, key, causes[key], verdicts[key], impacts[key], parent)
        if verdicts[key].evidence == "critical" and CAPACITY_UNKNOWN not in finding.flags:
            failing = [(one, causes[one]) for one in causes if leads.get(one, one) == key or one == key]
            finding, coming = circumstances.weighed(draft, finding, failing)
            wakes += coming
        wakes += [finding.closed_until] if finding.closed_until is not None else []
        symptoms = tuple(sorted(one.partition("@")[0] for one in explained))
        heir = next(iter(sorted(heirs, key=lambda row: (row.cause.partition(":")[2] != key, row.number))), None)
        began = min(rows[one].since for one in (key, *explained))
        ensure(draft, _with_symptoms(finding, symptoms, began), heir)
    for lead in sorted({lead for lead in leads.values() if lead not in causes}):
        wakes += _stand(draft, store, lead, [key for key in leads if leads[key] == lead], causes, impacts)
    for key, row in _existing(draft, store).items():
        if key not in causes and key not in leads.values():
            _follow(draft, store, key, row, verdicts.get(key))
    return wakes


def _stand(  # noqa: PLR0913, PLR0917 - the lead, and what it leads
    draft: Draft,
    store: str,
    lead: str,
    members: list[str],
    causes: dict[str, ItemState],
    impacts: dict[str, Impact],
) -> list[float]:
    """A lead whose own CI is well again carries the loss of its parts on, up and down."""
    first = min(members, key=lambda key: (causes[key].since, key))
    still = Verdict("cause", Reason("11 part", f"{draft.estate.label(lead)} is well again, but what it leads is not"))
    finding = _finding(draft, store, lead, causes[first], still, impacts[first], None)
    finding, wakes = circumstances.weighed(draft, finding, [(key, causes[key]) for key in members])
    ensure(draft, finding)
    return wakes


def _existing(draft: Draft, store: str) -> dict[str, Incident]:
    """The store's unresolved incidents about its CIs, by key."""
    rows = [row for row in draft.of_home(store) if row.state != "resolved"]
    parted = [(row.cause.partition(":"), row) for row in rows]
    return {key: row for (kind, _, key), row in parted if kind not in _ELSEWHERE}


def _follow(draft: Draft, store: str, key: str, row: Incident, found: Verdict | None) -> None:
    """An incident whose CI is not a cause now: explained, well again, or nobody can tell."""
    if left := why_left(draft, key.partition("@")[0]):
        leave(draft, row, left)
        return
    if found is not None and found.kind in ("waiting", "held"):
        return
    if found is not None and found.kind == "symptom":
        cause = draft.by_cause(cause_of(draft, found.by))
        if cause is not None and cause.state != "resolved":
            absorb(draft, row, cause)
        return
    if backup.is_in_use(draft, store, key):
        return
    well = ok_since(draft, key.partition("@")[0], store)
    if well is None:
        unobserved(draft, row)
    else:
        recover(draft, row, well)


def _leads(
    draft: Draft,
    causes: dict[str, ItemState],
    verdicts: dict[str, Verdict],
    impacts: dict[str, Impact],
    existing: dict[str, Incident],
) -> dict[str, str]:
    """Key → the key that leads it. When half of a service is gone, its incidents are one: the first leads the others.

    A lead stays the lead while its parts fail, also when its own CI is well again: the loss is what it stands for. Not
    when something explains it by now.
    What something else disputes to need stays apart: it cannot explain that loss, so it does not carry it (rule 12).
    What a window holds back leads nothing that is not: a planned loss must not hide another (rule 25).
    """
    groups: dict[tuple[str, bool], list[str]] = {}
    apart = {ref for key in causes for ref in disputed.parents(draft, key.partition("@")[0], home_of(key))}
    for key, row in causes.items():
        if key in apart:
            continue
        if verdicts[key].evidence == "critical" and impacts[key].capacity.lost >= draft.policy.chain.lost:
            held = _is_held(draft, key, row, existing.get(key))
            groups.setdefault((impacts[key].capacity.service, held), []).append(key)
    leads: dict[str, str] = {}
    for members in groups.values():
        ids = {existing[key].id for key in members if key in existing}
        standing = [
            key
            for key, row in existing.items()
            if any(part.id in ids and part.merged is None for part in draft.parts(row.id))
            if key in members or key not in causes
            if not why_left(draft, key.partition("@")[0])
            if key not in verdicts or verdicts[key].kind != "symptom"
        ]
        free = [key for key in members if not _is_done(draft, key, causes[key])] or members
        first = min(free, key=lambda key: (_category(draft, key).ceiling, causes[key].since, key))
        lead = min(standing, key=lambda key: existing[key].number, default=first)
        leads.update(dict.fromkeys(members, lead))
        if lead in existing:
            draft.wake(f"{_APART}:{existing[lead].id}", None)
    together = {key: row for key, row in causes.items() if key not in apart}
    return leads | _not_yet_apart(draft, together, existing, leads)


def _not_yet_apart(
    draft: Draft, causes: dict[str, ItemState], existing: dict[str, Incident], leads: dict[str, str]
) -> dict[str, str]:
    """Key → its lead, for parts of a lead that fails on while less than half is lost: for as long as the lead keeps its
    priority. One lane that comes and goes must not part and join the others each time.
    """
    found: dict[str, str] = {}
    by_id = {row.id: key for key, row in existing.items() if key in causes and row.opened_at is not None}
    for key in causes:
        lead = by_id.get(existing[key].parent or "") if key in existing and key not in leads else None
        if lead is None or lead in leads:
            continue
        timer = f"{_APART}:{existing[lead].id}"
        if draft.due != timer:
            found[key] = lead
            if draft.deadline(timer) is None:
                draft.wake(timer, draft.now + draft.policy.ending.lower_after)
    return found


def _is_held(draft: Draft, key: str, row: ItemState, known: Incident | None) -> bool:
    if not draft.has_windows() or (known is not None and known.opened_at is not None):
        return False
    ref, _, store = key.partition("@")
    home = store or ref.partition("/")[0]
    covering = windows.covering(draft, home, ref, _category_name(draft, key))
    return any(window.holds(row.since, draft.now) for window in covering)


def _is_done(draft: Draft, key: str, row: ItemState) -> bool:
    """A person has resolved it although it fails: it cannot lead others."""
    known = draft.by_cause(cause_of(draft, key))
    return known is not None and known.state == "resolved" and stays_resolved(draft, known, row.since)


def _finding(  # noqa: PLR0913, PLR0917 - the parts of one judgement, each decided by its own rule
    draft: Draft, store: str, key: str, row: ItemState, found: Verdict, hit: Impact, parent: Incident | None
) -> Finding:
    ref = key.partition("@")[0]
    category = _category(draft, key)
    given = hit.capacity
    lost = hit.own if parent is not None else given.lost
    priority = of_failure(draft.policy, category, given.service, lost, found.evidence)
    unknown = ref not in draft.estate.items
    blind = found.evidence == "critical" and not unknown and is_unknown(draft, ref, store)
    if blind:
        priority = of_unknown_capacity(category)
    reasons = [found.reason]
    if given.total:
        down, unit = f"{len(given.down)} of {given.members}", given.unit
        reasons.append(Reason("6 capacity", f"{given.service}: {down} {unit} down ({given.lost:.0%} lost)"))
    reasons += disputed.reasons(draft, ref, store)
    reasons += contrast.among_items(draft, [ref])
    if parent is not None:
        reasons.append(Reason("11 part", f"part of #{parent.number}, which carries the loss"))
    band = of_loss(draft.policy, given.service, lost)
    capped = f" (P{band} by loss, category {category.floor}–{category.ceiling})" if band != priority else ""
    if blind:
        text = f"nothing in the CMDB says what gives {given.service or 'it'} here: P{priority}"
        reasons.append(Reason("7 capacity unknown", text))
    else:
        said = f"{lost:.0%} of {given.service or 'no service'} lost: P{priority}{capped}"
        reasons.append(Reason("7 capacity", said))
    if "@" in key:
        reasons.append(Reason("13 path", f"only {draft.estate.name(store)} says so: its own path to {ref}"))
    return Finding(
        cause=cause_of(draft, key),
        category=draft.estate.category(ref),
        ci=store if "@" in key or unknown else ref,
        title=_title(draft, store, key, hit, whole=parent is None),
        priority=priority,
        service=given.service or category.service,
        started_at=row.since,
        learnt_at=row.learnt_at,
        home=store,
        stores=(store,),
        loss=0.0 if found.evidence != "critical" else given.lost,
        affected=Affected(len(given.down), given.members, tuple(dict.fromkeys((ref, *given.down))), given.unit),
        parent=parent.id if parent is not None else None,
        closed_until=closed_until(draft, store, draft.estate.category(ref), (given.service,) if given.total else ()),
        flags=("unknown ci",) if unknown else (CAPACITY_UNKNOWN,) if blind else (),
        reasons=tuple(reasons),
    )


def _title(draft: Draft, store: str, key: str, hit: Impact, *, whole: bool) -> str:
    """What customers lost first, then where, then which CI."""
    ref, path, _ = key.partition("@")
    estate, given = draft.estate, hit.capacity
    known = draft.policy.services.get(given.service or _category(draft, key).service)
    service = known.title if known else _category(draft, key).title
    label, where = estate.label(ref), estate.name(store)
    if path:
        return f"{service}: no way to {label} from {where}"
    if whole and given.members > 1 and given.down:
        lost = f"{len(given.down)} of {given.members} {given.unit} down"
        return f"{service}: {lost} at {where}" + ("" if given.lost >= draft.policy.chain.lost else f": {label}")
    return f"{service}: {label} failing at {where}"


def _with_symptoms(finding: Finding, symptoms: tuple[str, ...], began: float) -> Finding:
    """`began`: when the first of them failed, also where it never had an incident of its own to be promoted."""
    if not symptoms:
        return finding
    reason = Reason("11 symptom", f"explains {', '.join(symptoms)}")
    fields = {name: getattr(finding, name) for name in finding.__struct_fields__}
    return Finding(**{**fields, "symptoms": symptoms, "started_at": began, "reasons": (*finding.reasons, reason)})


def _category(draft: Draft, key: str) -> Category:
    return draft.estate.rules_of(key.partition("@")[0])


def _category_name(draft: Draft, key: str) -> str:
    return draft.estate.category(key.partition("@")[0])
