"""A journal that is run again comes to the very rows that the database holds; whatever was changed is named."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, select, update

from collector import journal_file, outcome, recording, reproduction
from collector.database import Connection, Database, checkpoints, decisions, incidents, journal, leases
from collector.database.hash_chain import ChainBroken
from collector.database.tables import engine_rows, outbox
from collector.database.tables import incidents as incidents_table
from collector.database.tables import journal as journal_table
from collector.database.tables import timeline as timeline_table
from rules import engine
from rules.entries import EngineStarted, JournalEntry
from rules.rehearsal import scenario
from rules.rows import Row
from rules.state import State
from tests.rules.test_invariants import walk

CHUNK = 37


def quiet(_: int) -> None:
    pass


def lived(database: Database, seed: int = 3, checkpoint_at: Sequence[int] = (), late: float = 0.0) -> int:
    """A random story in the database; its last position."""
    return decided(database, walk(seed, 120).journal, checkpoint_at, late)


def decided(
    database: Database, told: Sequence[JournalEntry], checkpoint_at: Sequence[int] = (), late: float = 0.0
) -> int:
    """In chunks, as the collector does it; the last position.

    Checkpoints are taken after the chunks that hold `checkpoint_at`. `late` are the rules of another release: what they
    decide, they decide so many seconds later.
    """
    state, position = State.empty(), 0
    with database.writing() as connection:
        term = leases.take_lead(connection, "a", 0.0, 1e12)
        placed = journal.append(connection, [EngineStarted(at=told[0].at, version="0.1.0"), *told])
    assert term is not None
    for at in range(0, len(placed), CHUNK):
        chunk = [
            one._replace(entry=msgspec.structs.replace(one.entry, at=one.entry.at + late))
            for one in placed[at : at + CHUNK]
        ]
        done = outcome.run(state, chunk, position, term)
        with database.writing() as connection:
            decisions.commit(connection, done.commit)
            position = done.commit.new
            if any(at <= one < at + CHUNK for one in checkpoint_at):
                checkpoints.keep(connection, position, placed[at].entry.at, checkpoints.made(connection)[1])
    return position


def again(url: str, jobs: int = 1, least: int = reproduction.LEAST) -> reproduction.Reproduction:
    return reproduction.reproduced(url, jobs, quiet, least)


def exported_to(database: Database, file: Path) -> int:
    with database.reading() as connection:
        digest = journal_file.digest_of_rows(decisions.state_rows(connection))
        return journal_file.write(recording.of_database(connection), digest, file, quiet)


@pytest.mark.parametrize("seed", range(4))
def test_a_journal_comes_to_the_same_rows_incidents_lines_and_effects(
    sqlite_database: Database, sqlite_url: str, seed: int
) -> None:
    position = lived(sqlite_database, seed)
    found = again(sqlite_url)
    assert found.differences == []
    assert (found.entries, found.releases) == (position, ["0.1.0"])
    assert min(found.rows, found.incidents, found.lines, found.effects) > 4  # else nothing was compared


def test_both_kinds_of_database_can_be_run_again(database: Database, database_url: str) -> None:
    lived(database)
    assert again(database_url).differences == []


def test_a_pruned_journal_is_run_from_its_checkpoint(sqlite_database: Database, sqlite_url: str) -> None:
    last = lived(sqlite_database, checkpoint_at=[100])
    with sqlite_database.writing() as connection:
        [begun] = checkpoints.positions(connection, 1)
        journal.prune(connection, begun + 1)
        incidents.forget_closed(connection, 1e12)
    found = again(sqlite_url)
    assert (found.entries, found.differences) == (last - begun, [])


def test_a_pruned_journal_without_a_checkpoint_cannot_be_run(sqlite_database: Database, sqlite_url: str) -> None:
    lived(sqlite_database)
    with sqlite_database.writing() as connection:
        connection.execute(delete(checkpoints.checkpoints))
        journal.prune(connection, 10)
    with pytest.raises(checkpoints.CheckpointError, match="begins at position 10, and no checkpoint"):
        again(sqlite_url)


CHANGES = {
    "a row of the state": lambda: update(engine_rows).where(engine_rows.c.name == "agents").values(body=b"{}"),
    "an incident": lambda: update(incidents_table).values(body=b"{}"),
    "a line of a timeline": lambda: delete(timeline_table).where(timeline_table.c.ordinal == 0),
    "an effect": lambda: update(outbox).where(outbox.c.kind == "page").values(text="nothing to see"),
    "an effect that is gone": lambda: delete(outbox).where(outbox.c.kind == "open_ticket"),
    "an effect that nobody decided": lambda: outbox.insert().values(
        key="x", position=5, at=0.0, kind="page", incident="x", recipient="x", text="x"
    ),
    "a row that nobody decided": lambda: engine_rows.insert().values(name="items", key="x", body=b"{}"),
    "an incident that is gone": lambda: delete(incidents_table).where(incidents_table.c.state == "open"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_by_hand_is_found(sqlite_database: Database, sqlite_url: str, what: str) -> None:
    lived(sqlite_database)
    with sqlite_database.writing() as connection:
        connection.execute(CHANGES[what]())
    assert again(sqlite_url).differences


def test_problems_are_compared_too(sqlite_database: Database, sqlite_url: str) -> None:
    timeouts = scenario.read(Path(__file__).parents[1] / "rules" / "scenarios" / "27-forty-timeouts.yaml")
    decided(sqlite_database, [entry for _, entry in scenario.entries(timeouts)])
    assert again(sqlite_url).differences == []
    with sqlite_database.writing() as connection:
        connection.execute(delete(outbox).where(outbox.c.kind == "open_problem"))
    assert [one.where[-5:] for one in again(sqlite_url).differences] == [":open"]


DAYS = [1, 40, 41, 100]  # two of them are nearer to each other than a segment may be short


@pytest.mark.parametrize("seed", range(4))
def test_segments_come_to_what_the_whole_does(sqlite_database: Database, sqlite_url: str, seed: int) -> None:
    lived(sqlite_database, seed, DAYS)
    found = again(sqlite_url, least=10)
    assert found.differences == []
    assert found.segments > 2
    whole = again(sqlite_url)
    assert whole.segments == 1
    assert found._replace(segments=1, rows=whole.rows) == whole
    assert found.rows > whole.rows  # those of every checkpoint too


def test_segments_side_by_side(sqlite_database: Database, sqlite_url: str) -> None:
    lived(sqlite_database, 3, DAYS)
    assert again(sqlite_url, jobs=2, least=10) == again(sqlite_url, jobs=1, least=10)


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_by_hand_is_found_in_segments(sqlite_database: Database, sqlite_url: str, what: str) -> None:
    lived(sqlite_database, 3, DAYS)
    with sqlite_database.writing() as connection:
        connection.execute(CHANGES[what]())
    assert again(sqlite_url, least=10).differences


def test_a_checkpoint_that_the_segment_before_does_not_end_in_is_found(
    sqlite_database: Database, sqlite_url: str
) -> None:
    lived(sqlite_database, 3, DAYS)
    with sqlite_database.writing() as connection:
        changed(connection, 1, lambda rows: [row for row in rows if row[0] != "items"])
    assert "engine_rows items/" in again(sqlite_url, least=10).differences[0].where


def test_a_checkpoint_that_cannot_be_read_is_told(sqlite_database: Database, sqlite_url: str) -> None:
    lived(sqlite_database, 3, DAYS)
    with sqlite_database.writing() as connection:
        position = checkpoints.positions(connection, 1)[1]
        table = checkpoints.checkpoints
        connection.execute(update(table).where(table.c.position == position).values(body=b"no"))
    for jobs in (1, 2):
        with pytest.raises(
            checkpoints.CheckpointError, match=f"the checkpoint at position {position} cannot be read: "
        ):
            again(sqlite_url, jobs, least=10)


def changed(connection: Connection, number: int, change: Callable[[list[Row]], list[Row]]) -> None:
    """Writes a checkpoint anew."""
    position, table = checkpoints.positions(connection, 1)[number], checkpoints.checkpoints
    rows = change(checkpoints.at(connection, position))
    body = zlib.compress(msgspec.msgpack.encode(rows))
    connection.execute(update(table).where(table.c.position == position).values(body=body))


def test_other_rules_are_found_out(sqlite_database: Database, sqlite_url: str) -> None:
    lived(sqlite_database, late=1.0)
    assert again(sqlite_url).differences


@pytest.mark.parametrize("position", [20, 90])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_changed_entry_stops_the_run(sqlite_database: Database, sqlite_url: str, position: int, jobs: int) -> None:
    lived(sqlite_database, 3, DAYS)
    table = journal_table
    with sqlite_database.writing() as connection:
        body = connection.execute(select(table.c.body).where(table.c.position == position)).scalar_one()
        connection.execute(update(table).where(table.c.position == position).values(body=body + b" "))
    with pytest.raises(ChainBroken, match=rf"broken at position {position}: expected hash [0-9a-f]{{16}}, found"):
        again(sqlite_url, jobs, least=10)


@pytest.mark.parametrize("name", ["journal.jsonl", "journal.jsonl.gz"])
@pytest.mark.parametrize("pruned", [False, True])
def test_an_exported_journal_ends_in_the_same_rows(
    sqlite_database: Database, tmp_path: Path, name: str, pruned: bool
) -> None:
    lived(sqlite_database, checkpoint_at=[100])
    with sqlite_database.writing() as connection:
        [begun] = checkpoints.positions(connection, 1)
        if pruned:
            journal.prune(connection, begun + 1)
    written = exported_to(sqlite_database, tmp_path / name)
    with journal_file.read(tmp_path / name) as exported:
        state = exported.recording.state()
        ran = [engine.run(state, entry) for _, entry in recording.entries(exported.recording, quiet)]
        assert len(ran) == written
        assert journal_file.digest_of(state) == exported.digest


def test_an_exported_journal_that_was_changed_or_cut_off_says_where(sqlite_database: Database, tmp_path: Path) -> None:
    lived(sqlite_database)
    file = tmp_path / "journal.jsonl"
    exported_to(sqlite_database, file)
    lines = file.read_text().splitlines(keepends=True)
    for changed, said in (
        ([*lines[:9], lines[9].replace('"at":', '"at": '), *lines[10:]], "broken at position 9: expected hash"),
        ([*lines[:9], *lines[10:]], "broken at position 10: expected position 9"),
        (lines[:-2], f"broken at position {len(lines) - 2}: expected entries up to {len(lines) - 1}"),
        ([*lines[:9], "{}\n", *lines[10:]], "broken at position 9: expected an entry"),
    ):
        file.write_text("".join(changed))
        with journal_file.read(file) as exported, pytest.raises(ChainBroken, match=said):
            recording.verified(exported.recording, quiet)


def test_what_is_no_exported_journal_is_told(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    for text in ("", "no\n", '{"format":"other","begun":0,"decided":0,"head":0,"size":0,"digest":""}\n'):
        file.write_text(text)
        with pytest.raises(ValueError, match=r"journal.jsonl"), journal_file.read(file):
            pass
