import threading

import msgspec
from sqlalchemy import delete, update

from collector.adopting import append_changed
from collector.database import Database, journal
from collector.database.tables import journal as journal_table
from collector.documents import Documents
from rules.entries import AgentHeard, PolicyLoaded, Tick


def test_positions_are_gap_free_and_in_order(database: Database) -> None:
    """Entries stand at consecutive positions, in the order in which they were appended."""
    with database.writing() as connection:
        first = journal.append(connection, [Tick(at=1.0), AgentHeard(at=2.0, agent="a")])
    with database.writing() as connection:
        second = journal.append(connection, [Tick(at=3.0)])
    assert [placed.position for placed in [*first, *second]] == [1, 2, 3]
    with database.reading() as connection:
        assert journal.after(connection, 0, 10) == [*first, *second]
        assert journal.after(connection, 1, 1) == first[1:]
        assert journal.after(connection, 0, 10, until=2.0) == first


def test_time_never_goes_back(database: Database) -> None:
    """An entry from before the last one is dated like the last one."""
    with database.writing() as connection:
        placed = journal.append(connection, [Tick(at=100.0), Tick(at=50.0)])
    assert [one.entry.at for one in placed] == [100.0, 100.0]


def test_an_append_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    with database.writing() as connection:
        journal.append(connection, [Tick(at=1.0)])
        connection.rollback()
    with database.writing() as connection:
        assert journal.append(connection, [Tick(at=1.0)])[0].position == 1


def test_a_changed_or_missing_entry_breaks_the_chain(database: Database) -> None:
    with database.writing() as connection:
        journal.append(connection, [Tick(at=float(at)) for at in range(5)])
        assert journal.broken_link(connection) is None
        connection.execute(update(journal_table).where(journal_table.c.position == 3).values(body=b"{}"))
        broken = journal.broken_link(connection)
        assert broken is not None
        assert (broken.position, broken.text[:14]) == (3, "expected hash ")
    with database.writing() as connection:
        connection.execute(delete(journal_table).where(journal_table.c.position == 2))
        broken = journal.broken_link(connection)
        assert broken == (3, "expected position 2, found 3: 1 entry is missing")


def test_entries_cut_off_at_the_end_are_missed(database: Database) -> None:
    with database.writing() as connection:
        journal.append(connection, [Tick(at=float(at)) for at in range(5)])
        connection.execute(delete(journal_table).where(journal_table.c.position > 3))
        broken = journal.broken_link(connection)
        assert broken == (4, "expected entries up to 5, which the head tells of; the last is 3")


def test_a_pruned_journal_still_proves_what_is_left(database: Database) -> None:
    with database.writing() as connection:
        journal.append(connection, [Tick(at=float(at)) for at in range(5)])
        assert journal.prune(connection, 3) == 2
        assert journal.first_position(connection) == 3
        assert journal.broken_link(connection) is None


def test_four_writers_at_once_leave_no_gap_and_a_reader_skips_nothing(database: Database) -> None:
    """A tail that asks for what is beyond its position sees every entry exactly once, while four writers append."""
    each, writers = 40, 4
    seen: list[int] = []

    def write(number: int) -> None:
        for at in range(each):
            with database.writing() as connection:
                journal.append(connection, [AgentHeard(at=float(at), agent=f"writer-{number}")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    while len(seen) < each * writers:
        alive = any(thread.is_alive() for thread in threads)
        with database.reading() as connection:
            placed = journal.after(connection, seen[-1] if seen else 0, 7)
        seen += [one.position for one in placed]
        assert placed or alive, f"the tail ended at {len(seen)} of {each * writers}"
    for thread in threads:
        thread.join()
    assert seen == list(range(1, each * writers + 1))


def test_a_policy_whose_services_are_put_in_another_order_is_another_policy(database: Database) -> None:
    """Their order says what matters most, so the engine must get it; the same document again is no news."""
    services = {"checkout": {}, "promotions": {}}
    turned = dict(reversed(services.items()))
    for found in (services, services, turned):
        body = msgspec.Raw(msgspec.json.encode({"services": found}))
        append_changed(database, Documents("retail", body, msgspec.Raw(b"{}"), {}, {}), 1.0)
    with database.reading() as connection:
        entries = [placed.entry for placed in journal.after(connection, 0, 100)]
    told = [list(entry.document["services"]) for entry in entries if isinstance(entry, PolicyLoaded)]
    assert told == [["checkout", "promotions"], ["promotions", "checkout"]]
