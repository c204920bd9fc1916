"""The docs' pictures: drawn ones are as their tables are now, all are small, told in words, and shown somewhere."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.house.test_docs import PAGES
from tests.house.tracked import tracked
from tools.pictures import diagrams, terminal
from tools.pictures.__main__ import FOLDER, MOST_BYTES

PICTURES = [path for path in tracked() if path.parent == FOLDER]
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@pytest.mark.parametrize("name", diagrams.drawn())
def test_a_drawn_picture_is_drawn_from_what_is_so_now(name: str) -> None:
    """`./run pictures diagrams` writes them anew."""
    assert (FOLDER / f"{name}.svg").read_text() == diagrams.drawn()[name]


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in PICTURES]
    assert PICTURES
    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) < 1_000_000


def test_every_picture_is_shown_and_told_in_words() -> None:
    shown = {}
    for page in PAGES:
        for words, link in SHOWN.findall(page.read_text()):
            shown[(page.parent / link).resolve()] = words
    assert {path.name for path in PICTURES} - {path.name for path in shown} == set()
    assert [path.name for path, words in shown.items() if len(words) < 20] == []


def test_a_drawing_asks_nobody_and_runs_nothing() -> None:
    for path in PICTURES:
        if path.suffix == ".svg":
            names = {element.tag.rpartition("}")[2] for element in ET.parse(path).iter()}  # noqa: S314 - our own
            assert names <= {"svg", "defs", "marker", "path", "rect", "g", "text"}, path.name
            assert not re.search(r"href|src=|url\((?!#)|@import|@font-face", path.read_text()), path.name


def test_a_terminals_colours_and_columns_are_kept() -> None:
    svg = terminal.drawn(["plain & \x1b[31mred\x1b[0m rest", "", "x" * 200])
    assert 'fill="#ff6b66" xml:space="preserve">red</text>' in svg
    assert 'x="80"' in svg  # "red" begins in the ninth column
    assert "plain &amp; </text>" in svg
    assert "x" * terminal.COLUMNS in svg
    assert "x" * (terminal.COLUMNS + 1) not in svg
