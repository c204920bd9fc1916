"""Whatever a network can bring becomes a counted dead letter, and the next good message is taken as if nothing was."""

import zlib

import msgspec
import pytest

from collector.database import Database, letters
from collector.database.letters import MOST_KEPT, Letter
from collector.ingest import Ingest
from collector.limits import A_MINUTE
from collector.line import Arrival
from contract import codec, topics
from tests.collector.agents import OK, Agent, Hands, Line, epoch

HELLO = topics.up("0001-server", "hello")
LIVE = topics.up("0001-server", "live")


def _pulse(check: str) -> bytes:
    """A pulse that is right but for its check's name."""
    report = {"at": 1, "epoch": epoch(1), "last": 0, "digest": epoch(0), "results": [[check, 0, 1.0]]}
    return msgspec.json.encode(report)


BAD = {
    "topic": (("tillwatch/1/00/x", b"{}"), ("$SYS/broker", b""), ("tillwatch/1/00/UP%20/live", b"{}")),
    "part": ((LIVE.replace("/1/", "/1/9"), b"{}"), ("tillwatch/1/xx/0001-server/live", b"{}")),
    "unregistered": ((topics.up("nobody", "live"), b"{}"),),
    "oversized": ((LIVE, b"{" + b" " * codec.MAX_MESSAGE),),
    "bomb": ((LIVE, zlib.compress(b"[" * (codec.MAX_INFLATED + 1))),),
    "truncated": ((LIVE, zlib.compress(b"{}" * 999)[:-9]), (HELLO, b'{"at": 1'), (LIVE, b"")),
    "garbage": ((LIVE, b"\x78\x00\xff"), (LIVE, b"\xff\xfe"), (LIVE, b"{]")),
    "invalid": (
        (LIVE, b"{}"),
        (LIVE, b"[]"),
        (HELLO, b'{"at": "noon"}'),
        (LIVE, _pulse("../etc")),
        (LIVE, _pulse("a")),
    ),
    "version": ((LIVE, b'{"v": 2, "anything": "goes"}'),),
}


@pytest.mark.parametrize("reason", BAD)
def test_bad_input_is_a_counted_letter_and_nothing_else_changes(sqlite_database: Database, reason: str) -> None:
    ingest = Ingest(sqlite_database, {"0001-server": "0001"}, "me", lambda: None, Hands())
    line = Line()
    agent = Agent()
    line.take(ingest, agent.hello(1.0))
    arrivals = [Arrival(topic, payload, object(), 1.0) for topic, payload in BAD[reason]]
    good = agent.live(2.0, agent.turns("a/b", OK, 2.0))
    line.take(ingest, *arrivals, good)
    with sqlite_database.reading() as connection:
        kept, totals = letters.listed(connection, 100), letters.totals(connection)
    found = {letter.reason for letter in kept}
    assert found == {reason}, [letter.detail for letter in kept]
    assert sum(totals.values()) == len(arrivals) == sum(ingest.counters.dead_letters.values())
    assert all(letter.detail for letter in kept)
    assert line.tokens[-len(arrivals) - 1 :] == [arrival.token for arrival in [*arrivals, good]]
    assert line.acks[-1][1].have == [(1, 1)]


def test_a_flood_is_counted_but_not_stored(sqlite_database: Database) -> None:
    ingest = Ingest(sqlite_database, {"0001-server": "0001"}, "me", lambda: None, Hands())
    ingest.handle([Arrival(LIVE, b"{]", None, 1.0) for _ in range(100)])
    with sqlite_database.reading() as connection:
        assert letters.totals(connection) == {"garbage": 100}
        assert len(letters.listed(connection, 100)) == A_MINUTE


def test_the_newest_letters_are_kept_and_the_counts_are_complete(database: Database) -> None:
    with database.writing() as connection:
        many = [Letter(1.0, "garbage", f"nr {at}\x00", "t\x1b", b"x") for at in range(MOST_KEPT + 5)]
        letters.keep(connection, many, {"garbage": len(many)})
    with database.reading() as connection:
        kept = letters.listed(connection, 2500)
        assert (len(kept), kept[0].detail[:-1], kept[-1].detail[:-1]) == (MOST_KEPT, f"nr {MOST_KEPT + 4}", "nr 5")
        assert letters.totals(connection) == {"garbage": MOST_KEPT + 5}
        assert letters.listed(connection, 2, before=kept[1].id) == kept[2:4]


def test_a_letter_that_was_cut_cannot_be_retried(database: Database) -> None:
    with database.writing() as connection:
        letters.keep(connection, [Letter(1.0, "oversized", "big", "t", bytes(300_000))], {"oversized": 1})
        letter = letters.listed(connection, 1)[0]
        assert (letter.size, letter.whole) == (300_000, False)
        assert not letters.ask_retry(connection, letter.id)
        assert not letters.ask_retry(connection, 12345)
