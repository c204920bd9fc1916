"""From measurements to belief: when a changed measurement becomes a changed state. Pure.

| believed | measured | not as believed so far | what follows |
|---|---|---|---|
| X | X | any | nothing; the count starts again |
| X | ok | fewer than `recover` | measured again after `retry` |
| X | ok | `recover` | ok is believed |
| X | other | fewer than `confirm` | measured again after `retry` |
| X | other | `confirm` | what was measured last is believed |
| X | nothing for two intervals | – | unknown is believed |

What counts are measurements in a row that are not as believed, even if they differ among themselves: a till that
changes between warning and critical is not well. A new check believes nothing, so its first confirmed status is a
change too, even when it is unknown. Flapping is a bit on the change and never delays one.
"""

from typing import NamedTuple

from contract.status import Status

FLAP_CHANGES = 4
FLAP_INTERVALS = 20


class Patience(NamedTuple):
    """How a check is judged. `interval` and `retry` in seconds; `confirm` and `recover` in measurements."""

    interval: float
    confirm: int = 2
    recover: int = 1
    retry: float = 2.0


class Measurement(NamedTuple):
    """What one probe run said. `at`: when it ended, seconds since 1970; `ms`: how long it took."""

    status: Status
    at: float
    ms: float
    text: str = ""


class Watch(NamedTuple):
    """What is known of one check. `state` None: nothing is believed yet. `changes`: instants of the last ones."""

    state: Status | None = None
    against: int = 0
    against_since: float = 0.0
    changes: tuple[float, ...] = ()


class Change(NamedTuple):
    """A new belief. `started_at` is the first measurement that showed it."""

    before: Status
    after: Status
    started_at: float
    flapping: bool
    text: str


class Judgement(NamedTuple):
    """`again`: the measurement wants a second opinion soon, not after a full interval."""

    watch: Watch
    change: Change | None
    again: bool


def judged(watch: Watch, measurement: Measurement, patience: Patience) -> Judgement:
    if measurement.status is watch.state:
        return Judgement(watch._replace(against=0), None, again=False)
    against = watch.against + 1
    since = watch.against_since if watch.against else measurement.at
    wanted = patience.recover if measurement.status is Status.OK else patience.confirm
    if against < wanted:
        return Judgement(watch._replace(against=against, against_since=since), None, again=True)
    return _changed(watch, measurement, since, patience)


def unseen(watch: Watch, last_seen: float, now: float, patience: Patience) -> Judgement:
    """Nothing was measured since `last_seen`: evidence older than two intervals is unknown, never ok."""
    stale_at = last_seen + 2 * patience.interval
    if now <= stale_at or watch.state is Status.UNKNOWN:
        return Judgement(watch, None, again=False)
    nothing = Measurement(Status.UNKNOWN, now, 0.0, f"not measured for {now - last_seen:.0f} s")
    return _changed(watch, nothing, stale_at, patience)


def _changed(watch: Watch, measurement: Measurement, since: float, patience: Patience) -> Judgement:
    now = measurement.at
    window = now - FLAP_INTERVALS * patience.interval
    changes = (*(at for at in watch.changes if window < at <= now), now)[-FLAP_CHANGES:]
    change = Change(
        before=Status.UNKNOWN if watch.state is None else watch.state,
        after=measurement.status,
        started_at=min(since, now),
        flapping=len(changes) >= FLAP_CHANGES,
        text=measurement.text,
    )
    return Judgement(Watch(state=measurement.status, changes=changes), change, again=False)
