"""Whether silence was told when there was silence, and only then: from what really reached the collector."""

from collections.abc import Iterator

from rules.entries import AgentHeard, AgentSilent
from tests.simulation.books import Books
from tests.simulation.host import PULSE
from tests.simulation.script import END
from tests.simulation.timeline import START

LEASE = 3 * PULSE
SLACK = 30.0  # seconds: turns, and what was on the way


def wrong_about_silence(books: Books) -> Iterator[str]:
    silent_since: dict[str, float] = {}
    silences: dict[str, list[tuple[float, float]]] = {agent: [] for agent in books.ledger.lives}
    for entry in books.journal:
        if isinstance(entry, AgentSilent):
            silent_since[entry.agent] = entry.at
            last = max((at for at in books.ledger.heard.get(entry.agent, []) if at <= entry.at), default=0.0)
            gone = any(last - SLACK <= at <= entry.at for at in books.ledger.byes.get(entry.agent, []))
            if _listening(books.ledger.deaf, last, entry.at, PULSE) < (PULSE - 1 if gone else LEASE - 1):
                yield f"{entry.agent} is silent at {entry.at - START:.0f}, and was heard at {last - START:.0f}"
        elif isinstance(entry, AgentHeard) and entry.agent in silent_since:
            silences[entry.agent].append((silent_since.pop(entry.agent), entry.at))
    slow = [*books.ledger.deaf, *books.ledger.refused]
    for agent, heard in books.ledger.heard.items():
        told = [*silences[agent], *([(silent_since[agent], END)] if agent in silent_since else [])]
        for before, after in zip(heard, [*heard[1:], END], strict=True):
            listening = _listening(slow, before, after, 0.0)
            if listening > LEASE + SLACK and not any(before <= begin <= after for begin, _ in told):
                yield f"{agent} was not heard from {before - START:.0f} to {after - START:.0f}, and nobody noticed"


def _listening(pauses: list[tuple[float, float]], begin: float, end: float, least: float) -> float:
    """The longest time between the two in which silence proved something; what was shorter than `least` is no pause."""
    longest = 0.0
    for deaf, back in sorted(pauses):
        if back > begin and deaf < end and back - deaf >= least:
            longest = max(longest, deaf - begin)
            begin = max(begin, back)
    return max(longest, end - begin)
