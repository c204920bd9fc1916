"""Whoever reads finds: every page can be reached, and every place that the map names is there."""

import re
from pathlib import Path

import pytest

from tests.house.test_docs import LINK, PAGES
from tests.house.tracked import ROOT, tracked

MAP = (ROOT / "docs" / "map.md").read_text()
FOLDERS = sorted({path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1})


def reachable(start: Path) -> set[Path]:
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [(page.parent / link).resolve() for link in LINK.findall(page.read_text())]
    return seen


def test_every_page_can_be_reached_from_readme() -> None:
    assert {str(page) for page in PAGES} - {str(page) for page in reachable(ROOT / "README.md")} == set()


def test_every_place_that_the_map_names_is_there() -> None:
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", MAP)
    assert len(named) > 40
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("folder", [name for name in FOLDERS if name not in {".ci", "requirements"}])
def test_every_folder_has_its_row_among_the_rooms(folder: str) -> None:
    assert f"\n| `{folder}/` |" in MAP


@pytest.mark.parametrize(
    "wish",
    ["probe", "rule", "category", "HTTP route", "metric", "command", "setting", "table", "dependency", "console"],
)
def test_the_map_leads_to_each_kind_of_change(wish: str) -> None:
    wishes = re.findall(r"^\| ([^|]+) \|", MAP.partition("\n## ")[0], re.MULTILINE)
    assert any(wish in one for one in wishes)


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([^)]+)\)", MAP))
def test_a_link_within_the_map_leads_to_a_heading(anchor: str) -> None:
    headings = [
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in MAP.splitlines()
        if line.startswith("## ")
    ]
    assert anchor in headings
