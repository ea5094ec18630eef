"""Opens a page in one width, looks at it in both themes, and says what is wrong with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.sync_api import Error as Broken

from tests.screens.pages import NOBODY, Screen

PASSWORD = "fernhill-demo"
HEIGHTS = {1440: 1000, 390: 844}
THEMES = ("light", "dark")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
PATIENCE_MS = 60_000
# Answers to the 404 that we ask for are no faults.
_EXPECTED = re.compile(r"the server responded with a status of 404")
_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_CHARTS = "figure[data-chart]"
_DRAWN = """charts => [...document.querySelectorAll(charts)]
    .every(one => one.matches('.drawn') || !one.checkVisibility())"""
_RUN = "tags => axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: tags}})"
_WIDER = """width => [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(0, 3).map(one => one.tagName.toLowerCase() + '.' + one.getAttribute('class'))"""


@dataclass
class Look:
    """One page in one width: its pictures and its faults, in words."""

    screen: Screen
    width: int
    faults: list[str] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


class Studio:
    """A browser with one session per person and width."""

    def __init__(self, browser: Browser, url: str, into: Path) -> None:
        self.browser, self.url, self.into = browser, url, into
        self._sessions: dict[tuple[str, int], BrowserContext] = {}
        self._axe = Axe().axe_script

    def look(self, screen: Screen) -> Iterator[Look]:
        """The page in both widths."""
        for width in HEIGHTS:
            look = Look(screen, width)
            page = self._session(screen.who, width).new_page()
            try:
                self._open(page, look)
            except Broken as broken:
                look.faults.append(str(broken).splitlines()[0])
            finally:
                page.close()
            yield look

    def _session(self, who: str, width: int) -> BrowserContext:
        """A session in this width, signed in through the form; the second width borrows the first's."""
        if (who, width) in self._sessions:
            return self._sessions[who, width]
        known = next((one for (name, _), one in self._sessions.items() if name == who), None)
        session = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            reduced_motion="reduce",
            storage_state=known.storage_state() if known else None,
        )
        session.set_default_timeout(PATIENCE_MS)
        self._sessions[who, width] = session
        if who != NOBODY and known is None:
            self._sign_in(session, who)
        return session

    def _sign_in(self, session: BrowserContext, who: str) -> None:
        page = session.new_page()
        page.goto(f"{self.url}/accounts/login/")
        page.fill("input[name=login]", f"{who}@fernhill.example")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit], main form button")
        page.wait_for_url(lambda address: "/accounts/login/" not in address)
        page.close()

    def _open(self, page: Page, look: Look) -> None:
        screen = look.screen

        def note(message: ConsoleMessage) -> None:
            if message.type == "error" and not (screen.status == 404 and _EXPECTED.search(message.text)):
                look.faults.append(f"console: {message.text[:160]}")

        page.on("console", note)
        page.on("pageerror", lambda error: look.faults.append(f"script: {error}"))
        page.emulate_media(color_scheme="light")
        response = page.goto(self.url + screen.address)
        if screen.follow:
            link = self._first(page, screen.follow)
            if not link:
                look.faults.append(f"no link on {screen.address} fits {screen.follow}")
                return
            response = page.goto(self.url + link)
        status = response.status if response else 0
        if status != screen.status:
            look.faults.append(f"status {status}, not {screen.status}")
        if not screen.follow and urlsplit(page.url).path != urlsplit(screen.address).path:
            look.faults.append(f"sent on to {page.url}")
        page.evaluate("document.fonts.ready.then(() => true)")
        self._draw(page, look)
        page.evaluate(self._axe)
        for theme in THEMES:
            self._take(page, look, theme)

    @staticmethod
    def _draw(page: Page, look: Look) -> None:
        """Charts draw themselves when they come into view."""
        for chart in page.query_selector_all(_CHARTS):
            chart.evaluate("chart => chart.scrollIntoView()")
            page.evaluate(_FRAMES)
        try:
            page.wait_for_function(_DRAWN, arg=_CHARTS, timeout=20_000)
        except Broken:
            look.faults.append("a chart was not drawn")
        page.evaluate("scrollTo(0, 0)")

    @staticmethod
    def _first(page: Page, pattern: str) -> str:
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
        return next((link for link in map(str, links) if re.fullmatch(pattern, link)), "")

    def _take(self, page: Page, look: Look, theme: str) -> None:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.evaluate(_FRAMES)
        picture = self.into / f"{look.screen.slug}-{look.width}-{theme}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        look.pictures.append(picture)
        found = page.evaluate(_RUN, list(RULES))
        for one in found["violations"]:
            where = one["nodes"][0]["target"][0]
            look.faults.append(f"axe {theme}: {one['id']} × {len(one['nodes'])}, first {where}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if theme == "light" and wide > look.width:
            look.faults.append(f"{wide} px wide: {', '.join(page.evaluate(_WIDER, look.width))}")
