from collector.presence import Presence
from rules.entries import AgentSilent, LeasesSuspended


def ticked(presence: Presence, start: float, end: float, step: float = 1.0) -> list[object]:
    out: list[object] = []
    now = start
    while now < end:
        now = min(now + step, end)
        out += presence.tick(now, 1000.0 + now)
    return out


def test_silence_is_announced_once_after_three_pulses() -> None:
    presence = Presence(0.0)
    assert presence.heard("a", 15.0, 0.0, 1000.0)
    assert ticked(presence, 0.0, 45.0) == []
    assert ticked(presence, 45.0, 200.0) == [AgentSilent(at=1046.0, agent="a", since=1000.0)]
    assert presence.heard("a", 15.0, 201.0, 1201.0), "its return is news"
    assert not presence.heard("a", 15.0, 202.0, 1202.0)


def test_a_will_leaves_one_pulse_to_come_back_in() -> None:
    presence = Presence(0.0)
    presence.heard("a", 15.0, 0.0, 1000.0)
    presence.heard("b", 15.0, 0.0, 1000.0)
    assert presence.leaving("a", "will", 1001.0) == []
    assert presence.leaving("b", "will", 1001.0) == []
    presence.heard("b", 15.0, 2.0, 1002.0)
    assert ticked(presence, 0.0, 16.0) == [AgentSilent(at=1016.0, agent="a", since=1000.0)]
    assert ticked(presence, 16.0, 47.0) == []


def test_an_announced_goodbye_ends_the_lease_at_once() -> None:
    presence = Presence(0.0)
    presence.heard("a", 15.0, 0.0, 1000.0)
    said = presence.leaving("a", "shutdown", 1005.0)
    assert said == [AgentSilent(at=1005.0, agent="a", since=1005.0, announced="shutdown")]
    assert ticked(presence, 0.0, 100.0) == []
    assert presence.leaving("a", "stop", 1006.0) == []
    assert presence.leaving("never-heard", "stop", 1006.0) == []


def test_a_pause_of_the_collector_makes_nobody_silent() -> None:
    """SIGSTOP for ten minutes: leases start full again, and the pause is an entry."""
    presence = Presence(0.0)
    presence.heard("a", 15.0, 0.0, 1000.0)
    assert presence.tick(600.0, 1600.0) == [LeasesSuspended(at=1600.0, reason="the collector was paused for 600 s")]
    assert ticked(presence, 600.0, 645.0) == []
    assert ticked(presence, 645.0, 647.0) == [AgentSilent(at=1646.0, agent="a", since=1000.0)]


def test_a_broker_that_is_away_makes_nobody_silent() -> None:
    presence = Presence(0.0)
    presence.heard("a", 15.0, 0.0, 1000.0)
    assert presence.broker_lost(1010.0) == [LeasesSuspended(at=1010.0, reason="the broker is away")]
    assert presence.broker_lost(1010.0) == []
    assert ticked(presence, 10.0, 500.0) == []
    presence.broker_back(500.0)
    assert ticked(presence, 500.0, 545.0) == []
    assert ticked(presence, 545.0, 546.0) == [AgentSilent(at=1546.0, agent="a", since=1000.0)]


def test_leases_start_full_after_a_restart_and_the_silent_stay_silent() -> None:
    presence = Presence(0.0)
    presence.restore("a", 15.0, 900.0, False, 0.0)
    presence.restore("b", 15.0, 500.0, True, 0.0)
    assert ticked(presence, 0.0, 45.0) == []
    assert ticked(presence, 45.0, 46.0) == [AgentSilent(at=1046.0, agent="a", since=900.0)]
    assert presence.heard("b", 15.0, 50.0, 1050.0)


def test_each_agent_is_judged_by_its_own_pulse() -> None:
    presence = Presence(0.0)
    presence.heard("quick", 1.0, 0.0, 1000.0)
    presence.heard("slow", 60.0, 0.0, 1000.0)
    assert [entry for entry in ticked(presence, 0.0, 10.0, 0.5) if isinstance(entry, AgentSilent)] == [
        AgentSilent(at=1003.5, agent="quick", since=1000.0)
    ]
