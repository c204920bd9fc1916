from pathlib import Path

import msgspec
import pytest

from collector.config import parse
from collector.desk import settings
from collector.desk.order import DeskError
from contract.documents import DocumentError

PAGE = (Path(__file__).parents[3] / "docs" / "help-desk.md").read_text()
CONFIG = """
deployment: acme
broker: {url: "mqtt://127.0.0.1"}
database: "sqlite:///x.db"
cmdb: [{kind: yaml, path: cmdb.yaml}]
help_desk:
  - {name: desk, kind: rt, url: "https://rt.example", token_file: token%s}
"""


def test_every_setting_and_placeholder_is_documented() -> None:
    for field in msgspec.structs.fields(settings.HelpDesk):
        assert f"| `{field.name}` |" in PAGE, field.name
    assert all(f"`{{{name}}}`" in PAGE for name in settings.PLACEHOLDERS)


def test_a_desk_begins_in_shadow_mode_and_its_files_are_beside_the_configuration() -> None:
    [desk] = parse(CONFIG % "", "collector.yaml", Path("/etc/tillwatch")).help_desk
    assert (desk.mode, desk.token_file) == ("shadow", "/etc/tillwatch/token")


def test_one_switch_stops_sending_to_every_desk() -> None:
    live = CONFIG % ", mode: live"
    assert [desk.mode for desk in parse(live, "collector.yaml").help_desk] == ["live"]
    assert [desk.mode for desk in parse(f"{live}\nshadow: true\n", "collector.yaml").help_desk] == ["shadow"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", url: x", "help_desk[0].url: written twice"),
        (", mode: test", "help_desk[0].mode: found 'test', expected one of live, shadow"),
        (", rate: 0", "help_desk[0].rate: found 0"),
        (", timeout: 2m", "help_desk[0].timeout: found 120s, expected from 1s to 60s"),
        (", compare: 2d", "help_desk[0].compare: found 172800s, expected from 0.1s to 86400s"),
        (', fields: {Store: "{shop}"}', "help_desk[0].fields.Store: no placeholder {shop}; there are: key, number"),
        (', queue: "a\' OR 1=1"', "queue and key_field cannot hold '"),
        (
            '}\n  - {name: desk, kind: webhook, url: "https://h.example", token_file: t',
            "help_desk[1].name: the same as help_desk[0].name",
        ),
        ('}\n  - {name: b, kind: webhook, url: "http://h.example", token_file: t', "http would show the token"),
        ('}\n  - {name: b, kind: webhook, url: "https://u:p@h.example", token_file: t', "holds credentials"),
        (
            ', owns_clock: true}\n  - {name: b, kind: rt, owns_clock: true, url: "https://h.example", token_file: t',
            "help_desk[1].owns_clock: help_desk[0] owns the clock already",
        ),
        (
            '}\n  - {name: b, kind: webhook, owns_clock: true, url: "https://h.example", token_file: t',
            "help_desk[1].owns_clock: a desk of kind webhook never says when something is due",
        ),
        ('}\n  - {name: b, kind: webhook, url: "https://h.example:99999", token_file: t', "not a URL"),
    ],
)
def test_every_mistake_is_told_with_its_place(more: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(CONFIG % more, "collector.yaml")
    assert said in str(caught.value), str(caught.value)


def test_a_value_that_looks_like_a_placeholder_stays_text() -> None:
    assert settings.filled("{ci} in {stores}", {"ci": "{stores}", "stores": "0001"}) == "{stores} in 0001"


def test_every_way_to_fail_is_a_desk_error() -> None:
    assert {one.__name__ for one in DeskError.__subclasses__()} == {"Unavailable", "NotTaken", "Refused"}
