"""Lists of other systems into cmdb.yaml: what changes is told, what the list does not speak of stays."""

from pathlib import Path

import pytest
import yaml

from contract.documents import DocumentError
from tillwatch import cli
from tillwatch.cmdb import lists

CMDB = """\
# The chain. Ask Maria before you change it.
stores:
  - {id: "0001", name: One, region: north}
items:
  - {id: sw-01, store: "0001", class: network_switch}
  - {id: pos-01, store: "0001", class: pos_terminal, address: 10.0.0.1, depends_on: [sw-01], asset: SN1}
"""
ITEMS = """\
id,store,class,address,asset,attributes.model,weight
pos-01,0001,pos_terminal,10.0.0.9,,X200,
pos-02,0001,pos_terminal,10.0.0.2,SN2,X200,0.5
"""


@pytest.fixture
def cmdb(tmp_path: Path) -> Path:
    path = tmp_path / "cmdb.yaml"
    path.write_text(CMDB)
    return path


def take(cmdb: Path, name: str, text: str, *options: str, code: int = 0) -> dict[str, object]:
    (cmdb.parent / name).write_text(text)
    assert cli.main(["cmdb", "import", str(cmdb.parent / name), "--into", str(cmdb), *options]) == code
    loaded: dict[str, object] = yaml.safe_load(cmdb.read_text())
    return loaded


def test_a_csv_changes_only_what_it_speaks_of_and_says_so(cmdb: Path, capsys: pytest.CaptureFixture[str]) -> None:
    after = take(cmdb, "items.csv", ITEMS)
    assert after["items"] == [
        {"id": "sw-01", "store": "0001", "class": "network_switch"},
        {"id": "pos-01", "store": "0001", "class": "pos_terminal", "address": "10.0.0.9", "depends_on": ["sw-01"],
         "attributes": {"model": "X200"}},
        {"id": "pos-02", "store": "0001", "class": "pos_terminal", "address": "10.0.0.2", "asset": "SN2",
         "attributes": {"model": "X200"}, "weight": 0.5},
    ]  # fmt: skip
    told = capsys.readouterr().out
    assert "changed  item 0001/pos-01: address: 10.0.0.1 → 10.0.0.9, asset: SN1 → none" in told
    assert "added    item 0001/pos-02" in told
    assert "missing  item 0001/sw-01" in told
    assert "1 added, 1 changed, 0 removed, 1 missing" in told
    assert cmdb.read_text().startswith("# The chain. Ask Maria before you change it.\n")


def test_the_same_list_again_changes_nothing(cmdb: Path) -> None:
    take(cmdb, "items.csv", ITEMS)
    before = cmdb.stat().st_mtime_ns
    take(cmdb, "items.csv", ITEMS)
    assert cmdb.stat().st_mtime_ns == before


def test_a_dry_run_writes_nothing(cmdb: Path) -> None:
    take(cmdb, "items.csv", ITEMS, "--dry-run")
    assert cmdb.read_text() == CMDB


def test_what_the_list_does_not_have_goes_only_when_asked_and_never_from_under_another(
    cmdb: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(cmdb, "items.csv", ITEMS, "--remove", code=2)
    assert "depends_on[0]: found 'sw-01', which is no item in store '0001'" in capsys.readouterr().err
    assert cmdb.read_text() == CMDB
    after = take(cmdb, "items.csv", "id,store,class\nsw-01,0001,network_switch\n", "--remove")
    assert [item["id"] for item in after["items"]] == ["sw-01"]  # type: ignore[attr-defined]


def test_stores_come_from_a_csv_without_classes_and_from_yaml(tmp_path: Path) -> None:
    cmdb = tmp_path / "new.yaml"
    columns = "id,name,region,agents,hours.mon-sat,hours.exceptions.2026-12-25\n"
    after = take(cmdb, "stores.csv", f"\ufeff{columns}0042,Leeds,north,0042-server; 0042-spare,08:00-20:00,closed\n")
    assert after["stores"] == [
        {"id": "0042", "name": "Leeds", "region": "north", "agents": ["0042-server", "0042-spare"],
         "hours": {"mon-sat": "08:00-20:00", "exceptions": {"2026-12-25": "closed"}}},
    ]  # fmt: skip
    after = take(cmdb, "more.yaml", 'stores: [{id: "0042", region: south}]\n')
    assert after["stores"][0]["region"] == "south"  # type: ignore[index]
    assert after["stores"][0]["name"] == "Leeds"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,class,adress\n", "list.csv:1: adress: is no column of items; did you mean 'address'?"),
        ("class,store\n", "list.csv:1: id: missing: the first line names the columns"),
        ("id,class,id\n", "list.csv:1: id: is there twice"),
        ("id,class\npos-01\n", "list.csv:2: found 1 cells, expected 2"),
        ("id,class,weight\nx,y,heavy\n", "list.csv:2: weight: found 'heavy', expected a number"),
        ("id,class,offline.sell\nx,y,maybe\n", "list.csv:2: offline.sell: found 'maybe', expected true or false"),
        ('id,class\n"x,y\n', "list.csv:2: not CSV: "),
        ("id,class\n,till\n", "list.csv:2: id: missing"),
    ],
)
def test_each_mistake_in_a_list_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(DocumentError) as caught:
        lists.read(text, "list.csv")
    assert told in str(caught.value)
