"""A broker as FACTS of mosquitto say: it takes at QoS 1, and loses what it took when its queue is full or it is killed.

The collector's session is persistent: what it has not acknowledged comes again on its next connection.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from contract import topics
from tests.simulation.network import LATE, AgentLine, Connection, Weather
from tests.simulation.timeline import Timeline

IN_FLIGHT = 1_000  # max_inflight_messages


class Message(NamedTuple):
    id: int
    topic: str
    payload: bytes


Deliver = Callable[[Message], None]


class Broker:
    """`bound`: max_queued_messages. `up` False: it does not run."""

    def __init__(self, timeline: Timeline, chance: Random, weather: Weather, bound: int) -> None:
        self.up = True
        self.life = 1  # grows when it is killed: no connection outlasts it
        self.weather = weather
        self.lost = 0
        self._timeline, self._chance, self._bound = timeline, chance, bound
        self._agents: dict[str, tuple[AgentLine, Connection]] = {}
        self._has_session = False
        self._collector: Deliver | None = None
        self._flights: dict[int, Message] = {}
        self._queue: deque[Message] = deque()
        self._arrives = 0.0
        self._ids = 0

    # The agents' side

    def agent_connects(self, line: AgentLine, connection: Connection) -> None:
        """A second connection of the same client ends the first, and that one's will is published."""
        before = self._agents.get(line.agent)
        if before is not None and before[1].broker_believes:
            before[1].broker_believes = False
            self.agent_gone(before[1])
        self._agents[line.agent] = (line, connection)

    def agent_gone(self, connection: Connection) -> None:
        """Without a word: its will is published."""
        if self.up:
            self._timeline.tell(f"the broker publishes the will of {connection.agent}")
            self.agent_says(topics.up(connection.agent, "bye"), connection.will)

    def agent_says(self, topic: str, payload: bytes) -> None:
        """Taken, and acknowledged to the agent whatever becomes of it."""
        if not self._has_session:
            self.lost += 1
            return
        self._ids += 1
        message = Message(self._ids, topic, payload)
        if self._collector is not None and len(self._flights) < IN_FLIGHT:
            self._send(message)
        elif len(self._queue) < self._bound:
            self._queue.append(message)
        else:
            self.lost += 1

    # The collector's side

    def collector_connects(self, deliver: Deliver) -> None:
        """Subscribed, with all that is due from before."""
        self._has_session = True
        self._collector = deliver
        self._arrives = 0.0
        for message in list(self._flights.values()):
            self._send(message)
        self._fill()

    def collector_gone(self) -> None:
        self._collector = None

    def collector_took(self, message: int) -> None:
        self._flights.pop(message, None)
        self._fill()

    def collector_says(self, topic: str, payload: bytes) -> None:
        """QoS 0: to whoever is there."""
        agent = topic.split("/")[3]
        if agent in self._agents and self._agents[agent][1].broker_believes:
            self._agents[agent][0].down(topic, payload)

    # What happens to it

    def kill(self, keeps: bool) -> None:
        """`keeps`: its last autosave was just now. Otherwise session and messages are gone."""
        self._timeline.tell(f"the broker is killed and {'keeps' if keeps else 'loses'} what it had")
        self.up = False
        self.life += 1
        self._collector = None
        if not keeps:
            self._has_session = False
            self.lost += len(self._flights) + len(self._queue)
            self._flights.clear()
            self._queue.clear()
        for line, _ in list(self._agents.values()):
            line.reset()
        self._agents.clear()

    def start(self) -> None:
        self.up = True

    def _fill(self) -> None:
        while self._queue and self._collector is not None and len(self._flights) < IN_FLIGHT:
            self._send(self._queue.popleft())

    def _send(self, message: Message) -> None:
        self._flights[message.id] = message
        collector = self._collector
        for _ in range(2 if self._chance.random() < self.weather.twice else 1):
            when = self._timeline.now + self.weather.delay * self._chance.uniform(0.1, 0.2)
            if self._chance.random() < self.weather.overtake:
                when += self._chance.uniform(1, LATE)
            else:
                self._arrives = when = max(when, self._arrives)
            self._timeline.at(when, lambda: self._delivered(collector, message))

    def _delivered(self, collector: Deliver | None, message: Message) -> None:
        if collector is not None and collector is self._collector:
            collector(message)
