"""How slow is too slow: two optional limits on a duration."""

from contract.status import Status
from contract.units import Duration


def band(what: str, ms: float | None, warning: Duration | None, critical: Duration | None) -> tuple[Status, str]:
    """`ms` against limits in seconds; a limit that is not set is not judged. The text is empty when all is well.

    >>> band("the answer took", 1500, Duration(1), None)
    (<Status.WARNING: 1>, 'the answer took 1500 ms, more than 1000 ms')
    """
    for status, limit in ((Status.CRITICAL, critical), (Status.WARNING, warning)):
        if ms is not None and limit is not None and ms > limit * 1000:
            return status, f"{what} {ms:.0f} ms, more than {limit * 1000:.0f} ms"
    return Status.OK, ""
