"""Reports with every field filled: the shapes that tests damage, and that frozen bytes are made from."""

from contract.records import Gap, Stamp, Summary, Transition
from contract.reports import Ack, Belief, Bulk, Bye, Cmd, EpochSpan, Hello, Live
from contract.results import Result, columns
from contract.status import Status

AT = 1_700_000_000.5
EPOCH = "00112233445566ff"
STAMP = Stamp(wall=AT, boot="7d1c", up=3600.25)
TRANSITION = Transition(
    seq=7,
    check="pos-01/tcp",
    before=Status.OK,
    after=Status.CRITICAL,
    started_at=AT - 4,
    decided=STAMP,
    was_seq=3,
    flapping=True,
    text="connection refused",
)
GAP = Gap(seq=8, first=4, last=6, count=3, reason="size")
SUMMARY = Summary(
    seq=9, check="pos-01/tcp", since=AT - 60, until=AT, status=Status.OK, count=4, min_ms=1, mean_ms=2.5, max_ms=4
)
BELIEF = Belief("pos-01/tcp", Status.CRITICAL, AT - 4, EPOCH, 7, 15.0, "connection refused")
RESULT = Result("pos-01/tcp", Status.CRITICAL, 3.5, "connection refused")

HELLO = Hello(
    at=AT,
    epochs=[EpochSpan("ffeeddccbbaa9988", None, 1, 40), EpochSpan(EPOCH, "ffeeddccbbaa9988", 1, 9)],
    snapshot=[BELIEF],
    boot="7d1c",
    version="0.1.0",
    config="c0ffee",
    pulse=15.0,
    dropped=3,
    offset=-0.75,
)
LIVE = Live(
    at=AT,
    epoch=EPOCH,
    last=9,
    digest="0123456789abcdef",
    results=columns([RESULT]),
    records=[TRANSITION, GAP, SUMMARY],
    pending=2,
    dropped=3,
    offset=-0.75,
)
BULK = Bulk(at=AT, epoch=EPOCH, records=[TRANSITION, GAP, SUMMARY])
BYE = Bye(at=AT, epoch=EPOCH, why="stop")
ACK = Ack(epoch=EPOCH, have=[(1, 6), (8, 9)], echo=AT, received=AT + 0.25, sent=AT + 0.5)
CMD = Cmd(kind="ranges", within=30.0, epoch=EPOCH, ranges=[(7, 7)])
