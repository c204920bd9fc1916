"""The way between a store and the broker: messages are delayed, lost, doubled, overtaken; lines stall, and are cut.

Within one connection TCP keeps the order and loses nothing, so losing or overtaking there is worse than a network is:
it stands for what brokers and bridges do.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple, Protocol

from contract import topics
from tests.simulation.timeline import Timeline

WINDOW = 20  # edge_agent.wire.WINDOW
NOTICED = 18.0  # seconds: a cut that is shorter only stalls
LATE = 20.0  # seconds that an overtaken message comes later, at most
_KEEPALIVE = (18.0, 24.0)


class Weather(NamedTuple):
    """Shares are of messages; `delay` in seconds one way, up to twice as much."""

    delay: float = 0.02
    lose_up: float = 0.0
    lose_down: float = 0.0
    twice: float = 0.0
    overtake: float = 0.0


class Listener(Protocol):
    """Who is told what happens on the line of one agent."""

    def connected(self) -> None: ...

    def disconnected(self) -> None: ...

    def received(self, topic: str, payload: bytes) -> None: ...

    def taken(self, topic: str, payload: bytes) -> None: ...


class BrokerSide(Protocol):
    up: bool

    def agent_connects(self, line: "AgentLine", connection: "Connection") -> None: ...

    def agent_gone(self, connection: "Connection") -> None: ...

    def agent_says(self, topic: str, payload: bytes) -> None: ...


class Connection:
    """One connection, which each end believes in until it notices that the other is gone."""

    def __init__(self, agent: str, will: bytes) -> None:
        self.agent, self.will = agent, will
        self.agent_believes = self.broker_believes = True
        self.untaken = 0
        self.up_to = self.down_to = 0.0  # nothing arrives before this, for TCP keeps the order


class AgentLine:
    """An agent's way to the broker. `open` keeps it connected, as the wire does, until its process dies."""

    def __init__(
        self, agent: str, *, timeline: Timeline, chance: Random, broker: BrokerSide, listener: Listener
    ) -> None:
        self.agent = agent
        self.weather = Weather()
        self._timeline, self._chance, self._broker, self._listener = timeline, chance, broker, listener
        self._connection: Connection | None = None
        self._will: Callable[[], bytes] | None = None
        self._cut_until = self._stalled_until = self._deaf_until = 0.0
        self._process = 0
        self._ack = topics.down(agent, "ack")

    @property
    def is_cut(self) -> bool:
        return self._timeline.now < self._cut_until

    def open(self, will: Callable[[], bytes]) -> None:
        self._will = will
        self._process += 1
        self._try_soon(0.1)

    def process_died(self) -> None:
        """Its system closes the socket, which the broker learns unless the line is cut."""
        connection, self._connection, self._will = self._connection, None, None
        if connection is not None:
            connection.agent_believes = False
            if not self.is_cut:
                self._broker_notices(connection)

    def cut(self, seconds: float) -> None:
        """Nothing passes. A short cut is a stall; in a long one both ends notice, each in its time."""
        self._timeline.tell(f"the line of {self.agent} is cut for {seconds:.0f} s")
        if seconds < NOTICED:
            self._stalled_until = max(self._stalled_until, self._timeline.now + seconds)
            return
        self._cut_until = max(self._cut_until, self._timeline.now + seconds)
        connection = self._connection
        if connection is not None:
            self._timeline.after(self._chance.uniform(*_KEEPALIVE), lambda: self._agent_notices(connection))
            self._timeline.after(self._chance.uniform(*_KEEPALIVE), lambda: self._broker_notices(connection))

    def deafen(self, seconds: float) -> None:
        """Acks and commands are lost on the way down; the line stands."""
        self._timeline.tell(f"{self.agent} is deaf for {seconds:.0f} s")
        self._deaf_until = self._timeline.now + seconds

    def heal(self) -> None:
        self._cut_until = self._deaf_until = self._stalled_until = self._timeline.now
        self.weather = Weather()

    def reset(self) -> None:
        """The broker or something between closed the connection; both ends know."""
        connection = self._connection
        if connection is not None:
            connection.broker_believes = False
            self._agent_notices(connection)

    def publish(self, topic: str, payload: bytes) -> None:
        connection = self._connection
        if connection is None or connection.untaken >= WINDOW:
            return
        connection.untaken += 1
        if self.is_cut:
            return
        lost = self._chance.random() < self.weather.lose_up
        copies = 2 if self._chance.random() < self.weather.twice else 1
        for _ in range(copies):
            connection.up_to = when = self._arrival(connection.up_to)
            self._timeline.at(when, lambda: self._reaches_broker(connection, topic, payload, lost))

    def down(self, topic: str, payload: bytes) -> None:
        """From the broker, at most once."""
        connection = self._connection
        if connection is None or self.is_cut or self._timeline.now < self._deaf_until:
            return
        if self._chance.random() < self.weather.lose_down:
            return
        connection.down_to = when = self._arrival(connection.down_to)
        self._timeline.at(when, lambda: self._reaches_agent(connection, topic, payload))

    def _reaches_broker(self, connection: Connection, topic: str, payload: bytes, lost: bool) -> None:
        if not connection.broker_believes or not self._broker.up:
            return
        if not lost:
            self._broker.agent_says(topic, payload)
        self._timeline.at(self._arrival(0.0), lambda: self._taken(connection, topic, payload))

    def _taken(self, connection: Connection, topic: str, payload: bytes) -> None:
        if connection is self._connection and not self.is_cut:
            connection.untaken = max(0, connection.untaken - 1)
            self._listener.taken(topic, payload)

    def _reaches_agent(self, connection: Connection, topic: str, payload: bytes) -> None:
        if connection is self._connection and not self.is_cut:
            self._listener.received(topic, payload)

    def _arrival(self, not_before: float) -> float:
        when = max(self._timeline.now, self._stalled_until) + self.weather.delay * self._chance.uniform(1, 2)
        if self._chance.random() < self.weather.overtake:
            return when + self._chance.uniform(1, LATE)
        return max(when, not_before)

    def _agent_notices(self, connection: Connection) -> None:
        if connection is self._connection:
            self._connection = None
            connection.agent_believes = False
            self._timeline.tell(f"{self.agent} has lost its line")
            self._listener.disconnected()
            self._try_soon(self._chance.uniform(0.5, 8))

    def _broker_notices(self, connection: Connection) -> None:
        if connection.broker_believes:
            connection.broker_believes = False
            self._broker.agent_gone(connection)

    def _try_soon(self, seconds: float) -> None:
        process = self._process
        self._timeline.after(seconds, lambda: self._try(process))

    def _try(self, process: int) -> None:
        if process != self._process or self._will is None or self._connection is not None:
            return
        if self.is_cut or not self._broker.up:
            self._try_soon(self._chance.uniform(1, 10))
            return
        self._connection = Connection(self.agent, self._will())
        self._broker.agent_connects(self, self._connection)
        self._timeline.tell(f"{self.agent} is connected")
        self._listener.connected()
