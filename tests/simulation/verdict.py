"""Holds the books of a world against its ledger, its script and the oracle, and says everything that is wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from contract.ids import split_check
from contract.records import Gap, Transition
from rules.entries import Records, Snapshot
from tests.simulation.books import Books
from tests.simulation.oracle import Told, compared, foretold
from tests.simulation.script import END, SHARED, Script
from tests.simulation.silence import wrong_about_silence
from tests.simulation.timeline import START

# True once what began and ended before it was learnt is written down as history (rule 21): then it is compared too.
HISTORY_IS_KEPT = False
NEAR = 3.0  # seconds: an offset is wrong by up to half of what the quickest exchange took


def wrong(books: Books, script: Script) -> list[str]:
    """Empty when nothing is wrong."""
    return [
        *_wrong_in_journal(books),
        *_wrong_in_the_end(books, script),
        *_wrong_incidents(books),
        *wrong_about_silence(books),
    ]


def _wrong_in_journal(books: Books) -> Iterator[str]:
    """Every record that a log took is in the journal once, or was declared as dropped."""
    if books.broken_link is not None:
        yield f"the journal's chain breaks at {books.broken_link}"
    if books.engine_position != len(books.journal):
        yield f"the engine stands at {books.engine_position} of {len(books.journal)} entries"
    found: Counter[tuple[str, str, int]] = Counter()
    declared: set[tuple[str, str, int]] = set()
    lost = 0
    for entry in books.journal:
        if isinstance(entry, Records):
            epoch = books.epochs.get((entry.agent, entry.generation), "?")
            for record in entry.records:
                if isinstance(record, Gap):
                    lost += record.count
                    declared |= {(entry.agent, epoch, seq) for seq in range(record.first, record.last + 1)}
                else:
                    found[entry.agent, epoch, record.seq] += 1
                    kept = books.ledger.kept.get((entry.agent, epoch, record.seq))
                    if kept is None or not _same(kept.record, record):
                        yield f"{entry.agent} never kept {record} in epoch {epoch}"
    for key in books.ledger.kept:
        if found[key] > 1:
            yield f"{key} is in the journal {found[key]} times"
        elif not found[key] and key not in declared:
            yield f"{key} is lost: {books.ledger.kept[key].record}"
    if lost != sum(books.dropped.values()):
        yield f"{sum(books.dropped.values())} records were dropped and {lost} are declared"
    for agent, pending in books.pending.items():
        if pending:
            yield f"{agent} still waits for the ack of {pending} records"


def _same(kept: object, record: Transition) -> bool:
    return isinstance(kept, Transition) and (kept.check, kept.before, kept.after, kept.seq) == (
        record.check,
        record.before,
        record.after,
        record.seq,
    )


def _wrong_in_the_end(books: Books, script: Script) -> Iterator[str]:
    """What is believed is so, no cause is open twice, and no incident has two tickets."""
    for agent, believed in books.state.checks.items():
        for check, belief in believed.items():
            truth = script.status(agent.partition("-")[0], split_check(check)[0], END)
            if belief.state is not truth:
                yield f"{agent} says {check} is {belief.state.word}; it is {truth.word}"
    causes = Counter(row.cause for row in books.incidents if row.state in ("open", "acknowledged"))
    yield from (f"{cause} is open {count} times" for cause, count in causes.items() if count > 1)
    yield from (f"{count} tickets for incident {id_}" for id_, count in books.opened.items() if count > 1)


def _wrong_incidents(books: Books) -> Iterator[str]:
    """The same incidents as over a perfect line: {ci, category, started, ended, worst priority in the store}."""
    behind = set() if HISTORY_IS_KEPT else _with_history(books)
    expected, real = _by_place(compared(foretold(books.ledger))), _by_place(compared(books.incidents))
    for place in sorted(expected.keys() | real.keys()):
        if place in behind:
            continue
        yield from _differences(place, expected[place], real[place])


def _differences(place: str, expected: list[Told], real: list[Told]) -> Iterator[str]:
    where = place or "all stores"
    if [one[:3] for one in expected] != [one[:3] for one in real]:
        yield f"{where}: expected {_shown(expected)}, found {_shown(real)}"
        return
    for one, other in zip(expected, real, strict=True):
        if abs(one.started - other.started) > NEAR:
            yield f"{one.ci} began at {one.started - START:.1f}, and is said to have at {other.started - START:.1f}"
        if (one.ended is None) != (other.ended is None):
            yield f"{one.ci} is {'over' if one.ended else 'going on'}, and is said to be {'over' if other.ended else 'going on'}"
        elif one.ended and other.ended and abs(one.ended - other.ended) > NEAR:
            yield f"{one.ci} ended at {one.ended - START:.1f}, and is said to have at {other.ended - START:.1f}"
    if min((one.worst for one in expected), default=0) != min((one.worst for one in real), default=0):
        yield f"{where}: the worst was P{min(one.worst for one in expected)}; it is said to be P{min(one.worst for one in real)}"


def _by_place(told: list[Told]) -> dict[str, list[Told]]:
    places: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        places[one.home].append(one)
    return places


def _shown(told: list[Told]) -> str:
    return ", ".join(f"{one.category} {one.ci} from {one.started - START:.0f}" for one in told) or "nothing"


def _with_history(books: Books) -> set[str]:
    """Stores of which something came too late to have been believed ("" for what stores share)."""
    believed: set[tuple[str, int, int]] = set()
    newest: dict[tuple[str, str], tuple[int, int]] = {}
    for entry in books.journal:
        told: list[tuple[str, int, int]] = []
        if isinstance(entry, Snapshot):
            told = [(belief.check, belief.generation, belief.seq) for belief in entry.beliefs]
        elif isinstance(entry, Records) and entry.live:
            told = [(r.check, entry.generation, r.seq) for r in entry.records if isinstance(r, Transition)]
        for check, generation, seq in told:
            if (generation, seq) >= newest.get((entry.agent, check), (0, 0)):
                newest[entry.agent, check] = (generation, seq)
                believed.add((entry.agent, generation, seq))
    behind = set()
    generations = {(agent, epoch): generation for (agent, generation), epoch in books.epochs.items()}
    for agent, epoch, seq in books.ledger.kept:
        kept = books.ledger.kept[agent, epoch, seq]
        if (agent, generations.get((agent, epoch), -1), seq) not in believed and isinstance(kept.record, Transition):
            behind |= {agent.partition("-")[0], *([""] if kept.record.check.startswith(SHARED) else [])}
    return behind
