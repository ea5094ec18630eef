"""One service behind page, API, upload and command: it saves drafts and changes nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.lib.documents.source import JSON
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries, services
from rollouts.plans.models import Revision, Rollout
from tests.decisions.factories import World, plan_text, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


def save(there: World, text: str | None = None, **more: Any) -> services.Saved:
    source = (plan_text() if text is None else text).encode()
    return services.save_draft(source=source, actor=there.mina.actor, face=Face.PAGE, **more)


def longer(text: str) -> str:
    return text.replace("bake: 0s", "bake: 5m", 1)


def test_the_first_save_makes_the_rollout_a_draft(there: World) -> None:
    saved = save(there)
    rollout = Rollout.objects.get(slug="orders-v3")
    assert (rollout.state, rollout.team.slug, rollout.owner) == ("draft", "orders", there.mina)
    assert (saved.revision.number, saved.revision.state, saved.made) == (1, "draft", True)
    assert bytes(saved.revision.source) == plan_text().encode()
    assert saved.revision.digest == saved.checked.digest


def test_the_same_document_again_changes_nothing(there: World) -> None:
    save(there)
    events = Event.objects.count()
    again = save(there)
    assert (again.revision.number, again.made) == (1, False)
    assert Event.objects.count() == events


def test_another_document_is_the_next_revision(there: World) -> None:
    save(there)
    saved = save(there, longer(plan_text()))
    assert saved.revision.number == 2
    assert Revision.objects.get(number=1).state == "draft"
    (found,) = queries.compare(Revision.objects.get(number=1), saved.revision)
    assert str(found) == "Stage 1 canary, bake: 0 s → 5 min (Lowers risk)"
    assert "+    bake: 5m" in queries.compare_text(Revision.objects.get(number=1), saved.revision)


def test_an_unsound_document_is_not_saved(there: World) -> None:
    with pytest.raises(services.Unsound) as unsound:
        save(there, plan_text().replace("service: orders", "service: ordres"))
    assert "/changes/0/service" in {one.path for one in unsound.value.checked.errors}
    assert not Rollout.objects.exists()
    assert not Event.objects.exists()


def test_only_planners_of_the_owning_team_save(there: World) -> None:
    with pytest.raises(Refusal) as refused:
        services.save_draft(source=plan_text().encode(), actor=there.priya.actor, face=Face.API)
    assert refused.value.code == "forbidden"
    assert not Rollout.objects.exists()


def test_a_plan_of_another_name_is_refused(there: World) -> None:
    with pytest.raises(services.Unsound) as unsound:
        save(there, rollout="orders-v4")
    assert unsound.value.checked.errors[0].path == "/name"


def test_an_edit_that_began_with_an_older_revision_is_refused(there: World) -> None:
    first = save(there)
    save(there, longer(plan_text()), base=first.revision.digest)
    with pytest.raises(services.Outdated):
        save(there, plan_text().replace("percent: 10}", "percent: 20}"), base=first.revision.digest)
    assert Revision.objects.count() == 2


def test_json_is_kept_as_json_and_shown_as_yaml(there: World) -> None:
    document = save(there).checked.document
    source = json.dumps(document).encode()
    saved = services.save_draft(source=source, media_type=JSON, actor=there.mina.actor, face=Face.API)
    assert bytes(saved.revision.source) == source
    assert saved.revision.digest == Revision.objects.get(number=1).digest
    again = services.validate(source=queries.yaml_of(saved.revision).encode())
    assert again.digest == saved.revision.digest


def run(*words: str, code: int = 0) -> None:
    if code == 0:
        call_command("plan", *words)
        return
    with pytest.raises(SystemExit) as ended:
        call_command("plan", *words)
    assert ended.value.code == code


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders-v3.yaml"
    path.write_text(plan_text())
    return path


def test_the_command_validates_with_path_line_and_remedy(there: World, file: Path, capsys: Any) -> None:
    run("validate", str(file))
    file.write_text(plan_text().replace('to: "3.0.0"', "to: 3.10").replace("percent: 10}", "percent: 200}"))
    run("validate", str(file), code=1)
    told = capsys.readouterr().err
    assert ":10:" in told
    assert 'Write "3.10" in quotes.' in told
    assert "/stages/0/exposure/percent" in told
    run("validate", str(file), "--json", code=1)
    assert json.loads(capsys.readouterr().out)[0]["problems"][0]["path"] == "/changes/0/to"


def test_the_command_says_bad_input_for_what_cannot_be_read(there: World, file: Path, capsys: Any) -> None:
    broken = file.with_name("broken.yaml")
    broken.write_text("a: [")
    run("validate", str(file), str(broken), code=2)
    run("validate", str(file), "/nowhere/plan.yaml", code=2)
    run("show", "nothing", code=2)


def test_the_command_saves_as_the_owner_and_refuses_others(there: World, file: Path, capsys: Any) -> None:
    run("apply", str(file), "--json")
    assert json.loads(capsys.readouterr().out)["revision"] == 1
    assert Event.objects.get().kind == "rollout.revision_saved"
    file.write_text(longer(plan_text()))
    run("apply", str(file), "--as", "priya@example.test", "--json", code=1)
    assert json.loads(capsys.readouterr().out)["code"] == "forbidden"
    run("apply", str(file), "--as", "nobody@example.test", code=2)


def test_the_command_shows_what_was_written_and_the_waves(there: World, file: Path, capsys: Any) -> None:
    run("apply", str(file))
    capsys.readouterr()
    run("show", "orders-v3")
    assert capsys.readouterr().out.strip() == plan_text().strip()
    run("waves", "orders-v3")
    assert capsys.readouterr().out.startswith("Wave 1: orders")
    run("waves", str(file), "--json")
    assert json.loads(capsys.readouterr().out)[0]["changes"] == ["orders"]
    file.write_text(longer(plan_text()))
    run("apply", str(file))
    capsys.readouterr()
    run("diff", "orders-v3", "1", "2")
    assert "Stage 1 canary, bake: 0 s → 5 min" in capsys.readouterr().out
