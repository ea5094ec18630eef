"""`catalog.yaml`: idempotent, several errors at once, and nothing vanishes silently."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rollouts.accounts.models import Membership, Person, Team
from rollouts.approvals.models import Policy
from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog import services
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.registry import What
from rollouts.contracts.models import Consumer, Contract, Dependency

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).parents[2] / "demo" / "catalog.yaml"
HEAD = "apiVersion: gatehouse/v1\nkind: Catalog\n"


def apply(text: str | bytes, *, dry_run: bool = False) -> services.Report:
    source = text if isinstance(text, bytes) else (HEAD + text).encode()
    return services.apply_catalog(source=source, actor=SYSTEM, face=Face.COMMAND, dry_run=dry_run)


def moved(report: services.Report) -> list[tuple[str, str, str]]:
    return [(one.section, one.name, one.what.value) for one in report.moved]


def test_the_catalog_of_the_demo_is_applied_once() -> None:
    first = apply(DEMO.read_bytes())
    assert {outcome.what for outcome in first.outcomes} == {What.ADDED}
    assert Service.objects.count() == 5
    assert Environment.objects.get(slug="production").production
    assert Consumer.objects.count() == 7
    assert Policy.objects.get(environment__slug="production").quorum == 2
    events = Event.objects.count()
    second = apply(DEMO.read_bytes())
    assert {outcome.what for outcome in second.outcomes} == {What.UNCHANGED}
    assert Event.objects.count() == events


def test_a_change_is_told_in_words_and_logged() -> None:
    apply("teams: [{name: orders}]\nservices: [{name: orders, team: orders}]\n")
    report = apply("services: [{name: orders, team: orders, tier: 1}]\n")
    assert report.moved[0].details == ("tier: 3 → 1",)
    event = Event.objects.newest("service:orders")[0]
    assert event.kind == "catalog.service"


def test_what_the_file_does_not_list_is_gone_and_kept_and_comes_back() -> None:
    both = "services: [{name: a, team: t}, {name: b, team: t}]\n"
    apply("teams: [{name: t}]\n" + both)
    report = apply("services: [{name: a, team: t}]\n")
    assert moved(report) == [("services", "b", "gone")]
    assert Service.objects.get(slug="b").gone_at is not None
    assert moved(apply("services: [{name: a, team: t}]\n")) == []
    assert moved(apply(both)) == [("services", "b", "back")]
    assert Service.objects.get(slug="b").gone_at is None


def test_a_section_that_the_file_does_not_have_is_left_alone() -> None:
    apply("teams: [{name: t}]\nservices: [{name: a, team: t}]\n")
    assert moved(apply("environments: [{name: production}]\n")) == [("environments", "production", "added")]
    assert Service.objects.get().gone_at is None


def test_teams_and_environments_are_never_removed_but_named() -> None:
    apply("teams: [{name: t}, {name: u}]\n")
    report = apply("teams: [{name: t}]\n")
    assert ("u", What.UNLISTED) in {(one.name, one.what) for one in report.outcomes}
    assert Team.objects.filter(slug="u").exists()


def test_contracts_consumers_and_dependencies_follow_the_file() -> None:
    apply(
        "teams: [{name: t}]\nservices: [{name: a, team: t}, {name: b, team: t}, {name: c, team: t}]\n"
        "contracts: [{name: a-api, provider: a, format: openapi, versions: [{version: '1'}],"
        " consumers: [{service: b}, {service: c}]}]\ndependencies: [{service: c, calls: b, kind: soft}]\n"
    )
    report = apply(
        "contracts: [{name: a-api, provider: a, format: openapi, versions: [{version: '2'}],"
        " consumers: [{service: b, readiness: migrated}]}]\ndependencies: []\n"
    )
    assert moved(report) == [
        ("contracts", "a-api used by b", "changed"),
        ("contracts", "a-api used by c", "gone"),
        ("contracts", "a-api 2", "added"),
        ("contracts", "a-api 1", "gone"),
        ("dependencies", "c on b", "gone"),
    ]
    assert Contract.objects.get().versions.filter(gone_at__isnull=True).get().version == "2"
    assert Dependency.objects.get().gone_at is not None


def test_readiness_that_people_reported_outlives_a_file_that_does_not_state_it() -> None:
    text = (
        "teams: [{name: t}]\nservices: [{name: a, team: t}, {name: b, team: t}]\n"
        "contracts: [{name: a-api, provider: a, format: avro, consumers: [{service: b}]}]\n"
    )
    apply(text)
    Consumer.objects.update(readiness="ready")
    assert not apply(text).moved
    assert Consumer.objects.get().readiness == "ready"


def test_all_errors_are_named_at_once_and_nothing_is_applied() -> None:
    with pytest.raises(services.Unsound) as unsound:
        apply("teams:\n  - {name: T}\nservices:\n  - {name: a, team: t, tier: 9}\n  - {name: b}\n")
    found = [(one.path, one.line) for one in unsound.value.problems]
    assert found == [("/teams/0/name", 4), ("/services/0/tier", 6), ("/services/1/team", 7)]
    assert not Team.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("services: [{name: a, team: t}]\n", "/services/0/team"),
        ("teams: [{name: t}, {name: t}]\n", "/teams/1/name"),
        ("contracts: [{name: a, provider: x, format: avro}]\n", "/contracts/0/provider"),
        ("policies: [{name: production, quorum: 2}]\n", "/policies/0/name"),
        ("dependencies: [{service: x, calls: y}]\n", "/dependencies/0/service"),
    ],
)
def test_a_name_that_is_nowhere_is_refused(text: str, path: str) -> None:
    with pytest.raises(services.Unsound) as unsound:
        apply(text)
    assert path in {one.path for one in unsound.value.problems}
    assert not Team.objects.exists()


def test_a_dry_run_says_what_would_be_and_keeps_nothing() -> None:
    assert moved(apply("teams: [{name: t}]\n", dry_run=True)) == [("teams", "t", "added")]
    assert not Team.objects.exists()
    assert not Event.objects.exists()


def person(**fields: Any) -> Person:
    return Person.objects.create_user(f"{fields.get('name', 'x').lower()}@x.example", **fields)


def test_a_planner_of_the_team_saves_its_service_and_others_do_not() -> None:
    apply("teams: [{name: t}, {name: u}]\nservices: [{name: a, team: t}]\n")
    planner, other = person(name="Mina"), person(name="Jonas")
    Membership.objects.create(person=planner, team=Team.objects.get(slug="t"), role="planner")
    entry = {"name": "a", "team": "t", "tier": 2}
    outcome = services.save_entry(section="services", entry=entry, by=planner, face=Face.PAGE)
    assert outcome.what is What.CHANGED
    for by, changed in ((other, entry), (planner, {**entry, "team": "u"})):
        with pytest.raises(services.NotAllowed):
            services.save_entry(section="services", entry=changed, by=by, face=Face.PAGE)
    assert Service.objects.get().team.slug == "t"


def test_a_single_entry_removes_nothing_else() -> None:
    apply("teams: [{name: t}]\nservices: [{name: a, team: t}, {name: b, team: t}]\n")
    admin = person(name="Root", is_staff=True)
    services.save_entry(section="services", entry={"name": "a", "team": "t"}, by=admin, face=Face.API)
    assert Service.objects.filter(gone_at__isnull=True).count() == 2


def test_a_retired_service_keeps_its_history() -> None:
    apply("teams: [{name: t}]\nservices: [{name: a, team: t}]\n")
    admin = person(name="Root", is_staff=True)
    assert services.retire_service(slug="a", by=admin, face=Face.PAGE).what is What.GONE
    assert services.retire_service(slug="a", by=admin, face=Face.PAGE).what is What.UNCHANGED


def test_the_command_reports_as_json_and_by_its_exit_code(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(HEAD + "teams: [{name: t}]\n")
    with pytest.raises(SystemExit) as would:
        call_command("catalog", "apply", str(path), "--dry-run", "--json")
    assert would.value.code == 1
    call_command("catalog", "apply", str(path), "--json")
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert reports[1]["count"]["added"] == 1
    path.write_text(HEAD + "teams: [{name: T}]\n")
    with pytest.raises(SystemExit) as bad:
        call_command("catalog", "apply", str(path), "--json")
    assert bad.value.code == 2
    assert json.loads(capsys.readouterr().out)["problems"][0]["path"] == "/teams/0/name"
