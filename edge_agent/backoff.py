"""How long to wait between two connections. Pure: times and chance are passed in."""

SHORTEST = 0.5  # seconds
LONGEST = 30.0
STOOD = 3.0  # seconds; a connection that ends sooner counts as a try that failed


def within_lease(pulse: float) -> float:
    """The longest pause of an agent that pulses so often: two of the three pulses that its silence is forgiven.

    When the broker was away, all leases begin anew as it returns; who is not back within his own would be missed.
    """
    return min(LONGEST, 2 * pulse)


class Backoff:
    """Doubles from try to try, with jitter, so that a thousand stores that lost one broker do not return at once.

    A broker may let us in and end the connection at our first word, as mosquitto does with max_queued_messages 0 when
    its ACL denies it.
    """

    def __init__(self, longest: float = LONGEST) -> None:
        """`longest` in seconds."""
        self._longest = longest
        self._failures = 0

    def answered(self) -> None:
        """We are welcome. Who takes the connection from us (a clone) is not; our will leaves us one pulse to return."""
        self._failures = 0

    def pause(self, stood: float, chance: float) -> float:
        """Seconds, after a connection that stood so many of them (0.0: none came about). `chance` is from 0 to 1."""
        if stood >= STOOD:
            self._failures = 0
        longest = min(self._longest, SHORTEST * 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)
        return longest * (1 + chance) / 2
