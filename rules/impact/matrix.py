"""Rule 7: impact and urgency, apart, as help desks keep them: the policy's matrix of both gives the engine's priority.

Impact is what customers lost, urgency how soon it hurts: 1 on a peak day, 3 while tills sell offline or the store is
closed. What no circumstances explain (a ceiling, a floor, a person's pin) moves them to the nearest pair that fits.
"""

from functools import lru_cache
from itertools import product
from typing import NamedTuple

from rules.course.finding import Finding
from rules.course.incident import Incident, Level, Priority
from rules.draft import changed
from rules.given.playbook import Matrix, number
from rules.given.policy import Policy

_PAIRS = 1_000  # that are kept found: a matrix has 27
_LEVELS: tuple[Level, ...] = (1, 2, 3)


class Weight(NamedTuple):
    impact: Level
    urgency: Level


@lru_cache(_PAIRS)
def weight(matrix: Matrix, impact: Level, urgency: Level, priority: Priority) -> Weight:
    """The pair that `matrix` turns into `priority`, nearest to `impact` and `urgency`; the urgency gives way first.

    The matrix must hold every priority, which a policy that does not is refused for.
    """
    fitting = [Weight(i, u) for i, u in product(_LEVELS, _LEVELS) if number(matrix[i - 1][u - 1]) == priority]
    return min(fitting, key=lambda one: (abs(one.impact - impact), abs(one.urgency - urgency), one))


def found(policy: Policy, row: Incident, finding: Finding) -> Incident:
    """The incident with the impact and urgency of what was found, at the priority that it has."""
    return _placed(policy, row, finding.impact or finding.priority, finding.urgency)


def kept(policy: Policy, row: Incident) -> Incident:
    """As `found`, when only the priority has changed."""
    return _placed(policy, row, row.impact, row.urgency)


def _placed(policy: Policy, row: Incident, impact: Level, urgency: Level) -> Incident:
    fits = weight(policy.matrix, impact, urgency, row.priority)
    return changed(row, impact=fits.impact, urgency=fits.urgency)
