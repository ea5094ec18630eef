"""Pictures of every page in both widths and themes, looked at by axe: `make screens`.

ARGS="rollouts status" takes these areas only; ARGS="--url http://127.0.0.1:8000" uses what runs there.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from deploy.local.places import CLONE
from deploy.local.provision import chromium
from tests.journeys.product import Product
from tests.screens.pages import SCREENS, Screen
from tests.screens.pictures import Look, Studio

PLACE = CLONE / ".gatehouse" / "screens"


def main() -> int:
    """1 when any page has a fault."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    wanted = [one for one in SCREENS if not asked.areas or {one.area, one.slug} & set(asked.areas)]
    PLACE.mkdir(parents=True, exist_ok=True)
    with _url(asked.url) as url:
        looks = _take(url, wanted)
    bad = [look for look in looks if look.faults]
    pictures = sum(len(look.pictures) for look in looks)
    _say(f"\n{len(wanted)} pages, {pictures} pictures in {PLACE}, {len(bad)} with faults.")
    return int(bool(bad))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screens", description=__doc__)
    parser.add_argument("areas", nargs="*", help="areas or pages, as the table names them; all when none")
    parser.add_argument("--url", default="", help="a Gatehouse with the demo that runs already")
    return parser.parse_args()


@contextmanager
def _url(given: str) -> Iterator[str]:
    """Where Gatehouse runs: as given, or one of our own with the whole demo."""
    if given:
        yield given.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="gatehouse-screens-", dir="/tmp") as place:
        Path(place).chmod(0o711)
        product = Product(Path(place))
        try:
            yield product.start().url
        finally:
            product.stop()


def _take(url: str, wanted: list[Screen]) -> list[Look]:
    program, arguments = chromium()
    looks: list[Look] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=arguments)
        studio = Studio(browser, url, PLACE)
        for screen in wanted:
            for look in studio.look(screen):
                looks.append(look)
                _row(look)
        browser.close()
    return looks


def _row(look: Look) -> None:
    word = "faulty" if look.faults else "good"
    _say(f"{look.screen.slug:32} {look.width:5} {word:7} {look.screen.address}")
    for fault in dict.fromkeys(look.faults):
        _say(f"{'':39}{fault}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
