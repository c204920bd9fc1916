"""TLS contexts: whom a probe trusts. Kept, because reading the system's certificates takes milliseconds."""

import ssl
from functools import lru_cache
from pathlib import Path


def context(verify: bool, ca: str = "", client_cert: str = "") -> ssl.SSLContext:
    """Trusts the certificates in the file `ca`, or the system's; with `verify` off, everybody.

    `client_cert` is a file with the certificate and key to show. Raises OSError (ssl.SSLError is one) for files that
    cannot be read.
    """
    files = tuple(Path(path).stat().st_mtime_ns for path in (ca, client_cert) if path)
    return _loaded(verify, ca, client_cert, files)


@lru_cache(maxsize=64)
def _loaded(verify: bool, ca: str, client_cert: str, _changed: tuple[int, ...]) -> ssl.SSLContext:
    """`_changed` makes a renewed file a new entry."""
    made = ssl.create_default_context(cafile=ca or None)
    if client_cert:
        made.load_cert_chain(client_cert)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
