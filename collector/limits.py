"""How many dead letters one sender may store a minute; beyond that they are counted only. Pure."""

A_MINUTE = 10
MOST_SENDERS = 10_000


class LetterLimit:
    """A sender that floods us fills neither the disk nor the list that people read."""

    def __init__(self) -> None:
        self._minute = 0
        self._stored: dict[str, int] = {}

    def allows(self, sender: str, now: float) -> bool:
        """Counts one letter of `sender`. `now` is steady time in seconds."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._stored.clear()
        key = sender[:64] if len(self._stored) < MOST_SENDERS else ""
        self._stored[key] = self._stored.get(key, 0) + 1
        return self._stored[key] <= A_MINUTE
