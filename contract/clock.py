"""A host's clock error from one exchange with the collector, as NTP computes it (RFC 5905, section 8)."""

from typing import NamedTuple


class Exchange(NamedTuple):
    """Four instants in seconds: two of the agent's clock around two of the collector's."""

    sent: float
    received: float
    answered: float
    arrived: float


def offset(exchange: Exchange) -> float:
    """Seconds to add to the agent's wall clock to read the collector's; wrong by at most half of `delay`."""
    return ((exchange.received - exchange.sent) + (exchange.answered - exchange.arrived)) / 2


def delay(exchange: Exchange) -> float:
    """Seconds on the line, both ways, without the collector's own time."""
    return (exchange.arrived - exchange.sent) - (exchange.answered - exchange.received)
