"""Prometheus sources are declared and let us in by page, API and file; secrets never come back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.audit.models import Content
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog import services as catalog
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources.access import Access
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import environment, service
from tests.health.prometheus import Prometheus

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("prometheus")]

FORM = {
    "name": "mesh",
    "title": "The mesh",
    "url": "https://prometheus.example.test",
    "environment": "production",
    "team": "orders-team",
    "window_s": "60",
    "conventions": ["opentelemetry", "istio"],
    "matchers": 'namespace="shop"',
    "names": "shop/orders orders\n",
    "bounds_s": "0.25, 1",
}
FILE = """\
apiVersion: gatehouse/v1
kind: Catalog
environments: [{name: production}]
teams: [{name: orders}]
services: [{name: orders, team: orders}]
sources:
  - {name: mesh, kind: prometheus, url: "https://a.example.test", environment: production, team: orders,
     conventions: [istio], delay_s: 45}
"""


@pytest.fixture
def planner(client: Client) -> Client:
    owners("orders-team", planner=[person("mina@example.test")])
    client.force_login(person("mina@example.test"))
    service()
    environment()
    return client


def test_a_planner_declares_a_prometheus_by_page(planner: Client) -> None:
    assert planner.post("/sources/new/prometheus/", FORM).status_code == 302
    row = Source.objects.get()
    assert (row.kind, row.delay_s, row.url) == ("prometheus", 30, FORM["url"])
    assert row.settings == {
        "conventions": ["opentelemetry", "istio"],
        "matchers": 'namespace="shop"',
        "names": {"shop/orders": "orders"},
        "bounds_s": [0.25, 1.0],
    }
    assert row.due_at is not None
    assert row.due_at.timestamp() % 60 - row.lateness.total_seconds() == pytest.approx(0, abs=1e-3)
    page = planner.get("/sources/mesh/").content.decode()
    assert "How it goes" in page
    assert "shop/orders orders" in page
    assert "Not yet asked" in planner.get("/sources/").content.decode()
    planner.post("/sources/mesh/", {**FORM, "delay_s": "10"})
    row.refresh_from_db()
    assert (row.delay_s, row.settings["conventions"]) == (10, ["opentelemetry", "istio"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "", "required"),
        ("url", "ftp://x.test", "not how url is written"),
        ("matchers", 'a="b"} or up{', "between braces"),
        ("matchers", "a=b", "between braces"),
        ("service_label", "a-b", "letters, digits"),
        ("names", "orders", "Line 1"),
        ("bounds_s", "fast", "numbers of seconds"),
        ("bounds_s", "-1", "right shape"),
        ("delay_s", "90", "At most one window"),
    ],
)
def test_what_cannot_be_asked_is_not_saved(planner: Client, field: str, value: str, words: str) -> None:
    answer = planner.post("/sources/new/prometheus/", {**FORM, field: value})
    assert answer.status_code == 422
    said = " ".join(str(each) for each in answer.context["form"].errors.values())
    assert words in said
    assert not Source.objects.exists()


def test_secrets_are_kept_encrypted_and_never_shown_again(planner: Client) -> None:
    planner.post("/sources/new/prometheus/", FORM)
    given = {"way": "bearer", "bearer": "s3cret-token", "headers": "X-Scope-OrgID: s3cret-tenant"}
    assert planner.post("/sources/mesh/access/", given).status_code == 302
    row = Source.objects.get()
    assert "s3cret" not in row.access
    assert Access.opened(row.access) == Access(
        bearer="s3cret-token", headers={"X-Scope-OrgID": "s3cret-tenant"}
    )
    shown = [planner.get(path).content.decode() for path in ("/sources/mesh/", "/sources/mesh/access/")]
    shown.append(planner.get("/api/v1/sources/mesh/").content.decode())
    shown += [str(body) for body in Content.objects.values_list("body", flat=True)]
    assert not [text for text in shown if "s3cret" in text]
    assert "X-Scope-OrgID" in shown[1]
    assert planner.get("/api/v1/sources/mesh/").json()["access"] is True

    planner.post("/sources/mesh/access/", {"way": "bearer"})
    row.refresh_from_db()
    assert Access.opened(row.access).bearer == "s3cret-token", "left empty it stays"
    planner.post("/sources/mesh/access/", {"way": "basic", "username": "u", "password": "p"})
    row.refresh_from_db()
    assert (Access.opened(row.access).bearer, Access.opened(row.access).password) == ("", "p")
    planner.post("/sources/mesh/access/", {"way": "basic", "username": "other"})
    row.refresh_from_db()
    assert Access.opened(row.access).password == "", "another user does not get this one's password"
    planner.post("/sources/mesh/access/forget/")
    row.refresh_from_db()
    assert row.access == ""


def test_another_address_does_not_get_the_credentials(planner: Client) -> None:
    planner.post("/sources/new/prometheus/", FORM)
    planner.put("/api/v1/sources/mesh/access/", {"bearer": "s3cret"}, "application/json")
    planner.post("/sources/mesh/", {**FORM, "url": f"{FORM['url']}/prometheus"})
    assert Source.objects.get().access
    planner.post("/sources/mesh/", {**FORM, "url": "https://elsewhere.example.test"})
    assert Source.objects.get().access == ""


@pytest.mark.parametrize(
    "access",
    [
        {"bearer": "a", "username": "b"},
        {"bearer": "a\nb"},
        {"headers": {"Host": "x"}},
        {"headers": {"Bad Name": "x"}},
        {"headers": {"X-Y": "a\r\nb"}},
        {"certificate": "x"},
        {"authority": "no certificate"},
    ],
)
def test_what_could_not_be_sent_is_not_kept(planner: Client, access: dict[str, Any]) -> None:
    planner.post("/sources/new/prometheus/", FORM)
    answer = planner.put("/api/v1/sources/mesh/access/", access, "application/json")
    assert answer.status_code == 400
    assert Source.objects.get().access == ""


def test_others_change_nothing(planner: Client) -> None:
    planner.post("/sources/new/prometheus/", FORM)
    planner.force_login(person("stranger@example.test"))
    path, asked = "/api/v1/sources/mesh/", "application/json"
    assert planner.put(f"{path}access/", {"bearer": "a"}, asked).status_code == 403
    assert planner.delete(f"{path}access/").status_code == 403
    signal = {"signal": "saturation", "value": "vector(1)"}
    assert planner.put(f"{path}signals/mine/", signal, asked).status_code == 403
    planner.post("/sources/mesh/access/", {"way": "bearer", "bearer": "a"})
    planner.post("/sources/mesh/signals/new/", {"name": "mine", **signal})
    assert Source.objects.get().access == ""
    assert not OwnSignal.objects.exists()


def test_the_file_declares_a_prometheus_and_leaves_credentials_alone() -> None:
    for text, outcome in ((FILE, "added"), (FILE, "unchanged"), (FILE.replace("45", "20"), "changed")):
        report = catalog.apply_catalog(source=text.encode(), actor=SYSTEM, face=Face.COMMAND)
        assert [one.what.value for one in report.outcomes if one.section == "sources"] == [outcome]
        Source.objects.update(access=Access(bearer="a").sealed())
    row = Source.objects.get()
    assert (row.delay_s, Access.opened(row.access).bearer) == (20, "a")
    with pytest.raises(catalog.Unsound) as unsound:
        catalog.apply_catalog(
            source=FILE.replace("istio", "nagios").encode(), actor=SYSTEM, face=Face.COMMAND
        )
    assert "no convention named nagios" in unsound.value.problems[0].message


ONE = 'label_replace(vector(1), "service", "orders", "", "")'
TWO = f'{ONE} or label_replace({ONE}, "zone", "b", "", "")'
TOTAL = 'sum by (service_name, service_version) (increase(x_count{service_name=~"{service}"}[{window}]))'


def test_a_query_that_the_source_refuses_is_not_saved_with_its_words(
    planner: Client, prometheus: Prometheus
) -> None:
    planner.post("/sources/new/prometheus/", {**FORM, "url": prometheus.url, "matchers": ""})
    signal = {"name": "mine", "signal": "errors", "total": TOTAL, "bad": "sum("}
    answer = planner.post("/sources/mesh/signals/new/", signal)
    assert answer.status_code == 422
    assert "parse error" in answer.content.decode()
    path, asked = "/api/v1/sources/mesh/signals/mine/", "application/json"
    for wrong, words in (
        ({"signal": "errors", "total": "a > 1", "bad": "b"}, "Write it with bool"),
        ({"signal": "errors", "total": TOTAL}, "bad or the good"),
        ({"signal": "saturation", "value": "vector(1) / vector(0)"}, "divides by zero"),
        ({"signal": "saturation", "value": TWO}, "several series"),
        ({"signal": "saturation", "value": "up", "services": ["nobody"]}, "no service named nobody"),
    ):
        answer = planner.put(path, wrong, asked)
        assert (answer.status_code, words in str(answer.json())) == (400, True), answer.json()
    assert not OwnSignal.objects.exists()
    assert planner.put(path, {"signal": "errors", "total": TOTAL, "bad": TOTAL}, asked).status_code == 201
    assert planner.put(path, {"signal": "errors", "total": TOTAL, "good": TOTAL}, asked).status_code == 200
    assert "mine" in planner.get("/sources/mesh/").content.decode()
    assert [row["name"] for row in planner.get("/api/v1/sources/mesh/signals/").json()] == ["mine"]
    assert planner.post("/sources/mesh/signals/mine/remove/").status_code == 302
    assert not OwnSignal.objects.exists()


def test_a_source_that_is_silent_is_said_when_a_signal_is_saved(planner: Client) -> None:
    planner.post("/sources/new/prometheus/", {**FORM, "url": "http://127.0.0.1:9"})
    signal = {"name": "mine", "signal": "saturation", "value": "up"}
    answer = planner.post("/sources/mesh/signals/new/", signal)
    assert "could not be tried" in answer.content.decode()
    assert planner.get("/api/v1/sources/mesh/offers/").status_code == 409
    assert "could not be reached" in planner.get("/sources/mesh/signals/").content.decode()


@pytest.mark.parametrize("many", [1, 12])
def test_the_page_of_a_source_needs_as_many_queries_for_many(
    planner: Client, many: int, django_assert_max_num_queries: Any
) -> None:
    planner.post("/sources/new/prometheus/", FORM)
    row = Source.objects.get()
    for number in range(many):
        OwnSignal.objects.create(source=row, name=f"s{number}", signal="saturation", value="up")
    with django_assert_max_num_queries(16):
        assert planner.get("/sources/mesh/").status_code == 200
    assert row.lateness >= timedelta(seconds=30)
