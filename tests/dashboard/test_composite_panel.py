"""Trouble on the pages that people have open anyway: a rollout's, a service's, and the first."""

from typing import Any

import pytest

from rollouts.contracts.models import Dependency
from rollouts.health.models import GraphSnapshot
from rollouts.lib.links import read
from rollouts.plans.models import Stage
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import running, world
from tests.health.factories import EPOCH, service
from tests.health.graphs import composed, counts, failing, shop

pytestmark = pytest.mark.django_db


def test_a_rollout_says_what_its_dependencies_say_together_and_what_decided() -> None:
    there = world()
    rollout = running(there)
    url = f"/rollouts/{rollout.slug}/"
    client = signed_in(there.mina)
    assert "Health with dependencies" not in client.get(url).content.decode()
    here = shop()
    Dependency.objects.create(service=there.orders, on=service("db"))
    for number in (0, 1):
        counts(
            here,
            number,
            served={"orders": (30, 100), "db": (0, 100), "web": (0, 100)},
            called={("orders", "db"): (0, 100)},
        )
        composed(here)
    stage = Stage.objects.filter(rollout=rollout, number=1)
    stage.update(entered_at=EPOCH)
    text = client.get(url).content.decode()
    assert "Health with dependencies" in text
    assert "2 services: those that change, all that call them, and what they call." in text
    assert "decided it" in text
    assert "failed before this stage" not in text
    stage.update(entered_at=GraphSnapshot.objects.latest("through_at").through_at)
    assert "failed before this stage" in client.get(url).content.decode()


def test_the_first_page_and_the_services_pages_show_the_one_alert(settings: Any) -> None:
    there = world()
    client = signed_in(there.mina)
    assert "service makes trouble" not in client.get("/").content.decode()
    settings.GATEHOUSE_LINKS = read('{"Logs": "https://logs.test/{environment}/{service}"}')
    failing(shop(), [0, 1])
    text = client.get("/").content.decode()
    assert "1 service makes trouble" in text
    assert "7.5 % of 160 requests failed" in text
    assert 'href="https://logs.test/production/db"' in text
    for slug in ("db", "web"):
        page = client.get(f"/services/{slug}/").content.decode()
        assert "Trouble it makes or suffers from" in page
        assert "Suffer from it:" in page
    assert "Trouble it makes" not in client.get("/services/rec/").content.decode()
