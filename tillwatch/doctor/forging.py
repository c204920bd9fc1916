"""Tries to do, with an agent's own credential, what it must not be able to do. A broker that lets it has failed.

What is sent is a `bye` of an epoch that never was: a collector that gets it drops it. An answer that says no proves the
ACL; a yes does not prove that the message went on, so the topic is listened to as well, in our own session and, where
there is one, in an observer's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

from contract.broker import Broker
from contract.codec import encode
from contract.ids import PARTS, part_of
from contract.reports import Bye
from contract.topics import VERSION, agent_subscriptions, down, up
from tillwatch.doctor.finding import Finding, failed, ok, warning
from tillwatch.doctor.session import DENIED, V5, V311, NoSession, Session, Version, opened

OTHER = "tillwatch-doctor-forgery"  # an agent that nobody has
ARRIVES_WITHIN = 1.0  # seconds
TRIES = 3  # a running agent with the same name may end our connection, and we end its
ADVICE = "give each agent its own topics only: docs/security.md, “The broker”"
Observer = Callable[[], AbstractContextManager[Session]]


class Trial(NamedTuple):
    """What must be denied: `deed` completes "this agent's credential …"."""

    deed: str
    topic: str


def trials(agent: str) -> list[Trial]:
    foreign = f"{(int(part_of(agent)) + 1) % PARTS:02d}"
    return [
        Trial("speak as another agent", up(OTHER, "bye")),
        Trial("speak in a foreign part", f"tillwatch/{VERSION}/{foreign}/{agent}/bye"),
        Trial("acknowledge what others sent", down(OTHER, "ack")),
        Trial("acknowledge its own records", down(agent, "ack")),
        Trial("command another agent", down(OTHER, "cmd")),
    ]


def forged(broker: Broker, agent: str, observer: Observer | None) -> Iterator[Finding]:
    for trial in trials(agent):
        yield _judged(trial, _answer(broker, agent, trial, observer))


def overheard(broker: Broker, agent: str) -> Iterator[Finding]:
    """Subscribes to everything: mosquitto grants that to anybody and decides at each delivery."""
    own, allowed = up(agent, "bye"), set(agent_subscriptions(agent))
    try:
        with opened(broker, f"{agent}-doctor") as session:
            session.subscribe(["#", f"tillwatch/{VERSION}/+/+/+"])
            session.publish(own, _harmless())
            session.hears(own, ARRIVES_WITHIN)
            heard = sorted(set(session.heard) - allowed)
    except NoSession as error:
        yield warning(f"not tried: {error}", "see the check `broker`")
        return
    if heard:
        yield failed(f"this agent's credential can read what others say: {heard[0][:120]}", ADVICE)
    else:
        yield ok("nothing but its own answers reaches this agent")


def evicted(broker: Broker, agent: str) -> Iterator[Finding]:
    """Two connections of one credential: the second ends the first, whatever id it claims, or ids are anybody's."""
    try:
        with opened(broker, f"{agent}-doctor-1") as first, opened(broker, f"{agent}-doctor-2"):
            ours = first.lost(ARRIVES_WITHIN)
    except NoSession as error:
        yield warning(f"not tried: {error}", "see the check `broker`")
        return
    if ours:
        yield ok("a client id follows from the credential, so no other can take it")
    else:
        yield failed(
            "any credential can take this agent's client id and end its connection", "set use_username_as_clientid true"
        )


def let_in(broker: Broker) -> Iterator[Finding]:
    """Comes without any credential."""
    stranger = Broker(broker.url, ca=broker.ca)
    try:
        with opened(stranger, "tillwatch-doctor"):
            yield failed("the broker lets in whoever comes", "set allow_anonymous false and require_certificate true")
    except NoSession:
        yield ok("nobody gets in without a credential")


class _Answer(NamedTuple):
    """`code` None: there was none. `arrived`: somebody heard it; None when nobody who may was listening."""

    code: int | None
    arrived: bool | None
    version: Version = V5


def _answer(broker: Broker, agent: str, trial: Trial, observer: Observer | None) -> _Answer | NoSession:
    for version in (V5, V311):
        refused: NoSession | None = None
        for _ in range(TRIES):
            try:
                answer = _tried(broker, agent, trial, observer, version)
            except NoSession as error:
                refused = error
                break
            if answer.code is not None:
                return answer
        if refused is None:
            return _Answer(None, None, version)
    return refused or NoSession("no answer")


def _tried(broker: Broker, agent: str, trial: Trial, observer: Observer | None, version: Version) -> _Answer:
    if observer is None:
        return _published(broker, agent, trial, version, None)
    with observer() as watching:
        watching.subscribe([trial.topic])
        return _published(broker, agent, trial, version, watching)


def _published(broker: Broker, agent: str, trial: Trial, version: Version, watching: Session | None) -> _Answer:
    with opened(broker, f"{agent}-doctor", version=version) as session:
        session.subscribe([trial.topic])
        code = session.publish(trial.topic, _harmless())
        if code is None or code >= DENIED:
            return _Answer(code, None, version)
        if session.hears(trial.topic, ARRIVES_WITHIN):
            return _Answer(code, True, version)
    arrived = None if watching is None else watching.is_up and watching.hears(trial.topic, ARRIVES_WITHIN)
    return _Answer(code, arrived, version)


def _judged(trial: Trial, answer: _Answer | NoSession) -> Finding:
    could, cannot = f"this agent's credential can {trial.deed}", f"this agent's credential cannot {trial.deed}"
    match answer:
        case NoSession():
            return warning(f"not tried to {trial.deed}: {answer}", "see the check `broker`")
        case _Answer(code=int(code)) if code >= DENIED:
            return ok(f"{cannot}: the broker says no")
        case _Answer(arrived=True):
            return failed(f"{could}: it arrived on {trial.topic}", ADVICE)
        case _Answer(arrived=False):
            return ok(f"{cannot}: it was taken, and the observer did not get it")
        case _Answer(code=int(), version=version) if version == V5:
            return failed(f"{could}: the broker took it on {trial.topic}", ADVICE)
        case _:
            return warning(
                f"whether it can {trial.deed} was not seen: the broker's answer proves nothing",
                "name an observer, with --observer collector.yaml, while that collector is stopped",
            )


def _harmless() -> bytes:
    return encode(Bye(epoch="0" * 16, at=0.0, why="will"))
