"""Who is still there. A lease of three pulses on the collector's own steady clock; pure, time is passed in.

A lease starts full after a restart, and after every time in which silence proved nothing: while the collector itself
was paused, or the broker was away. A goodbye only shortens the wait.
"""

from typing import Literal

import msgspec

from rules.entries import AgentHeard, AgentSilent, LeasesSuspended

PULSES = 3
Presences = AgentSilent | AgentHeard | LeasesSuspended


class Lease(msgspec.Struct, gc=False):
    """`pulse` in seconds. `heard` is steady time, `at` the wall's; `pulses` is how many may yet be missed."""

    pulse: float
    heard: float
    at: float
    silent: bool
    pulses: int = PULSES


class Presence:
    """The leases of all agents that were ever heard. Belongs to one thread."""

    def __init__(self, now: float) -> None:
        self.leases: dict[str, Lease] = {}
        self._ticked = now
        self._broker_there = True
        # No lease can run out before `_due`, and no gap below `_quickest` is a pause: until then a tick is free.
        self._due = self._quickest = float("inf")

    def restore(self, agent: str, pulse: float, at: float, silent: bool, now: float) -> None:
        """An agent of before a restart, last heard at `at`: its lease is full again."""
        self.leases[agent] = Lease(pulse, now, at, silent)
        self._expect(pulse, now + PULSES * pulse)

    def heard(self, agent: str, pulse: float, now: float, at: float) -> bool:
        """Renews the lease. True when the agent was silent or is new, and so an AgentHeard is due."""
        lease = self.leases.get(agent)
        self._expect(pulse, now + PULSES * pulse)
        if lease is None:
            self.leases[agent] = Lease(pulse, now, at, silent=False)
            return True
        was_silent = lease.silent
        lease.pulse, lease.heard, lease.at, lease.silent, lease.pulses = pulse, now, at, False, PULSES
        return was_silent

    def renew(self, agent: str, now: float, at: float) -> None:
        """It has said something that was not taken in: no news, but it is there."""
        lease = self.leases.get(agent)
        if lease is not None and not lease.silent:
            lease.heard, lease.at, lease.pulses = now, at, PULSES

    def leaving(self, agent: str, why: Literal["stop", "shutdown", "will"], at: float) -> list[Presences]:
        """A goodbye. An announced one ends the lease at once; the broker's will leaves one pulse to come back in."""
        lease = self.leases.get(agent)
        if lease is None or lease.silent:
            return []
        if why == "will":
            lease.pulses = 1
            self._expect(lease.pulse, lease.heard + lease.pulse)
            return []
        lease.silent = True
        return [AgentSilent(at=at, agent=agent, since=at, announced=why)]

    def is_fresh(self, agent: str, now: float) -> bool:
        """True while the agent's lease runs."""
        lease = self.leases.get(agent)
        return lease is not None and not lease.silent and now - lease.heard <= lease.pulses * lease.pulse

    def broker_lost(self, at: float) -> list[Presences]:
        if not self._broker_there:
            return []
        self._broker_there = False
        return [LeasesSuspended(at=at, reason="the broker is away")] if self._anyone() else []

    def broker_back(self, now: float) -> None:
        self._broker_there = True
        self._ticked = now
        self._refill(now)

    def tick(self, now: float, at: float) -> list[Presences]:
        """Call it several times a pulse: a gap between two calls means that we were paused, not that all are silent."""
        gap, self._ticked = now - self._ticked, now
        if not self._broker_there or (gap <= self._quickest and now <= self._due):
            return []
        out: list[Presences] = []
        if self._forgive_pause(gap, now):
            out.append(LeasesSuspended(at=at, reason=f"the collector was paused for {gap:.0f} s"))
        self._due = self._quickest = float("inf")
        for agent, lease in self.leases.items():
            if lease.silent:
                continue
            ends = lease.heard + lease.pulses * lease.pulse
            if now > ends:
                lease.silent = True
                out.append(AgentSilent(at=at, agent=agent, since=lease.at))
            else:
                self._expect(lease.pulse, ends)
        return out

    def forget(self, agent: str) -> None:
        self.leases.pop(agent, None)

    def _forgive_pause(self, gap: float, now: float) -> bool:
        """A gap of a third of a lease, and so of one pulse, fills it again."""
        paused = [lease for lease in self.leases.values() if not lease.silent and gap > lease.pulse]
        for lease in paused:
            lease.heard = now
        return bool(paused)

    def _expect(self, pulse: float, ends: float) -> None:
        self._quickest = min(self._quickest, pulse)
        self._due = min(self._due, ends)

    def _anyone(self) -> bool:
        return any(not lease.silent for lease in self.leases.values())

    def _refill(self, now: float) -> None:
        for lease in self.leases.values():
            lease.heard, lease.pulses = now, PULSES
