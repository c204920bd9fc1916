"""Days of the demo's chain told by static severities and by ours: tickets, P1s, how long the right team waits.

Static is what a tool does that knows classes and no customers: every device that fails is a ticket, with the priority
of its class. Both hand their tickets to the same desk, which reads them one after the other, the worst first, and
passes each on to its team: one that is buried under its own symptoms is found late. Virtual time; a seed is a day.
`--page`: the table and the plot too.
"""

import argparse
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.drawn_day import CONFIRMED, LASTS, STORES, UNHEARD, Fault, drawn, journal
from contract.ids import split_check
from rules import engine
from rules.course.incident import Incident
from rules.entries import JournalEntry
from rules.given import policy
from rules.given.estate import Estate, cmdb_of
from rules.given.policy import typed
from rules.state import State
from tillwatch.demo import layout
from tools.place import Place

DAYS = range(1, 11)
READING = 180.0  # seconds that the desk needs to read a ticket and pass it on
SEVERITY = {
    "pos_terminal": 1,
    "network_switch": 1,
    "payment_gateway": 1,
    "web_shop": 1,
    "inventory_sync": 2,
    "signage": 2,
}
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PLACE = Place("<!-- ./run bench day --page writes from here -->")
SILENT = ("store-systems", 2)  # a server that says nothing is a server's ticket


class Ticket(NamedTuple):
    at: float
    priority: int
    team: str
    ci: str


class Told(NamedTuple):
    tickets: int
    p1: int
    lane_minutes: float
    waited: float  # minutes, the mean of all faults


class Day(NamedTuple):
    seed: int
    static: Told
    ours: Told


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/day.py")
    parser.add_argument("seeds", nargs="*", type=int, default=DAYS, help="which days")
    parser.add_argument("--page", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    estate = Estate(typed(policy.load("retail")), cmdb_of(layout.cmdb(STORES)))
    print("                tickets     P1 tickets   lost-lane minutes   minutes until the right team is told")
    print("  day        static ours    static ours    static   ours       static  ours")
    days = []
    for seed in options.seeds:
        faults = drawn(estate, seed)
        days.append(Day(seed, told(faults, by_severity(estate, faults)), told(faults, by_rules(faults))))
        print(f"  {seed:6}  {_columns(days[-1])}")
    print(f"  median  {_columns(median(days))}")
    if options.page:
        PAGE.write_text(written(PAGE.read_text(), days))
    if any(one.ours.tickets > one.static.tickets or one.ours.lane_minutes > one.static.lane_minutes for one in days):
        raise SystemExit(1)


def median(days: list[Day]) -> Day:
    """Of each figure by itself."""

    def of(column: list[Told]) -> Told:
        return Told(*(statistics.median(figures) for figures in zip(*column, strict=True)))

    return Day(0, of([one.static for one in days]), of([one.ours for one in days]))


def _columns(day: Day) -> str:
    tickets, p1, lanes, waited = zip(day.static, day.ours, strict=True)
    return (
        f"{tickets[0]:9.0f}{tickets[1]:5.0f}{p1[0]:10.0f}{p1[1]:5.0f}{lanes[0]:10,.0f}{lanes[1]:7,.0f}"
        f"{waited[0]:13.0f}{waited[1]:6.0f}"
    )


def written(page: str, days: list[Day]) -> str:
    """The page with these days. Raises ValueError where its markers are missing."""
    names = ", ".join(f'"{one.seed}"' for one in days)
    top = max(one.static.lane_minutes for one in days)
    plot = (
        f'xychart-beta\n    title "lost-lane minutes a day: bars by severities, line by rules"\n'
        f'    x-axis "day" [{names}]\n    y-axis "lane minutes" 0 --> {top:.0f}\n'
        f"    bar [{', '.join(f'{one.static.lane_minutes:.0f}' for one in days)}]\n"
        f"    line [{', '.join(f'{one.ours.lane_minutes:.0f}' for one in days)}]"
    )
    rows = "".join(_row(str(one.seed), one) for one in days) + _row("median", median(days))
    waited = "lost-lane minutes until the right team is told | minutes until it is told, the mean"
    table = f"| day | tickets | P1 tickets | {waited} |\n|---|---|---|---|---|\n{rows}"
    return PLACE.written(page, f"```mermaid\n{plot}\n```\n\nStatic → ours:\n\n{table}")


def _row(name: str, day: Day) -> str:
    cells = (f"{one:,.0f} → {other:,.0f}" for one, other in zip(day.static, day.ours, strict=True))
    return f"| {name} | {' | '.join(cells)} |\n"


def by_severity(estate: Estate, faults: Iterable[Fault]) -> list[Ticket]:
    """A ticket for each device that each store sees failing."""
    made = []
    for fault in faults:
        at = fault.at + CONFIRMED
        for agent, check in fault.seen:
            ref = estate.ref(agent, split_check(check)[0])
            priority = SEVERITY.get(estate.items[ref].klass, 3)
            made.append(Ticket(at, priority, estate.rules_of(ref).resolver_group, ref))
        if fault.cut:
            made.append(Ticket(fault.at + UNHEARD, SILENT[1], SILENT[0], layout.STORE))
    return made


def by_rules(faults: Iterable[Fault]) -> list[Ticket]:
    """What the engine asks for when agents tell it of the same faults: a ticket, or one opened again."""
    state, rows, made = State.empty(), dict[str, Incident](), list[Ticket]()
    for event in _with_deadlines(state, journal(faults)):
        decision = engine.step(state, event, event.at)
        engine.apply(state, decision)
        rows |= {one.key: one.row for one in decision.changes if one.table == "incidents"}
        for one in decision.effects:
            if one.kind == "open_ticket" or (one.kind == "update_ticket" and ":reopen:" in one.key):
                row = rows[one.incident]
                made.append(Ticket(event.at, row.priority, one.to, row.ci))
    return made


def _with_deadlines(state: State, journal: list[JournalEntry]) -> Iterator[JournalEntry | engine.Due]:
    for entry in journal:
        while (due := state.next_deadline()) is not None and due[0] <= entry.at:
            yield engine.Due(at=due[0], key=due[1])
        yield entry


def told(faults: list[Fault], tickets: list[Ticket]) -> Told:
    """What the desk's reading comes to; a fault whose team is told only after it was mended waited until then."""
    read_at = _read(tickets)
    waits = []
    for fault in faults:
        found = [
            at - fault.at
            for ticket, at in read_at
            if ticket.at >= fault.at and ticket.team == fault.team and ticket.ci == fault.ci
        ]
        waits.append(min([*found, LASTS]))
    lane_minutes = sum(wait * fault.lanes for wait, fault in zip(waits, faults, strict=True)) / 60
    p1 = sum(ticket.priority == 1 for ticket in tickets)
    return Told(len(tickets), p1, lane_minutes, sum(waits) / len(waits) / 60)


def _read(tickets: list[Ticket]) -> list[tuple[Ticket, float]]:
    """When the desk has passed each on: one at a time, of those that are there the worst, then the oldest."""
    waiting, now, done = sorted(tickets), 0.0, list[tuple[Ticket, float]]()
    while waiting:
        now = max(now, waiting[0].at)
        there = [one for one in waiting if one.at <= now]
        first = min(there, key=lambda one: (one.priority, one.at, one.ci))
        waiting.remove(first)
        now += READING
        done.append((first, now))
    return done


if __name__ == "__main__":
    main()
