"""The console in a real browser: what a person on duty does with mouse and keyboard, and who could not do it."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, expect

from rules.given import policy
from tests.acceptance.browser import PHONE, WIDE, chromium, page, violations
from tests.acceptance.sockets import Till
from tests.acceptance.stack import Stack, running, until

LANES = 8
DEAD = [2, 5]  # these tills are off: two incidents of P3


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A store with eight tills, two of them off, and an incident for each of these."""
    tills = [Till() for _ in range(LANES)]
    for lane in DEAD:
        tills[lane].off()
    item = {"class": "pos_terminal", "store": "0001", "provides": ["checkout"], "group": "lanes"}
    cmdb = {
        "stores": [{"id": "0001", "name": "Loopback Lane", "region": "north", "agents": ["0001-server"]}],
        "items": [{"id": f"pos-{lane:02d}", "name": f"Till {lane}", **item} for lane in range(LANES)],
    }
    agent = {
        "store": "0001",
        "agent": "0001-server",
        "defaults": {"interval": "1s", "timeout": "500ms", "retry": "300ms"},
        "checks": [
            {"ci": f"pos-{lane:02d}", "probe": "tcp", "target": f"127.0.0.1:{till.port}"}
            for lane, till in enumerate(tills)
        ],
    }
    made = Stack(tmp_path_factory.mktemp("stack"), cmdb, agent)
    retail = policy.load("retail")
    retail["problems"]["on_item"] = 1  # each is a problem at once, so that there is one to look at
    (made.folder / "policy.yaml").write_text(yaml.safe_dump(retail, sort_keys=False))
    with running(made) as started:
        until(lambda: len(_open(started)) == len(DEAD), 60, started)
        yield started
    for till in tills:
        till.off()


def _open(stack: Stack) -> list[dict[str, Any]]:
    return [one for one in stack.incidents() if one["state"] == "open"]


def _problems(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get("/api/v1/problems")["items"]
    return found


def _of(stack: Stack, lane: int) -> dict[str, Any]:
    return next(one for one in stack.incidents() if one["ci"] == f"0001/pos-{lane:02d}")


@pytest.mark.timeout(400)
@pytest.mark.shows("–", "axe-core finds nothing wrong with the console by WCAG 2.2 AA, and nothing scrolls sideways")
def test_everybody_can_read_it(browser: Browser, stack: Stack, figure: Callable[[str], None]) -> None:
    """The lists, an empty list, an incident, a problem and a dialog, wide and as on a phone, dark and light."""
    incident, problem = f"/incidents/{_of(stack, DEAD[0])['id']}", f"/problems/{_problems(stack)[0]['id']}"
    paths = ("/", "/?store=9999", "/problems", incident, problem)
    views = list(itertools.product(paths, (WIDE, PHONE), ("dark", "light"), ("", "n")))
    views = [view for view in views if view[0] in (incident, problem) or not view[3]]
    found = {}
    for path, viewport, theme, key in views:
        with page(browser, stack.url + path, viewport=viewport, color_scheme=theme) as shown:
            shown.wait_for_selector(".link.live")
            shown.wait_for_selector("#why li, tr.row, #empty strong, #times svg")
            if key:
                shown.keyboard.press(key)
                expect(shown.get_by_role("dialog")).to_be_visible()
            wrong = violations(shown)
            if shown.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append("it scrolls sideways")
            if wrong:
                found[path, viewport["width"], theme, key] = wrong
    figure(f"{len(views)} views: {sum(map(len, found.values()))} violations")
    assert found == {}


@pytest.mark.shows("–", "From the list to an acknowledged incident with nothing but the keyboard")
def test_an_incident_is_worked_on_without_a_mouse(browser: Browser, stack: Stack) -> None:
    """j, Enter, a, a note, n, u: chosen, opened, acknowledged, noted, and back where one was."""
    with page(browser, f"{stack.url}/?priority=P3") as shown:
        shown.wait_for_selector("tr.row")
        shown.keyboard.press("j")
        chosen = shown.evaluate("document.activeElement.closest('tr').dataset.id")
        shown.keyboard.press("Enter")
        shown.wait_for_url(f"**/incidents/{chosen}")
        shown.wait_for_selector("#actions button")
        assert shown.evaluate("document.activeElement.id") == "title"
        shown.keyboard.press("a")
        expect(shown.get_by_role("dialog")).to_contain_text("Acknowledge")
        shown.keyboard.type("On my way a1?")  # letters are the field's, not shortcuts
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        expect(shown.locator("#lead")).to_contain_text("acknowledged")
        expect(shown.locator("#story")).to_contain_text("On my way a1?")
        shown.keyboard.press("n")
        shown.keyboard.press("Escape")
        expect(shown.get_by_role("dialog")).to_have_count(0)
        shown.keyboard.press("u")
        shown.wait_for_url("**/?priority=P3")
        expect(shown.locator(f"tr[data-id='{chosen}']")).to_contain_text("acknowledged")
    known = stack.get(f"/api/v1/incidents/{chosen}")
    assert (known["state"], known["acknowledged_by"]) == ("acknowledged", "local")
    assert "On my way a1?" in [line["text"] for line in known["timeline"]]


@pytest.mark.shows("–", "Filters, a note with markup in it and a row that appears by itself, by mouse")
def test_the_list_is_filtered_and_follows(browser: Browser, stack: Stack) -> None:
    """A filter stands in the address and survives a reload; what somebody writes is text; what opens appears."""
    with page(browser, f"{stack.url}/") as shown:
        expect(shown.locator("tr.row")).to_have_count(len(DEAD))
        shown.get_by_label("P1").click()
        expect(shown.get_by_text("Nothing matches these filters")).to_be_visible()
        shown.reload()
        expect(shown.get_by_label("P1")).to_be_checked()
        shown.get_by_role("button", name="Show all unresolved").click()
        expect(shown.locator("tr.row")).to_have_count(len(DEAD))
        shown.locator("tr.row").filter(has_text=f"pos-{DEAD[1]:02d}").locator(".c-since").click()
        shown.get_by_role("button", name="Note").click()
        shown.get_by_role("dialog").locator("textarea").fill("<img src=x onerror=alert(1)>")
        shown.get_by_role("dialog").get_by_role("button", name="Note").click()
        expect(shown.locator("#story")).to_contain_text("<img src=x onerror=alert(1)>")
        assert shown.locator("#story img").count() == 0
        shown.get_by_role("link", name="Incidents", exact=True).click()
        made = {"ci": "0001/pos-00", "category": "pos_outage", "title": "Drawer stuck", "priority": "P3"}
        address = f"{stack.url}/api/v1/incidents"
        assert shown.request.post(address, data=made).ok
        expect(shown.get_by_role("link", name="Drawer stuck")).to_be_visible()


@pytest.mark.shows("–", "A problem is found from the list, taken and resolved with nothing but the keyboard")
def test_a_problem_is_worked_on_without_a_mouse(browser: Browser, stack: Stack) -> None:
    with page(browser, f"{stack.url}/") as shown:
        shown.wait_for_selector("tr.row")
        shown.keyboard.press("r")
        shown.wait_for_url("**/problems")
        shown.wait_for_selector("tr.row")
        shown.keyboard.press("j")
        chosen = shown.evaluate("document.activeElement.closest('tr').dataset.id")
        shown.keyboard.press("Enter")
        shown.wait_for_url(f"**/problems/{chosen}")
        shown.wait_for_selector("#times svg")
        expect(shown.locator("#incidents li a")).to_have_count(1)
        shown.keyboard.press("a")
        shown.keyboard.type("Looking for a pattern")
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        expect(shown.locator("#facts")).to_contain_text("Owner")
        expect(shown.locator("#story")).to_contain_text("Looking for a pattern")
        shown.keyboard.press("r")
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        expect(shown.locator("#lead")).to_contain_text("problem resolved")
        shown.locator("#incidents li a").click()
        shown.wait_for_url("**/incidents/*")
        shown.locator("#facts a", has_text=chosen).click()
        shown.wait_for_url(f"**/problems/{chosen}")
    known = stack.get(f"/api/v1/problems/{chosen}")
    assert (known["state"], known["owner"]) == ("resolved", "local")
