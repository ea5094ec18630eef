"""catalog-info.yaml of Backstage: what it says in the words of the catalog; nothing vanishes silently."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rollouts.accounts.models import Team
from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog import services
from rollouts.catalog.models import Service
from rollouts.contracts.backstage import entities
from rollouts.contracts.backstage.entities import NoRef, Ref, read, ref
from rollouts.contracts.backstage.translating import There, contract_of, translate
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency, Listed
from tests.accounts.factories import person

pytestmark = pytest.mark.django_db

FILE = """\
# The shop.
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shop-team, title: Shop}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Web_Shop
  title: Web shop
  description: Sells.
  annotations:
    github.com/project-slug: acme/shop
    gatehouse.dev/tier: "1"
    acme.example/since: 2024-01-01
  links:
    - {url: https://runbooks.example/shop, title: Runbook}
spec:
  type: service
  lifecycle: production
  owner: group:default/shop-team
  consumesApis: [orders-v2, api:default/orders-v3]
  dependsOn: ["component:stock", "resource:default/shop-db"]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: orders}
spec: {type: service, lifecycle: production, system: sales, providesApis: [orders-v2, orders-v3]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: stock}
spec: {type: service, lifecycle: production, owner: shop-team, dependencyOf: ["component:orders"]}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: sales}
spec: {owner: shop-team}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: orders-v2, title: Orders}
spec: {type: openapi, lifecycle: deprecated, owner: shop-team, definition: "openapi: 3.0.0"}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: orders-v3}
spec: {type: openapi, lifecycle: production, owner: shop-team, definition: {$text: ./openapi.yaml}}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: shop-db}
spec: {type: database, owner: shop-team}
"""


def apply(text: str, *, dry_run: bool = False, origin: str = "shop") -> services.Report:
    return services.apply_catalog(
        source=text.encode(), actor=SYSTEM, face=Face.COMMAND, dry_run=dry_run, origin=origin
    )


def moved(report: services.Report) -> set[tuple[str, str]]:
    return {(one.name, one.what.value) for one in report.moved}


def without(text: str, kind_and_name: str) -> str:
    parts = text.split("---\n")
    return "---\n".join(part for part in parts if kind_and_name not in part)


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("orders", "api", Ref("api", "default", "orders")),
        ("shop/orders", "api", Ref("api", "shop", "orders")),
        ("Component:shop/orders", "", Ref("component", "shop", "orders")),
        ("group:default/a.b_c", "api", Ref("group", "default", "a.b_c")),
    ],
)
def test_references_name_an_entity(text: str, kind: str, wanted: Ref) -> None:
    assert ref(text, kind) == wanted


@pytest.mark.parametrize("text", ["", "a b", "a/b/c", "a:b:c", None, "orders"])
def test_what_names_no_entity_is_refused(text: Any) -> None:
    with pytest.raises(NoRef):
        ref(text)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("orders-v2", ("orders", "2")),
        ("orders", ("orders", "1")),
        ("a-v10-v2", ("a-v10", "2")),
        ("v2", ("v2", "1")),
    ],
)
def test_an_api_entity_is_a_version_of_a_contract(name: str, wanted: tuple[str, str]) -> None:
    assert contract_of(Ref("api", "default", name)) == wanted


def test_a_file_is_told_in_the_words_of_the_catalog() -> None:
    told = translate(read(FILE.encode()), There())
    assert told.problems == []
    said = {(one.section, one.name): dict(one.says) for one in told.pieces}
    assert said["teams", "shop-team"] == {"title": "Shop"}
    assert said["services", "web-shop"] == {
        "team": "shop-team",
        "title": "Web shop",
        "description": "Sells.",
        "repository": "https://github.com/acme/shop",
        "runbook": "https://runbooks.example/shop",
        "tier": 1,
    }
    assert said["services", "orders"] == {"team": "shop-team"}
    assert said["contracts", "orders"] == {"provider": "orders", "format": "openapi", "title": "Orders"}
    assert said["versions", "orders/2"]["state"] == "deprecated"
    assert said["consumers", "orders/web-shop"]["uses"] == ">=2 <4"
    assert {name for section, name in said if section == "dependencies"} == {"web-shop/stock", "orders/stock"}
    assert [one.name for one in told.left] == ["web-shop/shop-db", "resource:default/shop-db"]


def test_a_file_is_applied_once_and_logged() -> None:
    first = apply(FILE)
    assert {one.what.value for one in first.outcomes} == {"added", "left_out"}
    assert Service.objects.get(slug="web-shop").tier == 1
    assert ContractVersion.objects.get(version="2").state == "deprecated"
    assert Consumer.objects.get().uses == ">=2 <4"
    assert [event.kind for event in Event.objects.newest("service:web-shop")][-1] == "catalog.service"
    events = Event.objects.count()
    assert not apply(FILE).moved
    assert Event.objects.count() == events


def test_a_dry_run_says_what_would_be_and_keeps_nothing() -> None:
    assert ("web-shop", "added") in moved(apply(FILE, dry_run=True))
    assert not Service.objects.exists()
    assert not Listed.objects.exists()


def test_what_the_file_no_longer_lists_is_gone_and_kept_and_comes_back() -> None:
    apply(FILE)
    less = without(without(FILE, "name: stock}"), "orders-v2, title")
    less = less.replace('"component:stock", ', "").replace(
        "[orders-v2, api:default/orders-v3]", "[orders-v3]"
    )
    less = less.replace("providesApis: [orders-v2, orders-v3]", "providesApis: [orders-v3]")
    assert moved(apply(less)) == {
        ("stock", "gone"),
        ("orders 2", "gone"),
        ("web-shop on stock", "gone"),
        ("orders on stock", "gone"),
        ("orders used by web-shop", "changed"),
    }
    assert Service.objects.get(slug="stock").gone_at is not None
    assert Consumer.objects.get().uses == ">=3 <4"
    assert ("stock", "back") in moved(apply(FILE))
    assert Dependency.objects.filter(gone_at=None).count() == 2


def test_what_another_origin_lists_or_a_person_declared_is_not_ended() -> None:
    team = Team.objects.create(slug="shop-team", name="Shop")
    Service.objects.create(slug="orders", name="Orders", team=team, tier=1, slack_channel="#orders")
    apply(FILE)
    apply(FILE, origin="copy")
    least = FILE.split("---\n")[0]
    assert moved(apply(least)) == set()
    assert ("web-shop", "gone") in moved(apply(least, origin="copy"))
    orders = Service.objects.get(slug="orders")
    assert (orders.gone_at, orders.tier, orders.slack_channel) == (None, 1, "#orders")


def test_what_people_said_of_a_version_is_not_taken_back() -> None:
    apply(FILE)
    ContractVersion.objects.filter(version="3").update(state="deprecated", sunset_on="2099-01-01")
    assert not apply(FILE).moved
    apply(
        FILE.replace(
            "lifecycle: production, owner: shop-team, definition", "lifecycle: deprecated, definition"
        )
    )
    row = ContractVersion.objects.get(version="3")
    assert (row.state, str(row.sunset_on)) == ("deprecated", "2099-01-01")


def test_names_that_are_not_there_yet_are_left_out_with_the_reason() -> None:
    text = without(without(FILE, "name: orders}"), "kind: Group")
    told = {one.name: one.details for one in apply(text).outcomes if one.what.value == "left_out"}
    assert told["web-shop"] == ("There is no team named shop-team yet.",)
    assert told["orders/2"] == ("No component lists it under providesApis yet.",)
    Team.objects.create(slug="shop-team", name="Shop")
    assert ("web-shop", "added") in moved(apply(text))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("owner: group:default/shop-team", "owner: a b", 23, "a b names no entity"),
        ('"component:stock", ', "stock, ", 25, "stock must say its kind"),
        ("metadata: {name: sales}", "metadata: {}", 39, "is no name"),
        ("metadata: {name: orders}", "metadata: {name: stock}", 34, "component:default/stock stands twice"),
        ("kind: System", "kind: [System", 38, "This is not YAML"),
        ("kind: System", "kind: &a System", 38, "Anchors (&) are not read."),
        ("spec: {owner: shop-team}", "spec: {owner: a, owner: b}", 40, "owner stands twice"),
    ],
)
def test_faults_are_told_with_their_lines_and_nothing_is_applied(
    old: str, new: str, line: int, said: str
) -> None:
    assert old in FILE
    with pytest.raises(services.Unsound) as unsound:
        apply(FILE.replace(old, new))
    assert said in " ".join(one.message for one in unsound.value.problems)
    assert not Service.objects.exists()
    assert not Event.objects.exists()
    assert abs(unsound.value.problems[0].line - line) <= 1


@given(st.text(max_size=300))
def test_whatever_it_holds_it_is_read_or_refused(text: str) -> None:
    head = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
    translate(read(f"{head}{text}\n---\n{text}".encode("utf-8", "surrogatepass")), There())


@pytest.mark.parametrize("text", ["[" * 50_000, "a: &a [x]\nb: [*a, *a]", "x: " + "y" * 2_100_000])
def test_hostile_files_are_refused_with_a_sentence(text: str) -> None:
    found = read(f"apiVersion: backstage.io/v1alpha1\n{text}".encode())
    assert len(found.problems) == 1
    assert found.problems[0].message.endswith(".")


def test_only_files_of_backstage_are_taken_for_such() -> None:
    assert entities.knows(FILE.encode())
    assert not entities.knows(b"apiVersion: gatehouse/v1\nkind: Catalog\n")


def test_the_command_previews_and_applies_it(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "catalog-info.yaml"
    path.write_text(FILE)
    with pytest.raises(SystemExit) as would:
        call_command("catalog", "apply", str(path), "--dry-run", "--json")
    assert would.value.code == 1
    call_command("catalog", "apply", str(path), "--json", "--origin", "shop")
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert reports[0]["count"]["added"] == reports[1]["count"]["added"]
    assert Listed.objects.filter(origin="shop", gone_at=None).count() == 10
    path.write_text(FILE.replace("kind: System", "kind: &a System"))
    with pytest.raises(SystemExit) as bad:
        call_command("catalog", "apply", str(path))
    assert bad.value.code == 2
    assert f"{path}:37:" in capsys.readouterr().err


def test_the_page_previews_and_applies_it() -> None:
    client = Client()
    client.force_login(person("root@example.test", staff=True))
    given = {"source": FILE, "origin": "shop", "preview": "1"}
    page = client.post("/catalog/file/", given)
    text = page.content.decode()
    assert "only services are drawn" in text
    assert not Service.objects.exists()
    given = {"source": FILE, "origin": "shop", "apply": "1"}
    given["previewed"] = page.context["preview"].report.fingerprint
    assert client.post("/catalog/file/", given).status_code == 302
    assert Contract.objects.get().slug == "orders"


def test_the_api_takes_it() -> None:
    client = Client()
    client.force_login(person("root@example.test", staff=True))
    address = "/api/v1/catalog/?origin=shop"
    answer = client.post(address, FILE.encode(), content_type="application/yaml")
    assert answer.json()["count"]["added"] == 10
    client.force_login(person("eve@example.test"))
    assert client.post(address, FILE.encode(), content_type="application/yaml").status_code == 403
