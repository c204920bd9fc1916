"""What the client commands print of coverage, the ledger and a day beside a desk's own tickets."""

import json

from tests.tillwatch.answering import Ran, Site


def test_coverage_is_a_line_a_service_and_a_name_for_every_gap(site: Site, ran: Ran) -> None:
    watch = {"agent": "0042-server", "check": "tcp", "interval": 15, "stale_since": None}
    members = [
        {"ref": "0042/pos-01", "name": "Till 1", "watched_by": [watch]},
        {"ref": "0042/pos-02", "name": "Till 2", "watched_by": []},
    ]
    checkout = {
        "service": "checkout", "title": "Checkout", "coverage": "partly", "unwatched": ["0042/pos-02"], "stale": [],
        "members": members,
    }  # fmt: skip
    fuel = {
        "service": "fuel", "title": "Fuel", "coverage": "unwatched", "unwatched": ["0042/pump"], "stale": [],
        "members": [{"ref": "0042/pump", "name": "Pump", "watched_by": []}],
    }  # fmt: skip
    store = {"store": "0042", "name": "", "region": "north", "services": [checkout, fuel], "unwatched": ["0042/sw-01"]}
    site.says("/api/v1/coverage?limit=1000&store=0042&gaps=true", {"items": [store], "next": None})
    code, out, _ = ran("stores", "coverage", "0042", "--gaps")
    assert code == 0
    assert "1 of 2" in out
    assert "0042-server tcp" in out
    assert out.splitlines()[-3:] == [
        "0042: of Checkout nothing watches 0042/pos-02",
        "0042: nothing watches Fuel: 0042/pump",
        "0042: nothing watches 0042/sw-01",
    ]
    assert json.loads(ran("stores", "coverage", "0042", "--gaps", "--json")[1]) == [store]


def test_the_ledger_is_a_line_a_rule(site: Site, ran: Ran) -> None:
    rule = {
        "rule": "13 shared", "owner": "payments", "opened": 4, "confirmed": 2, "false": 1, "precision": 2 / 3,
        "called": 1, "minutes_before_first_call": 9.6,
    }  # fmt: skip
    unjudged = rule | {"rule": "1 evidence", "precision": None, "minutes_before_first_call": None}
    document = {"at": "2026-11-27T09:00:00Z", "days": 30.0, "wanted": 0.9, "least": 5, "rules": [rule, unjudged]}
    site.says("/api/v1/ledger", document)
    code, out, _ = ran("ledger")
    assert code == 0
    assert [line.split() for line in out.splitlines()[1:3]] == [
        ["13", "shared", "4", "2", "1", "67%", "1", "10", "payments"],
        ["1", "evidence", "4", "2", "1", "-", "1", "-", "payments"],
    ]
    assert "The last 30 days. Below 90% its owner is told, once 5 were judged" in out
    assert json.loads(ran("ledger", "--json")[1]) == document


def test_a_day_beside_the_desks_own_tickets_ends_with_its_sums(site: Site, ran: Ran) -> None:
    line = {
        "verdict": "missed", "at": "2026-11-16T09:10:00Z", "ticket": "INC1", "incident": "abc", "number": 7,
        "store": "0042",
        "ci": "0042/pos-01", "category": "pos_outage", "minutes_earlier": None, "held_back": "maintenance",
    }  # fmt: skip
    document = {
        "desk": "desk", "day": "2026-11-16", "tickets": 1, "incidents": 0, "caught": 0, "missed": 1, "false": 0,
        "ours_alone": 0, "minutes_earlier": None, "items": [line],
    }  # fmt: skip
    site.says("/api/v1/reports/shadow/comparison?desk=desk&day=2026-11-16", document)
    code, out, _ = ran("shadow", "compare", "--desk", "desk", "--day", "2026-11-16")
    assert code == 0
    assert "missed (held back: maintenance)" in out
    assert "1 own tickets, 0 incidents: 0 caught, 1 missed, 0 false, 0 ours alone" in out
    document |= {"tickets": 0, "items": []}
    site.says("/api/v1/reports/shadow/comparison?desk=desk&day=2026-11-16", document)
    assert "import them first" in ran("shadow", "compare", "--desk", "desk", "--day", "2026-11-16")[1]
