"""How fast a desk is asked, and how long it is left alone after it failed. Pure: time and chance are passed in."""

PAUSE_FIRST, PAUSE_MOST = 1.0, 30.0
BACKOFF_FIRST, BACKOFF_MOST = 2.0, 600.0
MOST_ASKED_WAIT = 3_600.0  # a desk that asks for more is asked again after an hour
MOST_ATTEMPTS = 12  # that failed while the desk did what others asked of it


class Bucket:
    """A token bucket: `rate` requests a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, 0.0

    def wait(self, now: float) -> float:
        """Takes a token and returns how many seconds to wait before the request. `now` is steady time."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        return max(0.0, -self._left / self._rate)


class Breaker:
    """Open for a growing time after each failure in a row. While it was opened, one request at a time tries anew."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0

    def closed(self, now: float) -> bool:
        return now >= self.until

    def failed(self, now: float, chance: float, asked: float | None = None) -> float:
        """`chance` is from 0 to 1. Returns for how many seconds the desk is left alone."""
        self.failures += 1
        pause = min(PAUSE_MOST, PAUSE_FIRST * 2.0 ** min(self.failures - 1, 10)) * (0.5 + chance / 2)
        pause = max(pause, min(asked or 0.0, MOST_ASKED_WAIT))
        self.until = max(self.until, now + pause)
        return pause

    def succeeded(self) -> None:
        self.failures, self.until = 0, 0.0


def backoff(attempts: int, chance: float) -> float:
    """Seconds until a lane whose `attempts` failed is tried again."""
    return min(BACKOFF_MOST, BACKOFF_FIRST * 2.0 ** min(attempts, 20)) * (0.5 + chance / 2)
