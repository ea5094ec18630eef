"""The files of the demo fit together: its catalog, its people, and every plan."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.loader import organisation, windows
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.plans import services
from rollouts.plans.document.plan import Plan
from tests.demo.standing import standing

DEMO = Path(__file__).parents[2] / "demo"
PLANS = sorted((DEMO / "plans").glob("*.yaml"))


@pytest.fixture
def _organisation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None) -> Iterator[None]:
    monkeypatch.setenv("GATEHOUSE_DEMO_SECRETS", str(tmp_path / "demo.json"))
    with standing(monkeypatch):
        organisation.establish()
        yield


@pytest.mark.usefixtures("_organisation")
def test_the_catalog_of_the_demo_changes_nothing_the_second_time() -> None:
    source = (DEMO / "catalog.yaml").read_bytes()
    assert not catalog.apply_catalog(source=source, actor=organisation.DEMO, face=Face.COMMAND).moved


@pytest.mark.usefixtures("_organisation")
def test_every_plan_of_the_demo_is_sound_in_its_organisation() -> None:
    assert len(PLANS) >= 5
    for path in PLANS:
        found = services.validate(source=path.read_bytes())
        assert [str(one) for one in found.problems] == [], path.name
        assert found.plan is not None
        assert found.plan.name == path.stem
        assert _complete(found.plan) == [], path.name


@pytest.mark.usefixtures("_organisation")
def test_every_plan_of_the_demo_takes_a_window_for_each_stage() -> None:
    now = datetime(2026, 11, 27, 14, 3, 30, tzinfo=UTC)
    for path in PLANS:
        count = path.read_text().count("    bake: ")
        spans = windows.after(windows.next_working_day(now), *[60] * count)
        found = services.validate(source=windows.planned(path.read_text(), spans).encode())
        assert [str(one) for one in found.problems] == [], path.name
        assert found.plan is not None
        said = [stage.window for stage in found.plan.stages]
        assert said[0] is not None
        assert said[0].start.at == datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
        assert None not in said


def test_windows_begin_at_the_next_full_five_minutes() -> None:
    first, second = windows.after(datetime(2026, 11, 27, 14, 3, 30, tzinfo=UTC), 15, 20)
    assert (first[0].minute, first[1].minute, second[1].minute) == (5, 20, 40)


def _complete(plan: Plan) -> list[str]:
    """What a plan that newcomers read should have and has not."""
    wanted = {
        "rationale": plan.rationale,
        "impact": plan.expected_impact,
        "shifts": plan.behavioural_shifts,
        "criteria": plan.success_criteria,
        "risks": plan.risks,
        "fallback": all(stage.fallback for stage in plan.stages),
        "way back": all(stage.rollback.written for stage in plan.stages),
        "gates": all(stage.entry and stage.exit for stage in plan.stages),
        "longest": all(stage.max_duration for stage in plan.stages),
        "public": plan.public,
        "words of stages": all(stage.public for stage in plan.stages),
        "review": plan.review.author,
    }
    return [name for name, value in wanted.items() if not value]
