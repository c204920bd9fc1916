"""A desk's own tickets, from a CSV into the database, and a day of them on a terminal."""

from pathlib import Path

import pytest

from collector.database import Database, own_tickets
from collector.database.own_tickets import OwnTicket
from contract.documents import DocumentError
from tests.collector.desk import scene
from tillwatch import cli
from tillwatch.own_tickets import tickets

LIST = """\ufeffTicket,Opened_At,store,ci,category,who
INC1,2026-11-16T09:10:00Z,0042,,pos_outage,ann
INC2,2026-11-16T10:10:00+01:00,,acquirer-a,,bob

"""
NINE_TEN = 1_794_820_200.0


def test_a_list_has_our_columns_in_any_order_and_others_are_left_unread() -> None:
    assert tickets(LIST, "list.csv", "desk") == [
        OwnTicket("desk", "INC1", NINE_TEN, "0042", "", "pos_outage"),
        OwnTicket("desk", "INC2", NINE_TEN, "", "acquirer-a", ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column ticket, opened_at, store or ci"),
        ("ticket,store\nx,1\n", "no column opened_at"),
        ("ticket,opened_at,store\n,2026-11-16T09:10:00Z,0042\n", "list.csv:2: ticket: empty"),
        ("ticket,opened_at,store\nx,2026-11-16T09:10:00Z,\n", "what was the ticket about"),
        ("ticket,opened_at,store\nx,2026-11-16 09:10,0042\n", "expected an instant such as"),
        ("ticket,opened_at,store\nx,,0042\n", "expected an instant such as"),
        (f"ticket,opened_at,store\n{'x' * 131},2026-11-16T09:10:00Z,0042\n", "longer than 130"),
        ('ticket,opened_at,store\n"x,2026-11-16T09:10:00Z,0042\n', "not CSV"),
    ],
)
def test_every_mistake_names_its_line(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        tickets(text, "list.csv", "desk")
    assert said in str(caught.value)


def test_what_is_imported_twice_is_there_once(
    tmp_path: Path, sqlite_url: str, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("secret")
    desk = {"name": "desk", "kind": "rt", "url": "http://127.0.0.1:9", "token_file": "token", "mode": "shadow"}
    scene.config(tmp_path, sqlite_url, desk)
    (tmp_path / "list.csv").write_text(LIST)
    words = ["shadow", "import", str(tmp_path / "list.csv"), "--config", str(tmp_path / "collector.yaml")]
    for _ in range(2):
        assert cli.main([*words, "--desk", "desk"]) == 0
    assert capsys.readouterr().out == "2 tickets of desk\n" * 2
    with sqlite_database.reading() as connection:
        assert [one.ticket for one in own_tickets.listed(connection, "desk", 0.0, 1e11)] == ["INC1", "INC2"]
        assert own_tickets.listed(connection, "desk", 0.0, NINE_TEN) == []
    assert cli.main([*words, "--desk", "other"]) == 2
    assert "the configuration has desk" in capsys.readouterr().err
    with sqlite_database.writing() as connection:
        own_tickets.forget(connection, NINE_TEN + 1)
        assert own_tickets.listed(connection, "desk", 0.0, 1e11) == []
