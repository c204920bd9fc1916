"""Debian's chromium, driven as a person drives it, and axe-core's opinion of what it shows."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

# The rules of WCAG 2.2 AA, and what axe calls good practice.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("this test needs chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def page(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """A page of its own at `url`. What the page's scripts threw, or its policy refused, fails the test."""
    opened = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **context})
    made = opened.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
    made.goto(url)
    try:
        yield made
        assert wrong == []
    finally:
        opened.close()


def violations(shown: Page) -> list[str]:
    """What axe-core finds wrong: rule, words, and the first elements it means."""
    found = Axe().run(shown, options=RULES).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {'; '.join(str(node['target']) for node in one['nodes'][:4])}"
        for one in found
    ]
