"""A world from a seed: stores, lines, a broker and a collector, a plan of faults, and at the end the books."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from collector.ingest import Ingest
from collector.lead import Lead
from edge_agent.disk import Bounds
from edge_agent.session import Session
from tests.simulation.books import Books, read
from tests.simulation.broker import Broker
from tests.simulation.centre import MEMORY, Centre
from tests.simulation.crashing import FrailLog
from tests.simulation.host import Host
from tests.simulation.ledger import Ledger
from tests.simulation.network import AgentLine, Weather
from tests.simulation.plan import Fault, Plan
from tests.simulation.script import END, HEALED, STORES, Script, agent_of
from tests.simulation.timeline import Timeline


class Parts(NamedTuple):
    """What the world is built of; a planted bug is another part."""

    host: type[Host] = Host
    log: type[FrailLog] = FrailLog
    session: type[Session] = Session
    ingest: type[Ingest] = Ingest
    lead: type[Lead] = Lead


AS_IS = Parts()


def run(seed: int, script: Script, plan: Plan, parts: Parts = AS_IS) -> Books:
    """The whole life of a world, and what its books say in the end."""
    with TemporaryDirectory(prefix="tillwatch-simulation-", dir=MEMORY) as folder:
        world = World(seed, script, plan, parts, Path(folder))
        try:
            world.live()
            return read(world.centre.disk, world.ledger, world.hosts, world.timeline.story)
        finally:
            world.close()


class World:
    def __init__(self, seed: int, script: Script, plan: Plan, parts: Parts, folder: Path) -> None:
        self.timeline = Timeline()
        self.hosts: dict[str, Host] = {}
        self.ledger = Ledger(lambda: self.timeline.now, lambda agent: self.hosts[agent].clock.error)
        self._plan = plan
        self._chance = chance = Random(f"{seed}/world")
        self._broker = Broker(self.timeline, chance, plan.weather, plan.queue)
        self.centre = Centre(
            timeline=self.timeline,
            broker=self._broker,
            chance=chance,
            ledger=self.ledger,
            ingest=parts.ingest,
            lead=parts.lead,
        )
        for store in STORES:
            agent = agent_of(store)
            host = self.hosts[agent] = parts.host(
                agent,
                store,
                timeline=self.timeline,
                script=script,
                path=folder / f"{agent}.db",
                bounds=Bounds(keep=plan.keep),
                error=plan.errors[store],
                chance=chance,
                ledger=self.ledger,
                log=parts.log,
                session=parts.session,
            )
            host.line = AgentLine(agent, timeline=self.timeline, chance=chance, broker=self._broker, listener=host)

    def live(self) -> None:
        self.centre.start()
        for number, host in enumerate(self.hosts.values()):
            self.timeline.after(1.0 + number, host.start)
        for fault in self._plan.faults:
            self.timeline.at(fault.at, lambda fault=fault: self._befall(fault))
        if self._plan.faults:
            self.timeline.at(self._plan.faults[0].at, self._worsen)
        self.timeline.at(HEALED, self._heal)
        self.timeline.run(END)

    def close(self) -> None:
        for host in self.hosts.values():
            if host.log is not None:
                host.log.abandon()

    def _worsen(self) -> None:
        self._broker.weather = self._plan.weather
        for host in self.hosts.values():
            host.line.weather = self._plan.weather

    def _heal(self) -> None:
        """Everything runs and every line stands; connections that stood, stand."""
        self.timeline.tell("all faults end")
        self._broker.weather = Weather()
        self._broker.start()
        for host in self.hosts.values():
            host.line.heal()
            host.doom.arm(0)
            host.start()
        self.centre.doom.arm(0)
        self.centre.start()

    def _befall(self, fault: Fault) -> None:
        host = self.hosts[agent_of(fault.store)]
        seconds = min(fault.seconds, HEALED - self.timeline.now)
        match fault.kind:
            case "cut":
                host.line.cut(seconds)
            case "deafen":
                host.line.deafen(seconds)
            case "reset":
                host.line.reset()
            case "kill agent":
                self._kill_agent(host, fault.places, seconds)
            case "kill collector":
                self._kill_collector(fault.places, fault.work, seconds)
            case "pause collector":
                self.centre.pause(seconds)
            case "refuse":
                self.centre.refuse(min(seconds, 40.0))
            case "cut collector":
                self.centre.cut(seconds)
            case "kill broker" if self._broker.up:
                self._broker.kill(keeps=fault.places % 2 == 0)
                self.timeline.after(seconds / 4, self._broker.start)
                self.ledger.deaf.append((self.timeline.now, self.timeline.now + seconds / 4))
            case "step clock":
                self.ledger.stepped.add(host.agent)
                if not host.knows_the_time():
                    self.ledger.undated.add(host.agent)
                host.clock.error += 1_800.0 if fault.places % 2 else -1_800.0
                self.timeline.tell(f"the clock of {host.agent} is now {host.clock.error:.0f} s ahead")

    def _kill_agent(self, host: Host, places: int, seconds: float) -> None:
        if places:
            host.doom.arm(places)
        else:
            host.kill("at once")
            self.timeline.after(seconds, host.start)

    def _kill_collector(self, places: int, only: str, seconds: float) -> None:
        if places:
            self.centre.doom.arm(places, only=only)
        else:
            self.centre.kill("at once")
            self.timeline.after(seconds, self.centre.start)
