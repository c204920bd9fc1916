import pytest

from collector.desk import wording
from collector.desk.order import News
from collector.desk.wording import BODY, NOTE, SUBJECT, Frame
from rules.course.incident import Affected, Incident, Reason, Sla, Suppression
from rules.given import estate, policy
from tests.collector.desk.scene import CMDB

KNOWN = estate.made(policy.load("retail"), CMDB)
FRAME = Frame("tillwatch:acme:i1", "https://noc.example", 1_000_300.0)


def incident(**fields: object) -> Incident:
    known: dict[str, object] = {
        "id": "i1",
        "number": 7,
        "cause": "pos_outage:0001/pos-01",
        "category": "pos_outage",
        "service": "checkout",
        "ci": "0001/pos-01",
        "title": "Checkout: 1 of 2 lanes down",
        "state": "open",
        "priority": 2,
        "worst_priority": 2,
        "started_at": 1_000_000.0,
        "learnt_at": 1_000_001.0,
        "stores": ("0001",),
        "home": "0001",
        "loss": 0.5,
        "affected": Affected(1, 2, ("0001/pos-01",)),
        "sla": Sla(1_000_900.0, 1_014_400.0),
        "reasons": (Reason("1 evidence", "connection refused"),),
    }
    return Incident(**(known | fields))  # type: ignore[arg-type]


def news(kind: str, text: str, position: int = 1, recipient: str = "") -> News:
    return News(f"i1:{kind}:{position}", position, 0.0, kind, recipient, text)  # type: ignore[arg-type]


def test_the_customers_come_first_and_everything_that_a_person_needs_follows() -> None:
    words = wording.wording(KNOWN, incident(), [], FRAME)
    assert words.subject == "P2 Customers wait longer at the checkout: Checkout: 1 of 2 lanes down"
    assert words.body.splitlines()[:6] == [
        "Customers wait longer at the checkout.",
        "",
        "Where: Leeds Briggate (0001)",
        "Since: 1970-01-12 13:46 UTC (5 min at this writing)",
        "How much: 1 of 2 lanes down, 50% of the service lost, hit: 0001/pos-01",
        "What: Checkout: 1 of 2 lanes down",
    ]
    assert "Respond by: 1970-01-12 14:01 UTC" in words.body
    assert "* connection refused (rule 1 evidence)" in words.body
    assert words.body.endswith("In the console: https://noc.example/incidents/i1\nKey: tillwatch:acme:i1")


def test_all_of_a_service_lost_is_said_as_such() -> None:
    assert wording.impact(KNOWN, incident(loss=1.0)) == "Customers cannot check out"
    assert wording.impact(KNOWN, incident(loss=0.0, priority=1, home="")) == "Customers cannot check out"


def test_every_service_of_the_shipped_policy_has_its_sentence() -> None:
    assert KNOWN.policy is not None
    assert set(wording.IMPACT) == set(KNOWN.policy.services)


def test_a_service_that_a_chain_made_up_is_named_by_its_title() -> None:
    assert wording.impact(KNOWN, incident(service="car_wash")) == "car wash is limited"


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x07gone",
        "line\r\nSubject: other\r\n",
        "[store-desk #1] pay here",
        "\u202egnp.exe",
        "4111 1111 1111 1111",
        "x" * 100_000,
        "\ud800",
    ],
)
def test_a_devices_text_can_neither_steer_nor_fill_a_ticket(hostile: str) -> None:
    """One printable line without brackets and card numbers, bounded, in the subject, the body and the note."""
    one = incident(title=hostile, reasons=(Reason("1 evidence", hostile),) * 50, resolver_group=hostile)
    words = wording.wording(KNOWN, one, [news("update_ticket", hostile), news("escalate", hostile, 2, hostile)], FRAME)
    plain = wording.wording(KNOWN, incident(), [], FRAME)
    assert words.subject.isprintable()
    assert all(line.isprintable() for text in (words.body, words.note) for line in text.split("\n"))
    assert "[store-desk" not in words.subject + words.body + words.note
    assert "4111 1111" not in words.subject + words.body + words.note
    assert (len(words.subject) <= SUBJECT, len(words.body) <= BODY, len(words.note) <= NOTE) == (True, True, True)
    assert len(words.note.splitlines()) == 2
    assert words.body.splitlines()[1:4:2] == plain.body.splitlines()[1:4:2]


def test_many_stores_are_counted_and_not_all_named() -> None:
    stores = tuple(f"{number:04d}" for number in range(1, 2001))
    body = wording.wording(KNOWN, incident(stores=stores), [], FRAME).body
    assert "0010 and 1990 more" in body


def test_of_several_changes_the_note_has_the_last_and_every_escalation() -> None:
    told = [news("update_ticket", "2 lanes", 1), news("escalate", "t", 2, "duty"), news("update_ticket", "3 lanes", 3)]
    note = wording.wording(KNOWN, incident(suppressed=Suppression("part of #3: sw-01")), told, FRAME).note
    assert note.splitlines() == ["Escalated to duty: t", "Changed: 3 lanes", "Held back here: part of #3: sw-01"]


def test_the_opening_is_no_note() -> None:
    assert wording.wording(KNOWN, incident(), [news("open_ticket", "x")], FRAME).note == ""
