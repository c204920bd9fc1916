"""The table of docs/acceptance.md keeps what was not run again, and is the same however often it is written."""

import pytest

from tests.house.tracked import ROOT
from tools.acceptance_table import HEAD, PLACE, Row, cell, machine, merged, rows, version, written

PAGE = ROOT / "docs" / "acceptance.md"
EMPTY = f"# Shown\n\n{PLACE.begin}\n{HEAD}{PLACE.end}\n\nafter\n"


def row(test: str, point: str = "2.5", figure: str = "1 ticket", verdict: str = "passed") -> Row:
    return Row(point, "one ticket", figure, verdict, "2026-11-22, 0.1.0, 2 cores, 8 GiB", test)


def test_what_is_written_is_read_back_and_the_rest_of_the_page_stays() -> None:
    table = [row("test_a.py::one"), row("test_a.py::two", figure="")]
    page = written(EMPTY, table)
    assert rows(page) == table
    assert page.startswith("# Shown\n")
    assert page.endswith("\n\nafter\n")
    assert written(page, table) == page


def test_a_run_of_a_part_replaces_only_its_rows() -> None:
    before = [row("test_a.py::one"), row("test_b.py::two")]
    now = [row("test_b.py::two", verdict="failed: AssertionError")]
    assert merged(before, now) == [before[0], now[0]]


def test_a_test_that_is_gone_has_no_row() -> None:
    assert merged([row("test_a.py::gone")], [row("test_b.py::two")], ["test_a.py::gone"]) == [row("test_b.py::two")]


def test_points_are_in_their_order_and_what_has_none_is_last() -> None:
    points = ["–", "2.10", "1", "2.5", "3.1"]
    assert [one.point for one in merged([], [row(point, point) for point in points])] == [
        "1",
        "2.5",
        "2.10",
        "3.1",
        "–",
    ]


def test_a_cell_is_one_line_without_the_machines_folders() -> None:
    assert cell("a | b\n at /var/tmp/peers/rt5/credentials.env, see http://127.0.0.1:8581/x") == (
        "a ¦ b at …/credentials.env, see http://127.0.0.1:8581/x"
    )
    assert len(cell("x" * 1000)) == 300


def test_a_page_without_its_markers_is_not_written() -> None:
    with pytest.raises(ValueError, match="lacks its markers"):
        written("# Shown\n", [])


def test_a_machine_is_told_by_its_class() -> None:
    assert machine(2, 8_327_000_000) == "2 cores, 8 GiB"
    assert machine(1, 2**30) == "1 core, 1 GiB"


def test_the_committed_page_can_be_read_and_names_tests_that_exist() -> None:
    table = rows(PAGE.read_text())
    assert table, "run ./run acceptance"
    files = {row.test.partition("::")[0] for row in table}
    assert [name for name in files if not (ROOT / "tests" / "acceptance" / name).exists()] == []
    assert version(ROOT / "pyproject.toml")
