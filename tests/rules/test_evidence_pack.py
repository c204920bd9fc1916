"""The evidence pack: complete enough to be believed, bounded whatever the chain, harmless whatever a device said."""

from typing import Any

from contract.status import Status
from rules.answers.evidence_pack import MOST_WITNESSES, Evidence, evidence
from rules.answers.evidence_text import MOST, text
from rules.course.incident import TimelineEntry
from rules.entries import Command
from rules.rehearsal.storyteller import Fleet
from tests.rules.estates import CRITICAL, OK, START, Story

ACQUIRER: dict[str, Any] = {
    "id": "acquirer-a", "class": "payment_gateway", "provides": ["card_payment"], "vendor": "AcquirerCo",
}  # fmt: skip


def many(stores: int) -> dict[str, Any]:
    """Stores of two carriers, two acquirers, a control target; in each a till that needs a switch."""
    names = [f"{number:04d}" for number in range(1, stores + 1)]
    items: list[dict[str, Any]] = [
        ACQUIRER,
        {**ACQUIRER, "id": "acquirer-b"},
        {"id": "control-1", "class": "control_target"},
    ]
    for name in names:
        items.append({"id": "sw-01", "store": name, "class": "network_switch"})
        items.append(
            {"id": "pos-01", "store": name, "class": "pos_terminal", "provides": ["checkout"], "depends_on": ["sw-01"]}
        )
    found = [
        {
            "id": name,
            "name": f"Store {name}",
            "agents": [f"{name}-s"],
            "region": "north",
            "carrier": "bt" if at % 2 else "vm",
        }
        for at, name in enumerate(names)
    ]
    return {"stores": found, "items": items}


def pack(story: Story, lines: int = 3) -> Evidence:
    row = story.incidents()[0]
    told = [TimelineEntry(row.id, START + at, "note", f"line {at}") for at in range(lines)]
    return evidence(story.state, row, told, story.now, lambda agent, _: 0.25 if agent == "0001-s" else None)


def acquirer_fails(stores: int, failing: int) -> Story:
    story = Story(many(stores))
    for number in range(1, stores + 1):
        story.say(
            f"{number:04d}-s", {"acquirer-a/echo": OK, "acquirer-b/echo": OK, "control-1/icmp": OK, "sw-01/icmp": OK}
        )
    story.wait(60)
    for number in range(1, failing + 1):
        story.wait(0.01)
        story.say(f"{number:04d}-s", {"acquirer-a/echo": CRITICAL})
    story.wait(20)
    return story


def test_who_sees_the_acquirer_fail_and_what_it_is_not() -> None:
    found = pack(acquirer_fails(10, 6))
    assert (found.ci, found.vendor, found.stores, found.seen_well) == ("acquirer-a", "AcquirerCo", 6, 4)
    assert (found.carriers, found.regions) == ({"vm": 3, "bt": 3}, {"north": 6})
    assert [one.store for one in found.witnesses] == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert {one.state for one in found.witnesses} == {"critical"}
    assert [one.latency for one in found.witnesses[:2]] == [0.25, None]
    assert all(one.since <= (one.learnt_at or 0) for one in found.witnesses)
    assert [(one.ref, one.well, one.failing) for one in found.controls] == [("control-1", 6, 0)]
    assert found.excluded == (
        "not the line: control-1 answers at 6 of 6 stores that see the failure",
        "not one carrier: stores of vm, bt see it",
        "not one store's own path: 6 stores see it",
        "not all of the service: its alternate acquirer-b works",
    )
    told = text(found)
    for part in ("Seen by: 6 stores (carriers: vm 3, bt 3; regions: north 6)", "Seen well by: 4 stores", "line 2"):
        assert part in told


def test_a_witness_is_one_line_of_what_it_sees_and_since_when() -> None:
    story = acquirer_fails(4, 2)
    told = text(pack(story)).splitlines()
    seen = "acquirer-a/echo critical since 2026-11-16 09:01:00 UTC"
    assert (
        f"* 0001 (Store 0001, north, vm) 0001-s, {seen}, last answer took 0.25 s: acquirer-a/echo is critical" in told
    )


def test_a_line_of_a_mail_has_at_most_240_characters() -> None:
    story = acquirer_fails(4, 2)
    told = [TimelineEntry(story.incidents()[0].id, START, "note", "x" * length) for length in (199, 200)]
    lines = text(evidence(story.state, story.incidents()[0], told, story.now)).splitlines()[-2:]
    head = "* 2026-11-16 09:00:00 UTC note: "
    assert [len(line) for line in lines] == [240, 240]
    assert lines == [f"{head}{'x' * 199} (engine)", f"{head}{'x' * 200} (engine)"[:239] + "…"]


def test_a_control_target_that_fails_too_excludes_nothing() -> None:
    story = acquirer_fails(10, 6)
    story.say("0001-s", {"control-1/icmp": CRITICAL})
    assert pack(story).excluded[0] == "not the line: control-1 answers at 5 of 6 stores that see the failure"
    for number in range(2, 7):
        story.say(f"{number:04d}-s", {"control-1/icmp": CRITICAL})
    assert not any(one.startswith("not the line") for one in pack(story).excluded)


def test_one_stores_path_is_told_from_the_acquirer_and_a_till_from_its_switch() -> None:
    path = pack(acquirer_fails(8, 1))
    assert (path.ci, path.stores) == ("acquirer-a", 1)
    assert "not acquirer-a as a whole: 7 stores see it well" in path.excluded
    story = Story(many(3))
    story.say("0001-s", {"sw-01/icmp": OK, "pos-01/tcp": OK})
    story.wait(60)
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(6)
    assert pack(story).excluded == ("not what it depends on: sw-01 is well",)
    story.say("0001-s", {"sw-01/icmp": Status.UNKNOWN})
    assert pack(story).excluded == ()


def test_a_large_chain_has_a_bounded_pack() -> None:
    found = pack(acquirer_fails(220, 200), lines=120)
    assert (found.stores, len(found.witnesses), len(found.story), found.left_out) == (200, MOST_WITNESSES, 50, 70)
    assert found.story[-1].text == "line 119"
    told = text(found)
    assert len(told) <= MOST
    assert "and more" in told
    assert "(the newest; 70 lines left out)" in told


def test_what_a_device_said_cannot_draw_in_a_mail() -> None:
    story = Story(many(3))
    records = Fleet().transitions("0001-s", {"pos-01/tcp": CRITICAL}, START)
    assert records
    story.say("0001-s", {"pos-01/tcp": CRITICAL})
    story.wait(6)
    row = story.incidents()[0]
    hostile = TimelineEntry(row.id, START, "note", "a\x1b[2J\nBcc: everybody\u202e" + "x" * 3_000)
    told = text(evidence(story.state, row, [hostile], story.now))
    assert "\x1b" not in told
    assert "\nBcc" not in told
    assert "\u202e" not in told
    assert max(map(len, told.splitlines())) <= 240


def test_it_is_said_of_an_incident_that_has_no_item_too() -> None:
    story = Story(many(3))
    arguments = {"title": "Smoke", "ci": "0001", "category": "other"}
    story.tell(Command(at=story.now, id="1", actor="ann", name="create", arguments=arguments))
    found = pack(story)
    assert (found.stores, found.witnesses, found.excluded) == (1, (), ())
    assert "What fails: 0001 (0001)" in text(found)
