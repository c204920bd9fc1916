"""Holds the books of a world against its ledger, its script and the oracle, and says everything that is wrong."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from contract.ids import split_check
from contract.records import Transition
from rules import engine, rows
from rules.entries import JournalEntry, Records, Snapshot
from rules.state import State
from tests.simulation.books import Books
from tests.simulation.completeness import wrong_in_journal
from tests.simulation.network import LATE, Weather
from tests.simulation.oracle import Told, compared, foretold
from tests.simulation.script import END, SHARED, Script
from tests.simulation.silence import wrong_about_silence
from tests.simulation.timeline import START

# True once what began and ended before it was learnt is written down as history (rule 21): then it is compared too.
HISTORY_IS_KEPT = False
_A_GLIMPSE = 25.0  # seconds: what is believed for less may be over before the rules write it down


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
    behind = set() if HISTORY_IS_KEPT else _with_history(books)
    expected, real = _by_place(compared(foretold(books.ledger))), _by_place(compared(books.incidents))
    for place in sorted(expected.keys() | real.keys()):
        if place in behind:
            continue
        undated = any(agent.startswith(place) for agent in books.ledger.undated)
        yield from _differences(place, expected[place], real[place], math.inf if undated else doubt)


def _differences(place: str, expected: list[Told], real: list[Told], doubt: float) -> Iterator[str]:
    where = place or "all stores"
    if [one[:3] for one in expected] != [one[:3] for one in real]:
        yield f"{where}: expected {_shown(expected)}, found {_shown(real)}"
        return
    for one, other in zip(expected, real, strict=True):
        if abs(one.started - other.started) > doubt:
            yield f"{one.ci} began at {one.started - START:.1f}, and is said to have at {other.started - START:.1f}"
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


def _with_history(books: Books) -> set[str]:
    """Stores of which something was over when it was learnt, or never believed ("" for what stores share)."""
    believed: dict[tuple[str, str, int], float] = {}  # how long
    newest: dict[tuple[str, str], tuple[str, int, float]] = {}
    for entry in books.journal:
        for check, generation, seq in _told(entry):
            epoch = books.epochs.get((entry.agent, generation), "")
            before = newest.get((entry.agent, check))
            if before is None or _order(books, entry.agent, epoch, seq) >= _order(books, entry.agent, *before[:2]):
                believed.setdefault((entry.agent, epoch, seq), END - entry.at)
                if before is not None and before[:2] != (epoch, seq):
                    believed[entry.agent, *before[:2]] = entry.at - before[2]
                    newest[entry.agent, check] = (epoch, seq, entry.at)
                elif before is None:
                    newest[entry.agent, check] = (epoch, seq, entry.at)
    behind = set()
    for key, kept in books.ledger.kept.items():
        if isinstance(kept.record, Transition) and believed.get(key, 0.0) < _A_GLIMPSE:
            behind |= {kept.agent.partition("-")[0], *([""] if kept.record.check.startswith(SHARED) else [])}
    return behind


def _told(entry: JournalEntry) -> list[tuple[str, int, int]]:
    """(check, generation, seq) of what an entry has believed."""
    if isinstance(entry, Snapshot):
        return [(belief.check, belief.generation, belief.seq) for belief in entry.beliefs]
    if isinstance(entry, Records) and entry.live:
        return [(r.check, entry.generation, r.seq) for r in entry.records if isinstance(r, Transition)]
    return []


def _order(books: Books, agent: str, epoch: str, seq: int) -> tuple[int, int]:
    lives = books.ledger.lives[agent]
    return (lives.index(epoch) if epoch in lives else -1, seq)
