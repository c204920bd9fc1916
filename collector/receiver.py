"""The thread that takes messages in: a turn of the line, one commit, the answers, and again.

Line and ingest share it on purpose. On two threads they handed Python's lock to each other at every `recv` and every
zlib stream, and that cost more than the work.
"""

import logging
import threading

from collector.clock import Clock
from collector.database import DatabaseError, PartsLost
from collector.ingest import Ingest
from collector.line import Arrival, Line

_log = logging.getLogger(__name__)
LOOK_UP = 0.25  # seconds a turn waits for traffic; leases and timers are looked at after each
# Messages that wait for their commit. More than a broker's window (1,000), so that we go on reading, and its answers
# to our pings with it, while the database is away.
MOST_HELD = 2_000
MOST_A_TURN = 500
DATABASE_PAUSE = 0.5  # seconds between two tries of a commit
STAND_BY_PAUSE = 1.0


class Receiver:
    """Start it with `run` in a thread; `stop` may be called from any other."""

    def __init__(self, ingest: Ingest, line: Line, clock: Clock) -> None:
        self.line = line
        self._ingest = ingest
        self._clock = clock
        self._stop = threading.Event()
        self._held: list[Arrival] = []
        self._commit_at = float("-inf")
        self._broker_lost = False
        self.turns = 0  # whatever became of them; a thread that hangs makes none

    def run(self) -> None:
        """Until `stop`. What is held then stays unacknowledged and comes again."""
        while not self._stop.is_set():
            self.turns += 1
            try:
                if self._ingest.holding.is_set():
                    self._turn()
                elif not self._ingest.hold_parts():
                    self._stop.wait(STAND_BY_PAUSE)
            except PartsLost as lost:
                _log.warning("ingest stands by: %s", lost)
                self._begin_anew()
            except DatabaseError as error:
                _log.warning("ingest waits for the database: %s", error)
                self._stop.wait(STAND_BY_PAUSE)
            except Exception:  # a defect; the broker keeps what was not acknowledged and brings it again
                _log.exception("ingest begins anew")
                self._begin_anew()
                self._stop.wait(STAND_BY_PAUSE)
        self.line.close()
        self._ingest.release()

    def stop(self) -> None:
        self._stop.set()

    def _turn(self) -> None:
        self._read()
        self._hear_of_broker()
        if self._clock.steady() < self._commit_at:
            return
        try:
            answers = self._ingest.handle(self._held)
        except DatabaseError as error:
            _log.warning("commit put off: %s", error)
            self._commit_at = self._clock.steady() + DATABASE_PAUSE
            return
        self.line.done([arrival.token for arrival in self._held])
        for answer in answers:
            self.line.send(answer)
        self._held = []

    def _read(self) -> None:
        life = self.line.life
        arrivals = self.line.turn(LOOK_UP, min(MOST_A_TURN, MOST_HELD - len(self._held)))
        if self.line.life != life:
            self._held = []  # of an earlier connection: the broker brings them again
        self._held += arrivals

    def _hear_of_broker(self) -> None:
        """No connection yet is no loss: `error` is there once a try has failed."""
        if not self._broker_lost and self.line.error:
            self._broker_lost = True
            self._ingest.broker_lost()
        elif self._broker_lost and self.line.is_up:
            self._broker_lost = False
            self._ingest.broker_back()

    def _begin_anew(self) -> None:
        """Without the line: on standby the other collector needs the session, and a new one brings all that is due."""
        self._ingest.forget()
        self.line.close()
        self._held = []
        self._broker_lost = False
