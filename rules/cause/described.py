"""Rules 6, 7 and 11: the finding of a failure in a store: how bad it is, how it is called, and why."""

import msgspec

from rules.cause import contrast
from rules.cause.failure import Failure
from rules.course.finding import CAPACITY_UNKNOWN, Finding, closed_until
from rules.course.incident import Affected, Incident, Priority, Reason
from rules.draft import Draft
from rules.impact.capacity import is_unknown
from rules.impact.priority import of_failure, of_loss, of_unknown_capacity
from rules.sight import disputed


def described(draft: Draft, store: str, one: Failure, parent: Incident | None) -> Finding:
    """`parent` carries the loss where there is one; then it counts for its own share."""
    ref, given, estate = one.ref, one.impact.capacity, draft.estate
    category = estate.rules_of(ref)
    unknown = ref not in estate.items
    blind = one.verdict.evidence == "critical" and not unknown and is_unknown(draft, ref, store)
    lost = one.impact.own if parent is not None else given.lost
    priority = of_failure(draft.policy, category, given.service, lost, one.verdict.evidence)
    if blind:
        priority = of_unknown_capacity(category)
    reasons = [one.verdict.reason]
    if given.total:
        down, unit = f"{len(given.down)} of {given.members}", given.unit
        reasons.append(Reason("6 capacity", f"{given.service}: {down} {unit} down ({given.lost:.0%} lost)"))
    reasons += disputed.reasons(draft, ref, store)
    reasons += contrast.among_items(draft, [ref])
    if parent is not None:
        reasons.append(Reason("11 part", f"part of #{parent.number}, which carries the loss"))
    reasons.append(_why_unknown(one, priority) if blind else _why(draft, one, lost, priority))
    is_path = "@" in one.key
    if is_path:
        reasons.append(Reason("13 path", f"only {estate.name(store)} says so: its own path to {ref}"))
    return Finding(
        cause=draft.estate.cause(one.key),
        category=estate.category(ref),
        ci=store if is_path or unknown else ref,
        title=_title(draft, store, one, whole=parent is None),
        priority=priority,
        service=given.service or category.service,
        started_at=one.row.since,
        learnt_at=one.row.learnt_at,
        home=store,
        stores=(store,),
        loss=0.0 if one.verdict.evidence != "critical" else given.lost,
        affected=Affected(len(given.down), given.members, tuple(dict.fromkeys((ref, *given.down))), given.unit),
        parent=parent.id if parent is not None else None,
        closed_until=closed_until(draft, store, estate.category(ref), (given.service,) if given.total else ()),
        flags=("unknown ci",) if unknown else (CAPACITY_UNKNOWN,) if blind else (),
        reasons=tuple(reasons),
    )


def with_symptoms(finding: Finding, symptoms: tuple[str, ...], began: float) -> Finding:
    """`began`: when the first of them failed, also where it never had an incident of its own to be promoted."""
    if not symptoms:
        return finding
    reason = Reason("11 symptom", f"explains {', '.join(symptoms)}")
    return msgspec.structs.replace(finding, symptoms=symptoms, started_at=began, reasons=(*finding.reasons, reason))


def _why(draft: Draft, one: Failure, lost: float, priority: Priority) -> Reason:
    service, category = one.impact.capacity.service, draft.estate.rules_of(one.ref)
    band = of_loss(draft.policy, service, lost)
    capped = f" (P{band} by loss, category {category.floor}–{category.ceiling})" if band != priority else ""
    return Reason("7 capacity", f"{lost:.0%} of {service or 'no service'} lost: P{priority}{capped}")


def _why_unknown(one: Failure, priority: Priority) -> Reason:
    service = one.impact.capacity.service or "it"
    return Reason("7 capacity unknown", f"nothing in the CMDB says what gives {service} here: P{priority}")


def _title(draft: Draft, store: str, one: Failure, *, whole: bool) -> str:
    """What customers lost first, then where, then which CI."""
    estate, given, category = draft.estate, one.impact.capacity, draft.estate.rules_of(one.ref)
    known = draft.policy.services.get(given.service or category.service)
    service = known.title if known else category.title
    label, where = estate.label(one.ref), estate.name(store)
    if "@" in one.key:
        return f"{service}: no way to {label} from {where}"
    if whole and given.members > 1 and given.down:
        lost = f"{len(given.down)} of {given.members} {given.unit} down"
        return f"{service}: {lost} at {where}" + ("" if given.lost >= draft.policy.chain.lost else f": {label}")
    return f"{service}: {label} failing at {where}"
