"""Whether this host's clock can be believed."""

import subprocess

from tillwatch.doctor.finding import Finding, ok, warning

_ADVICE = "have chrony or systemd-timesyncd set it"
MOST = 5.0  # seconds; records are corrected by what is known, so this is a warning


def against_collector(offset: float) -> Finding:
    """`offset`: seconds to add to this clock to read the collector's, as its acknowledgements taught."""
    text = f"this clock is {abs(offset):.3f} s {'behind' if offset > 0 else 'ahead of'} the collector's"
    return ok(text) if abs(offset) <= MOST else warning(text, _ADVICE)


def synchronised() -> Finding:
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    match said:
        case "yes":
            return ok("the clock is synchronised")
        case "no":
            return warning("the clock is not synchronised", _ADVICE)
        case _:
            return warning("nobody here can tell whether the clock is right", _ADVICE)
