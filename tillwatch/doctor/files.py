"""Files that hold secrets: there, and not for everybody on this host; and how long certificates are still good."""

import stat
from collections.abc import Iterator
from pathlib import Path

from contract import certificate, credentials
from tillwatch.doctor.finding import Finding, failed, ok, warning

DAY = 86_400.0
SOON = 21.0  # days: a renewal that works has happened long before


def secret(what: str, path: str) -> Finding:
    """A file that only its service, and its group, may read."""
    found = _mode(what, path)
    if isinstance(found, Finding):
        return found
    if found & (stat.S_IRWXO | stat.S_IWGRP):
        return failed(f"{what} {path} is open to others (mode {found:04o})", f"chmod 0640 {path}")
    return ok(f"{what} {path} is closed to others")


def personal(what: str, path: str) -> Finding:
    """A file without a secret that still tells strangers a lot."""
    found = secret(what, path)
    return found if found.level == "ok" else found._replace(level="warning")


def settings(path: Path) -> Finding:
    """A file that says what is run: whoever can write it can have anything asked of anybody."""
    found = _mode("the configuration", str(path))
    if isinstance(found, Finding):
        return found
    if found & stat.S_IWOTH:
        return failed(f"{path} can be written by everybody (mode {found:04o})", f"chmod o-w {path}")
    return ok(f"{path} is valid")


def validity(what: str, path: str, now: float, name: str = "") -> Iterator[Finding]:
    """How long the certificate in `path` is good, and with `name` whether it is that one's."""
    try:
        found = certificate.first_of(Path(path).read_text(encoding="ascii", errors="replace"))
    except (OSError, ValueError) as error:
        yield failed(f"{what} {path} cannot be read: {error}", "put a PEM certificate there")
        return
    yield lifetime(f"{what} {path}", found.ends - now)
    if name and found.name != name:
        yield failed(
            f"{what} {path} is for {found.name!r}: to the broker this host is not {name!r}",
            f"issue a certificate with the common name {name}",
        )


def lifetime(what: str, seconds: float) -> Finding:
    days = seconds / DAY
    if days < 0:
        return failed(f"{what} has expired {-days:.0f} days ago", "renew it; it is in force with the next connection")
    if days < SOON:
        return warning(f"{what} is good for {days:.0f} days only", "see why it was not renewed")
    return ok(f"{what} is good for {days:.0f} days")


def _mode(what: str, path: str) -> int | Finding:
    try:
        return stat.S_IMODE(Path(path).stat().st_mode)
    except FileNotFoundError:
        return failed(f"{what}: {credentials.why_missing(path)}", "put it there, or correct the setting")
    except OSError as error:
        return failed(f"{what} {path}: {error.strerror}", "run the doctor as root or as the service's user")
