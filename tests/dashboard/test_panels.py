"""A panel that raises costs itself only, on every page that is made of panels."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpRequest

from rollouts.lib.panels import Panel, first_page, panels
from rollouts.lib.registry import Registry
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, running, world

pytestmark = pytest.mark.django_db

PAGES = [("/rollouts/orders-v3/", panels, "rollouts/orders-v3/panels"), ("/", first_page, "panels")]
SAID = "This part could not be shown."


@pytest.fixture
def there() -> World:
    return world()


def broken(monkeypatch: pytest.MonkeyPatch, registry: Registry[Panel], name: str) -> None:
    """Lets one panel raise."""

    def fails(request: HttpRequest, subject: Any) -> dict[str, Any]:
        raise RuntimeError("the panel is broken")

    monkeypatch.setitem(registry._entries, name, replace(registry[name], context=fails))  # noqa: SLF001


@pytest.mark.parametrize(
    ("page", "registry", "address", "name"),
    [(page, registry, address, name) for page, registry, address in PAGES for name in registry.names()],
)
def test_broken_panel_leaves_the_page_and_can_be_tried_again(
    there: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    page: str,
    registry: Registry[Panel],
    address: str,
    name: str,
) -> None:
    running(there)
    client, panel = signed_in(there.mina), registry[name].name
    broken(monkeypatch, registry, name)
    with caplog.at_level(logging.ERROR):
        answer = client.get(page)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count(SAID) == 1
    assert f'<a href="{page}">Try again' in text
    assert "the panel is broken" in caplog.text
    assert f"dashboard.panel_failed: {panel} at {page}" in caplog.text
    for other in registry.values():
        if other.name != "decision_dock":  # absent when nothing can be decided
            assert f'id="{other.name}"' in text, other.name
    alone = client.get(f"/{address}/{panel}/")
    assert alone.status_code == 200
    assert SAID in alone.content.decode()
    monkeypatch.undo()
    mended = client.get(f"/{address}/{panel}/")
    assert mended.status_code in (200, 204)
    assert SAID not in mended.content.decode()


def test_broken_template_is_a_broken_panel(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running(there)
    lost = replace(panels["next"], template="dashboard/panels/is_not_there.html")
    monkeypatch.setitem(panels._entries, "next", lost)  # noqa: SLF001
    answer = signed_in(there.mina).get("/rollouts/orders-v3/")
    assert answer.status_code == 200
    assert SAID in answer.content.decode()
