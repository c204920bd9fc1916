"""Rule 7: customer impact, not device severity. The loss sets the priority, the category its ceiling and floor."""

from typing import Literal

from rules.course.incident import Priority
from rules.given.playbook import Category, number
from rules.given.policy import Policy

Evidence = Literal["critical", "warning", "unknown"]
_EPSILON = 1e-9


def of_loss(policy: Policy, service: str, lost: float) -> Priority:
    """The band that a share of the service lost falls into. Whatever took them down, dark signs are dark signs."""
    band = number(next(band.priority for band in policy.loss if lost + _EPSILON >= band.lost))
    return max(band, policy.worst_of(service))


def of_failure(policy: Policy, category: Category, service: str, lost: float, evidence: Evidence) -> Priority:
    """For a CI of a store. What is not known to be broken is never a P1 (rule 3)."""
    if evidence != "critical":
        return of_weak_evidence(category, evidence)
    wanted = min(of_loss(policy, service, lost), number(category.floor))
    return max(wanted, number(category.ceiling))


def of_unknown_capacity(category: Category) -> Priority:
    """For a critical CI of which nobody knows what customers lose by it (rule 7)."""
    return max(min(number(category.unknown_capacity), number(category.floor)), number(category.ceiling))


def of_shared_fault(category: Category, evidence: Evidence, *, alternate: bool) -> Priority:
    """For a shared CI found at fault; with an alternate that works nobody stands at a till in vain (rule 13)."""
    if evidence != "critical":
        return of_weak_evidence(category, evidence)
    wanted = number(category.at_fault)
    return max(wanted, 2) if alternate else wanted


def of_weak_evidence(category: Category, evidence: Evidence) -> Priority:
    if evidence == "warning" and category.warning is not None:
        return number(category.warning)
    return 3
