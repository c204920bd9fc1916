"""Holds the books of a world against its ledger, its script and the oracle, and says everything that is wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from contract.ids import split_check
from contract.records import Transition
from rules import engine, rows
from rules.course.incident import Incident
from rules.course.incidents import HISTORICAL
from rules.state import State
from tests.simulation.books import Books
from tests.simulation.completeness import declared, wrong_in_journal
from tests.simulation.ledger import Kept
from tests.simulation.network import LATE, Weather
from tests.simulation.oracle import Told, compared, foretold
from tests.simulation.script import END, SHARED, Script
from tests.simulation.silence import wrong_about_silence
from tests.simulation.timeline import START


def wrong(books: Books, script: Script, weather: Weather) -> list[str]:
    """Empty when nothing is wrong."""
    return [
        *wrong_in_journal(books),
        *_wrong_in_the_end(books, script),
        *_wrong_in_replay(books),
        *_wrong_incidents(books, _doubt(weather)),
        *wrong_about_silence(books),
    ]


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


def _wrong_in_replay(books: Books) -> Iterator[str]:
    """The journal alone, told to the rules, gives what the engine committed, row by row."""
    state = State.empty()
    for entry in books.journal:
        engine.run(state, entry)
    told, found = ({(table, key): body for table, key, body in rows.dump(one)} for one in (state, books.state))
    different = sorted(place for place in told.keys() | found.keys() if told.get(place) != found.get(place))
    if different:
        yield f"a replay of the journal differs in {len(different)} rows, first in {' '.join(different[0])}"


def _wrong_incidents(books: Books, doubt: float) -> Iterator[str]:
    """The same incidents as over a perfect line: {ci, category, started, ended, worst priority in the store}."""
    doubted = {agent for agent, most in books.ledger.doubts.items() if most > doubt}
    undated = {agent.partition("-")[0] for agent in books.ledger.undated | doubted}
    unknowable = _with_gaps(books) | undated | ({""} if undated else set())
    told = foretold(books.ledger)
    standing = [row for row in books.incidents if not _is_excused(row, books.incidents, told, doubt)]
    explained_late = {ci for row in books.incidents if HISTORICAL in row.flags for ci in row.symptoms}
    expected, real = _by_place(compared(told)), _by_place(compared(standing))
    for place in sorted(expected.keys() | real.keys()):
        if place not in unknowable:
            yield from _differences(place, expected[place], real[place], doubt, explained_late)


def _is_excused(row: Incident, standing: list[Incident], told: list[Incident], doubt: float) -> bool:
    """Explained on a perfect line, or absorbed by what explains its next failure; here it was over when it was learnt.

    Or what had explained it was over when that was learnt, so it stands alone before it would have.
    """
    alike = [
        "duplicate" in one.flags
        for one in told
        if (one.ci, one.category) == (row.ci, row.category) and abs(one.started_at - row.started_at) <= doubt
    ]
    if HISTORICAL in row.flags:
        return any(alike) if alike else any(_explains(one, row, doubt) for one in told)
    return not alike and any(HISTORICAL in one.flags and row.ci in one.symptoms for one in standing)


def _explains(cause: Incident, row: Incident, doubt: float) -> bool:
    is_over = cause.restored_at is not None and cause.restored_at < row.started_at - doubt
    return row.ci in cause.symptoms and cause.started_at - doubt <= row.started_at and not is_over


def _differences(
    place: str, expected: list[Told], real: list[Told], doubt: float, explained_late: set[str]
) -> Iterator[str]:
    """What was explained by something that was over when it was learnt may go on in the incident that it had before."""
    where = place or "all stores"
    if [one[:3] for one in expected] != [one[:3] for one in real]:
        yield f"{where}: expected {_shown(expected)}, found {_shown(real)}"
        return
    for one, other in zip(expected, real, strict=True):
        if abs(one.started - other.started) > doubt:
            yield f"{one.ci} began at {one.started - START:.1f}, and is said to have at {other.started - START:.1f}"
        if one.ci in explained_late and one.ended and (other.ended is None or other.ended > one.ended):
            continue
        if (one.ended is None) != (other.ended is None):
            yield f"{one.ci} is {_phase(one)}, and is said to be {_phase(other)}"
        elif one.ended and other.ended and abs(one.ended - other.ended) > doubt:
            yield f"{one.ci} ended at {one.ended - START:.1f}, and is said to have at {other.ended - START:.1f}"
    if _worst(expected) != _worst(real):
        yield f"{where}: the worst was P{_worst(expected)}; it is said to be P{_worst(real)}"


def _doubt(weather: Weather) -> float:
    """Seconds that instants may differ by: a clock's offset is known to half of what an exchange takes, at worst."""
    return 1.0 + 2 * weather.delay + (LATE / 4 if weather.overtake else 0.0)


def _phase(told: Told) -> str:
    return "over" if told.ended else "going on"


def _worst(told: list[Told]) -> int:
    return min((one.worst for one in told), default=0)


def _by_place(told: list[Told]) -> dict[str, list[Told]]:
    places: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        places[one.home].append(one)
    return places


def _shown(told: list[Told]) -> str:
    return ", ".join(f"{one.category} {one.ci} from {one.started - START:.0f}" for one in told) or "nothing"


def _with_gaps(books: Books) -> set[str]:
    """Stores of which transitions were dropped and declared: of those nobody can know ("" for what stores share)."""
    dropped = [kept for key in declared(books) if isinstance((kept := books.ledger.kept.get(key)), Kept)]
    told = [(kept.agent.partition("-")[0], kept.record) for kept in dropped if isinstance(kept.record, Transition)]
    return {store for store, _ in told} | {"" for _, record in told if record.check.startswith(SHARED)}
