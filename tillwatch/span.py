"""Until when: `--for 45m` or `--until TIME`, as the API takes it."""

import argparse
from typing import Any

from contract.units import duration
from tillwatch.failure import CommandFailed
from tillwatch.instants import instant, rfc3339


def end(options: argparse.Namespace, now: float) -> dict[str, Any]:
    """`until` or `minutes`. Raises CommandFailed for neither, both, or what is no time."""
    if (options.lasting is None) == (options.until is None):
        raise CommandFailed("give its end: either --for 45m or --until TIME", 2)
    try:
        if options.until is not None:
            return {"until": rfc3339(instant(options.until, now))}
        return {"minutes": duration(options.lasting) / 60}
    except ValueError as error:
        raise CommandFailed(str(error), 2) from error
