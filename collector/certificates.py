"""Until when the certificates in collector.yaml are valid, so that an end is seen coming."""

from pathlib import Path

from cryptography import x509

from collector.config import Config

UNREADABLE = 0.0
_Stamp = tuple[int, int]


class Certificates:
    """Reads a file again when it has changed: a renewed certificate is seen without a restart."""

    def __init__(self, config: Config) -> None:
        tls = config.http.tls
        files = {"http": tls.cert if tls else "", "broker": config.broker.cert, "broker_ca": config.broker.ca}
        self._files = {name: Path(path) for name, path in files.items() if path}
        self._known: dict[str, tuple[_Stamp, float]] = {}

    def ends(self) -> dict[str, float]:
        """`http`, `broker` (what we show it) and `broker_ca` → when the first certificate of the file ends to be valid.

        Seconds since 1970 UTC; 0 for a file that cannot be read, which has ended for whoever needs it.
        """
        return {name: self._end(name, path) for name, path in self._files.items()}

    def _end(self, name: str, path: Path) -> float:
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            if name not in self._known or self._known[name][0] != stamp:
                self._known[name] = (stamp, first_end(path.read_bytes()))
        except (OSError, ValueError):
            return UNREADABLE
        return self._known[name][1]


def first_end(pem: bytes) -> float:
    """The earliest end of validity of the certificates in `pem`. Raises ValueError when there is none."""
    return min(one.not_valid_after_utc.timestamp() for one in x509.load_pem_x509_certificates(pem))
