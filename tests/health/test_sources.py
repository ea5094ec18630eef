"""Sources: declared once, in the catalog's file or by a verb, and read over the API."""

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
