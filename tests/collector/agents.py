"""What an agent would say, made by hand, and a line to the broker that remembers what went out on it."""

import queue
from collections.abc import Iterable
from typing import Any

import msgspec

from collector.ingest import Ingest
from collector.line import Answer, Arrival
from contract import codec, digest, topics
from contract.records import Record, Stamp, Transition
from contract.reports import Ack, Belief, Bulk, Bye, Cmd, EpochSpan, Hello, Live, UpReport
from contract.results import Result, columns
from contract.status import Status

OK, CRITICAL = Status.OK, Status.CRITICAL


def epoch(number: int) -> str:
    return f"{number:016x}"


class Agent:
    """One agent's memory of itself: it numbers records and keeps the digest, as the real one does."""

    def __init__(self, name: str = "0001-server", life: int = 1, previous: int | None = None) -> None:
        self.name = name
        self.spans = [EpochSpan(epoch(life), None if previous is None else epoch(previous), 0, 0)]
        self.beliefs: dict[str, Belief] = {}
        self.seq = 0

    @property
    def epoch(self) -> str:
        return self.spans[-1].epoch

    def reborn(self, life: int) -> None:
        self.spans.append(EpochSpan(epoch(life), self.epoch, 0, 0))
        self.seq = 0

    def turns(self, check: str, state: Status, at: float, text: str = "") -> Transition:
        """A check changes its state: the record, numbered."""
        self.seq += 1
        span = self.spans[-1]
        self.spans[-1] = msgspec.structs.replace(span, first=1, last=self.seq)
        was = self.beliefs.get(check)
        self.beliefs[check] = Belief(check, state, at, self.epoch, self.seq, 15.0, text)
        return Transition(
            seq=self.seq,
            check=check,
            before=was.state if was else Status.UNKNOWN,
            after=state,
            started_at=at,
            decided=Stamp(at, "boot", at),
            was_seq=was.seq if was else 0,
            text=text,
        )

    def hello(self, at: float, pulse: float = 15.0) -> Arrival:
        report = Hello(
            at=at,
            epochs=self.spans,
            snapshot=list(self.beliefs.values()),
            boot="boot",
            version="1",
            config="c",
            pulse=pulse,
            offset=0.0,
        )
        return self.says("hello", report)

    def live(self, at: float, *records: Record, results: Iterable[Result] = (), **fields: Any) -> Arrival:
        said = fields.pop("digest", digest.text(digest.of_snapshot(self.beliefs.values())))
        carried = {"results": columns(results), "records": list(records), **fields}
        report = Live(at=at, epoch=self.epoch, last=self.seq, digest=said, **carried)
        return self.says("live", report)

    def bulk(self, at: float, *records: Record, of: str | None = None, offset: float | None = None) -> Arrival:
        return self.says("bulk", Bulk(at=at, epoch=of or self.epoch, records=list(records), offset=offset))

    def bye(self, at: float, why: Any, of: str | None = None) -> Arrival:
        return self.says("bye", Bye(at=at, epoch=of or self.epoch, why=why))

    def says(self, kind: topics.Up, report: UpReport) -> Arrival:
        return Arrival(topics.up(self.name, kind), codec.encode(report), object(), report.at)


class Line:
    """Gives what is put into `incoming`, and remembers what was acknowledged to the broker and sent to agents."""

    def __init__(self) -> None:
        self.incoming: queue.Queue[Arrival] = queue.Queue()
        self.asked: list[int] = []
        self.tokens: list[object] = []
        self.acks: list[tuple[str, Ack]] = []
        self.commands: list[tuple[str, Cmd]] = []
        self.life = 1
        self.error = ""
        self.is_up = True

    def turn(self, longest: float, most: int) -> list[Arrival]:
        self.asked.append(most)
        arrivals: list[Arrival] = []
        try:
            while len(arrivals) < most:
                arrivals.append(self.incoming.get(timeout=0.0 if arrivals else min(longest, 0.01)))
        except queue.Empty:
            pass
        return arrivals

    def done(self, tokens: Iterable[object]) -> None:
        self.tokens += tokens

    def send(self, answer: Answer) -> None:
        agent, kind = answer.topic.split("/")[3:]
        if kind == "ack":
            self.acks.append((agent, codec.decode_ack(answer.payload)))
        else:
            self.commands.append((agent, codec.decode_cmd(answer.payload)))

    def close(self) -> None:
        self.is_up = False

    def take(self, ingest: Ingest, *arrivals: Arrival) -> None:
        """One batch, handled and answered as the receiver does it."""
        answers = ingest.handle(arrivals)
        self.done([arrival.token for arrival in arrivals])
        for answer in answers:
            self.send(answer)


class Hands:
    """A clock that is set by hand."""

    def __init__(self, at: float = 1_000_000.0) -> None:
        self.at = at
        self.ran = 0.0

    def steady(self) -> float:
        return self.ran

    def wall(self) -> float:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += seconds
        self.ran += seconds
