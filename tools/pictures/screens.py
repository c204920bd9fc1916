"""The console as chromium shows it: each picture is a page, a window and a theme."""

import asyncio
import shutil
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.async_api import Browser, async_playwright

from tillwatch import api
from tillwatch.api import Api
from tools.pictures.morning import Morning, found

Theme = Literal["dark", "light"]
SETTLES = 1.5  # seconds until the drawing and the clocks are there


class Screen(NamedTuple):
    """A file's name, the page's path, the window in CSS pixels, and the theme."""

    name: str
    path: str
    width: int
    height: int
    theme: Theme


async def taken(morning: Morning, folder: Path) -> list[Path]:
    """All pictures of the console, as PNG files in `folder`. Somebody acknowledges the largest incident first."""
    site = morning.site
    acquirer = await found(site, "acquirer-a")
    await asyncio.to_thread(_worked_on, site, acquirer["id"])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            first = [
                Screen("console-list", "/", 1280, 600, "dark"),
                Screen("console-acquirer", f"/incidents/{acquirer['id']}", 1280, 900, "light"),
                Screen("console-phone", "/", 390, 780, "light"),
            ]
            paths = [await _shot(browser, site, screen, folder) for screen in first]
            await morning.worsen()
            switch = await found(site, "0001/sw-01")
            then = Screen("console-switch", f"/incidents/{switch['id']}", 1280, 900, "dark")
            return [*paths, await _shot(browser, site, then, folder)]
        finally:
            await browser.close()


def _worked_on(site: Api, incident: str) -> None:
    """What a person on duty does, with the product's own commands."""
    api.post(site, f"incidents/{incident}/acknowledge", {"note": "AcquirerCo called, case 4711."})
    api.post(site, f"incidents/{incident}/assign", {"assignee": "maria"})


async def _shot(browser: Browser, site: Api, screen: Screen, folder: Path) -> Path:
    viewport: Any = {"width": screen.width, "height": screen.height}
    context = await browser.new_context(viewport=viewport, color_scheme=screen.theme, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{site.url}{screen.path}")
    await page.wait_for_selector(".link.live")
    await page.wait_for_selector("tr.row, #why li")
    await asyncio.sleep(SETTLES)
    target = folder / f"{screen.name}.png"
    await page.screenshot(path=target)
    await context.close()
    return target
