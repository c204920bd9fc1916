"""The console's files: served whole, and safe to show hostile text."""

import re
from importlib import resources

import pytest

from tests.collector.http.conftest import Face

FILES = {file.name: file.read_text() for file in resources.files("collector.console").iterdir() if "." in file.name}
PAGES = {
    "/": "index.html",
    "/incidents/abc": "incident.html",
    "/problems": "problems.html",
    "/problems/abc": "problem.html",
}


@pytest.mark.parametrize(("path", "name"), PAGES.items())
def test_a_page_and_everything_it_refers_to_is_served(face: Face, path: str, name: str) -> None:
    assert face.get(path).body.decode() == FILES[name]
    for address in re.findall(r'(?:src|href)="(/console/[^"]+)"', FILES[name]):
        assert face.get(address).status == 200, address


def test_every_import_of_a_script_is_served_as_a_script(face: Face) -> None:
    imports = {address for text in FILES.values() for address in re.findall(r'from "([^"]+)"', text)}
    assert imports
    assert {face.get(address).headers["Content-Type"].partition(";")[0] for address in imports} == {"text/javascript"}


def test_an_unchanged_file_is_not_sent_again(face: Face) -> None:
    tag = face.get("/console/list.js").headers["ETag"]
    again = face.get("/console/list.js", **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_no_script_turns_text_into_markup(name: str) -> None:
    """Titles, reasons and texts come from devices: they may only become text nodes."""
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser", FILES[name])
        == []
    )


@pytest.mark.parametrize("name", PAGES.values())
def test_a_page_has_nothing_inline_that_the_policy_would_block(name: str) -> None:
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?://", FILES[name]) == []


def test_files_are_small_enough_to_read() -> None:
    assert {name: text.count("\n") for name, text in FILES.items() if text.count("\n") > 400} == {}
