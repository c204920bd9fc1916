"""The demo as it is told in the terminal: what breaks, what the collector makes of it, and whether that was right."""

import time
from typing import Any

from tillwatch.broker import Broker
from tillwatch.colour import PRIORITY, painted
from tillwatch.demo.play import Outcome
from tillwatch.demo.scenario import Act
from tillwatch.incident_text import priority
from tillwatch.ports import LOOPBACK
from tillwatch.table import plain

Json = dict[str, Any]


class Story:
    """Each line is dated with the seconds since the act began."""

    def __init__(self, acts: int) -> None:
        self._acts = acts
        self._began = time.monotonic()
        self._round_began = self._began

    def opening(self, stores: int, broker: Broker, port: int, speed: float) -> None:
        _say(f"{stores} {'store' if stores == 1 else 'stores'}, time runs {speed:g}× (docs/demo.md)")
        _say(f"broker   {broker.url} ({broker.program}: {broker.note})")
        _say(f"console  {painted(f'http://{LOOPBACK}:{port}', 'bold')}")

    def ready(self, stores: int) -> None:
        _say(f"ready    all of {stores} were heard after {self._elapsed().strip()}")
        self._round_began = time.monotonic()

    def act(self, number: int, act: Act) -> None:
        self._began = time.monotonic()
        _say("")
        _say(painted(f"{number}/{self._acts} {act.scenario.title}", "bold") + painted(f"  ({act.name})", "grey"))

    def tell(self, text: str) -> None:
        _say(f"  {self._elapsed()}  {text}")

    def changed(self, before: Json | None, now: Json) -> None:
        """Parts of another incident are told once, as what they are; the rest whenever people would see a change."""
        if _look(before) != _look(now) and (before is not None or not now.get("parent")):
            state, title = _state(now), plain(now["title"], 100)
            symptoms = f" ({len(now['symptoms'])} symptoms)" if now.get("symptoms") else ""
            said = f"{priority(now)} {state:12} {title}{symptoms}"
            shown = painted(said, PRIORITY[int(priority(now)[1])]) if state == "open" else painted(said, "grey")
            _say(f"  {self._elapsed()}  {shown}")

    def outcome(self, act: Act, outcome: Outcome) -> None:
        for lack in outcome.lacking:
            _say(f"  {painted('MISSING', 'red')}  {plain(lack, 400)}")
        if not outcome.lacking:
            expected = ", ".join(f"{one.priority} {one.category} on {one.ci}" for one in act.scenario.expect)
            times = f"open after {outcome.opened_after:.1f} s, over {outcome.over_after:.1f} s after mending"
            _say(f"  {painted('as expected', 'green')}: {expected}; {times}")

    def summary(self, acts: int, failed: int) -> None:
        took = time.monotonic() - self._round_began
        said = f"{acts - failed} of {acts} as expected, in {took:.0f} s"
        _say("")
        _say(painted(said, "red" if failed else "green"))

    def waiting(self, seconds: float) -> None:
        _say(f"again in {seconds:.0f} s; Ctrl-C ends it")

    def closing(self) -> None:
        _say("stopping: agents say goodbye, the collector gives back its leases")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:5.1f} s"


def _look(incident: Json | None) -> tuple[Any, ...]:
    """What a person would notice a change of."""
    if incident is None:
        return ()
    symptoms = len(incident.get("symptoms") or [])
    return (incident["state"], priority(incident), incident["title"], incident.get("parent"), _held(incident), symptoms)


def _state(incident: Json) -> str:
    if incident.get("parent") and incident["state"] == "open":
        return "symptom"
    return "held back" if _held(incident) and incident["state"] == "open" else str(incident["state"])


def _held(incident: Json) -> bool:
    return bool(incident.get("suppressed"))


def _say(text: str) -> None:
    print(text, flush=True)
