"""A journal that is run again comes to the very rows that the database holds; whatever was changed is named."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete, select, update

from collector import journal_file, outcome, recording, reproduction
from collector.database import Database, checkpoints, decisions, incidents, journal, leases
from collector.database.hash_chain import ChainBroken
from collector.database.tables import engine_rows, outbox
from collector.database.tables import incidents as incidents_table
from collector.database.tables import journal as journal_table
from collector.database.tables import timeline as timeline_table
from rules import engine
from rules.entries import EngineStarted
from rules.state import State
from tests.rules.test_invariants import walk

CHUNK = 37


def quiet(_: int) -> None:
    pass


def lived(database: Database, seed: int = 3, checkpoint_at: int = 0, late: float = 0.0) -> int:
    """A random story in the database, decided in chunks as the collector does; its last position.

    `late` are the rules of another release: what they decide, they decide so many seconds later.
    """
    story = walk(seed, 120)
    state, position = State.empty(), 0
    with database.writing() as connection:
        term = leases.take_lead(connection, "a", 0.0, 1e12)
        started = EngineStarted(at=story.journal[0].at, version="0.1.0")
        placed = journal.append(connection, [started, *story.journal])
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
            if at <= checkpoint_at < at + CHUNK:
                checkpoints.keep(connection, position, placed[at].entry.at, checkpoints.made(connection)[1])
    return position


def again(database: Database) -> reproduction.Reproduction:
    with database.reading() as connection:
        return reproduction.reproduced(connection, recording.of_database(connection), quiet)


def exported_to(database: Database, file: Path) -> int:
    with database.reading() as connection:
        digest = journal_file.digest_of_rows(decisions.state_rows(connection))
        return journal_file.write(recording.of_database(connection), digest, file, quiet)


@pytest.mark.parametrize("seed", range(4))
def test_a_journal_comes_to_the_same_rows_incidents_lines_and_effects(sqlite_database: Database, seed: int) -> None:
    position = lived(sqlite_database, seed)
    found = again(sqlite_database)
    assert found.differences == []
    assert (found.entries, found.releases) == (position, ["0.1.0"])
    assert min(found.rows, found.incidents, found.lines, found.effects) > 4  # else nothing was compared


def test_both_kinds_of_database_can_be_run_again(database: Database) -> None:
    lived(database)
    assert again(database).differences == []


def test_a_pruned_journal_is_run_from_its_checkpoint(sqlite_database: Database) -> None:
    last = lived(sqlite_database, checkpoint_at=100)
    with sqlite_database.writing() as connection:
        begun = checkpoints.oldest(connection, 1)
        assert begun is not None
        journal.prune(connection, begun[0] + 1)
        incidents.forget_closed(connection, 1e12)
    found = again(sqlite_database)
    assert (found.entries, found.differences) == (last - begun[0], [])


def test_a_pruned_journal_without_a_checkpoint_cannot_be_run(sqlite_database: Database) -> None:
    lived(sqlite_database)
    with sqlite_database.writing() as connection:
        connection.execute(delete(checkpoints.checkpoints))
        journal.prune(connection, 10)
    with pytest.raises(LookupError, match="begins at position 10, and no checkpoint"):
        again(sqlite_database)


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
def test_what_was_changed_by_hand_is_found(sqlite_database: Database, what: str) -> None:
    lived(sqlite_database)
    with sqlite_database.writing() as connection:
        connection.execute(CHANGES[what]())
    assert again(sqlite_database).differences


def test_other_rules_are_found_out(sqlite_database: Database) -> None:
    lived(sqlite_database, late=1.0)
    assert again(sqlite_database).differences


def test_a_changed_entry_stops_the_run(sqlite_database: Database) -> None:
    lived(sqlite_database)
    with sqlite_database.writing() as connection:
        body = connection.execute(select(journal_table.c.body).where(journal_table.c.position == 20)).scalar_one()
        lying = update(journal_table).where(journal_table.c.position == 20).values(body=body + b" ")
        connection.execute(lying)
    with pytest.raises(ChainBroken, match=r"broken at position 20: expected hash [0-9a-f]{16}, found"):
        again(sqlite_database)


@pytest.mark.parametrize("name", ["journal.jsonl", "journal.jsonl.gz"])
@pytest.mark.parametrize("pruned", [False, True])
def test_an_exported_journal_ends_in_the_same_rows(
    sqlite_database: Database, tmp_path: Path, name: str, pruned: bool
) -> None:
    lived(sqlite_database, checkpoint_at=100)
    with sqlite_database.writing() as connection:
        begun = checkpoints.oldest(connection, 1)
        if pruned and begun is not None:
            journal.prune(connection, begun[0] + 1)
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
