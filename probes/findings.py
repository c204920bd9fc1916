"""What a judge has to say, point by point, and how the points become one verdict."""

from collections.abc import Sequence
from typing import NamedTuple

from contract.status import SEVERITY, Status, worst
from probes.probe import Verdict


class Finding(NamedTuple):
    """One thing that is not well."""

    status: Status
    text: str


def verdict(findings: Sequence[Finding], values: dict[str, float]) -> Verdict:
    """The worst of `findings`, all of them in words, worst first; ok when there are none.

    >>> verdict([Finding(Status.WARNING, "slow"), Finding(Status.CRITICAL, "wrong")], {})
    Verdict(status=<Status.CRITICAL: 2>, text='wrong; slow', values={})
    """
    if not findings:
        return Verdict(Status.OK, "", values)
    ordered = sorted(findings, key=lambda finding: -SEVERITY[finding.status])
    return Verdict(worst(finding.status for finding in findings), "; ".join(text for _, text in ordered), values)


def above(what: str, found: float, unit: str, warning: float | None, critical: float | None) -> list[Finding]:
    """`found` against two limits in the same unit; a limit that is not set is not judged.

    >>> above("the answer took", 1500, "ms", 1000, None)
    [Finding(status=<Status.WARNING: 1>, text='the answer took 1500 ms, more than 1000 ms')]
    """
    for status, limit in ((Status.CRITICAL, critical), (Status.WARNING, warning)):
        if limit is not None and found > limit:
            return [Finding(status, f"{what} {found:.4g} {unit}, more than {limit:.4g} {unit}")]
    return []


def slower(what: str, ms: float, warning: float | None, critical: float | None) -> list[Finding]:
    """`ms` against limits in seconds, as durations in settings are."""
    in_ms = [None if limit is None else limit * 1000 for limit in (warning, critical)]
    return above(what, ms, "ms", *in_ms)
