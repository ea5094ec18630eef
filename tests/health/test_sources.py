"""Sources: declared once, in the catalog's file or by a verb, and read over the API."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog import services as catalog
from rollouts.health import services
from rollouts.health.models import Source, Target
from rollouts.health.services import SourceGiven, TargetGiven
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import EPOCH, environment, service, source, team

pytestmark = pytest.mark.django_db

FILE = """\
apiVersion: gatehouse/v1
kind: Catalog
environments: [{name: production}]
teams: [{name: orders}]
services: [{name: orders, team: orders}]
sources:
  - name: fleet
    title: The fleet
    environment: production
    team: orders
    window_s: 5
    targets: [{service: orders, url: "http://127.0.0.1:9/metrics", version: "3"}]
"""


def given(**changed: object) -> SourceGiven:
    made = {
        "slug": "fleet",
        "name": "Fleet",
        "environment": environment(),
        "team": team(),
        "targets": [TargetGiven(service(), "http://127.0.0.1:9/metrics")],
        "window_s": 5,
        **changed,
    }
    return SourceGiven(**made)  # type: ignore[arg-type]


def test_the_same_declaration_again_changes_nothing() -> None:
    first = services.declare_source(given=given(), actor=SYSTEM, face=Face.COMMAND)
    assert (first.timeout_s, first.due_at is not None) == (4.0, True)
    Target.objects.update(state={"at": 1, "series": {}})
    Source.objects.update(due_at=EPOCH)
    again = services.declare_source(given=given(), actor=SYSTEM, face=Face.COMMAND)
    assert again.due_at == EPOCH
    assert Target.objects.get().state == {"at": 1, "series": {}}
    assert Event.objects.filter(stream="source:fleet").count() == 1


def test_targets_that_are_no_longer_given_are_gone_and_others_keep_their_counters() -> None:
    services.declare_source(given=given(), actor=SYSTEM, face=Face.COMMAND)
    Target.objects.update(state={"at": 1, "series": {}})
    two = [
        TargetGiven(service(), "http://127.0.0.1:9/metrics"),
        TargetGiven(service("checkout"), "http://127.0.0.1:10/metrics"),
    ]
    services.declare_source(given=given(targets=two), actor=SYSTEM, face=Face.COMMAND)
    assert [bool(target.state) for target in Target.objects.order_by("pk")] == [True, False]
    services.declare_source(given=given(targets=two[1:]), actor=SYSTEM, face=Face.COMMAND)
    assert Target.objects.get().service.slug == "checkout"


def test_sources_of_one_environment_have_windows_of_one_length() -> None:
    services.declare_source(given=given(), actor=SYSTEM, face=Face.COMMAND)
    with pytest.raises(ValidationError, match="Fleet has 5 s"):
        services.declare_source(given=given(slug="other", window_s=60), actor=SYSTEM, face=Face.COMMAND)
    assert not Source.objects.filter(slug="other").exists()


@pytest.mark.parametrize("window_s", [0, 3601])
def test_a_window_has_bounds(window_s: int) -> None:
    with pytest.raises(ValidationError):
        services.declare_source(given=given(window_s=window_s), actor=SYSTEM, face=Face.COMMAND)


def _apply(text: str) -> list[tuple[str, str]]:
    report = catalog.apply_catalog(source=text.encode(), actor=SYSTEM, face=Face.COMMAND)
    return [(one.name, one.what.value) for one in report.outcomes if one.section == "sources"]


def test_the_catalogs_file_declares_sources_once() -> None:
    assert _apply(FILE) == [("fleet", "added")]
    row = Source.objects.get()
    assert (row.name, row.window_s, row.targets.get().version) == ("The fleet", 5, "3")
    assert _apply(FILE) == [("fleet", "unchanged")]
    assert _apply(FILE.replace("The fleet", "Fleet")) == [("fleet", "changed")]


def test_a_source_that_is_no_longer_listed_is_not_asked() -> None:
    _apply(FILE)
    other = FILE.replace("name: fleet", "name: other")
    assert sorted(_apply(other)) == [("fleet", "gone"), ("other", "added")]
    assert not Source.objects.get(slug="fleet").enabled


def test_the_file_leaves_off_what_somebody_switched_off_unless_it_says_so() -> None:
    _apply(FILE)
    services.switch_source(slug="fleet", enabled=False, actor=SYSTEM, face=Face.PAGE)
    assert _apply(FILE.replace("The fleet", "Fleet")) == [("fleet", "changed")]
    assert not Source.objects.get().enabled
    assert _apply(FILE.replace("    team: orders", "    team: orders\n    enabled: true")) == [
        ("fleet", "changed")
    ]
    assert Source.objects.get().enabled


def test_a_file_without_sources_leaves_them_alone() -> None:
    _apply(FILE)
    assert _apply(FILE.split("sources:")[0]) == []
    assert Source.objects.get().enabled


def test_unknown_names_are_told_together() -> None:
    wrong = FILE.replace("{service: orders, url", "{service: nobody, url").replace(
        "    environment: production", "    environment: nowhere"
    )
    with pytest.raises(catalog.Unsound) as unsound:
        _apply(wrong)
    said = [problem.message for problem in unsound.value.problems]
    assert "There is no environment named nowhere." in said
    assert "There is no service named nobody." in said


def test_the_api_lists_sources_and_says_what_fails(client: Client) -> None:
    source(urls=["http://127.0.0.1:9/metrics"], last_error="The target did not answer.")
    source("second", enabled=False)
    assert client.get("/api/v1/sources/").status_code == 401
    client.force_login(person("mina@example.test"))
    found = client.get("/api/v1/sources/", {"service": "orders"}).json()["results"]
    assert [row["slug"] for row in found] == ["fleet"]
    one = client.get("/api/v1/sources/fleet/").json()
    assert one["last_error"] == "The target did not answer."
    assert one["targets"][0]["service"] == "orders"


def _planner(client: Client) -> None:
    owners("orders-team", planner=[person("mina@example.test")])
    client.force_login(person("mina@example.test"))


FORM = {
    "name": "fleet",
    "title": "The fleet",
    "environment": "production",
    "team": "orders-team",
    "window_s": "5",
    "targets": "orders http://127.0.0.1:9/metrics 3\n\norders http://127.0.0.1:10/metrics\n",
}


@pytest.mark.django_db(transaction=True)
def test_a_planner_declares_changes_and_stops_a_source_by_page(client: Client) -> None:
    service()
    environment()
    _planner(client)
    assert client.post("/sources/new/", {**FORM, "targets": "orders"}).status_code == 422
    assert client.post("/sources/new/", {**FORM, "targets": "nobody http://x.test/"}).status_code == 422
    assert not Source.objects.exists()
    assert client.post("/sources/new/", FORM).status_code == 302
    row = Source.objects.get()
    assert [target.version for target in row.targets.order_by("pk")] == ["3", ""]
    assert "The fleet" in client.get("/sources/").content.decode()
    assert "orders http://127.0.0.1:10/metrics" in client.get("/sources/fleet/").content.decode()
    assert client.post("/sources/fleet/", {**FORM, "title": "Fleet"}).status_code == 302
    assert client.post("/sources/fleet/switch/").status_code == 302
    row.refresh_from_db()
    assert (row.name, row.enabled) == ("Fleet", False)
    assert "Not asked" in client.get("/sources/").content.decode()
    assert client.post("/sources/fleet/", {**FORM, "title": "The fleet"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.enabled) == ("The fleet", False), "saving what is off leaves it off"
    kinds = Event.objects.filter(stream="source:fleet").order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[:3] == ["source.declared", "source.declared", "source.switched"]


@pytest.mark.django_db(transaction=True)
def test_the_api_declares_and_switches_what_the_page_does(client: Client) -> None:
    service()
    environment()
    entry = {
        "title": "Fleet",
        "environment": "production",
        "team": "orders-team",
        "window_s": 5,
        "targets": [{"service": "orders", "url": "http://127.0.0.1:9/metrics"}],
    }
    path, asked = "/api/v1/sources/fleet/", "application/json"
    client.force_login(person("stranger@example.test"))
    assert client.put(path, entry, asked).status_code == 403
    assert not Source.objects.exists()
    _planner(client)
    assert client.put(path, entry, asked).status_code == 201
    assert client.put(path, {**entry, "environment": "nowhere"}, asked).status_code == 422
    assert client.patch(path, {"enabled": False}, asked).json()["enabled"] is False
    assert client.put(path, {**entry, "title": "Anew"}, asked).json()["enabled"] is False
    assert client.put(path, {**entry, "enabled": True}, asked).json()["enabled"] is True
    assert client.put(path, {**entry, "enabled": False}, asked).json()["enabled"] is False
    client.force_login(person("stranger@example.test"))
    assert client.patch(path, {"enabled": True}, asked).status_code == 403
    assert client.post("/sources/fleet/switch/").status_code == 302
    assert not Source.objects.get().enabled
    assert "Planners and admins" in client.get("/sources/fleet/").content.decode()


@pytest.mark.parametrize("many", [1, 12])
def test_the_page_of_sources_needs_as_many_queries_for_many(
    client: Client, many: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(many):
        source(f"fleet-{number}", urls=[f"http://127.0.0.1:{number + 1}/metrics"])
    client.force_login(person("mina@example.test"))
    with django_assert_max_num_queries(9):
        assert client.get("/sources/").status_code == 200
