"""A new version that fails five times as often, far below its limit, is halted; a healthy one never."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from demo.loader import organisation, stories
from demo.loader.traffic import Traffic, Version
from rollouts.audit.models import Content, Event
from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit import Limit
from rollouts.gates.judges.protocol import JudgedWindow
from rollouts.gates.models import Gate
from rollouts.gates.values import Word
from rollouts.health.values import Perspective, Signal
from rollouts.plans.models import Rollout

HOUR = 720
"""Windows of five seconds."""


def windows(errors: float, many: int = HOUR) -> list[JudgedWindow]:
    """The demo's traffic, half of it on a new version that fails so often; the old one fails in 0.1 %.

    Every minute both have a share of their own, 30 % around that: real traffic is no coin.
    """
    old, new = Version("1", 0.5, errors=0.001), Version("2", 0.5, errors=errors)
    traffic = Traffic("invoicing", 60, {"old": old, "new": new})
    chance = random.Random(3)
    found = []
    for number in range(many):
        if number % 12 == 0:
            old.errors = 0.001 * max(0.0, chance.gauss(1, 0.3))
            new.errors = errors * max(0.0, chance.gauss(1, 0.3))
        counts = {
            subject.version: measured
            for subject, measured in traffic.window(5).items()
            if subject.signal is Signal.ERRORS and subject.perspective is Perspective.SERVER
        }
        ours, theirs = counts["2"], counts["1"]
        found.append(
            JudgedWindow(
                number * 5,
                ours.bad,
                ours.total,
                length=5,
                baseline_bad=theirs.bad,
                baseline_total=theirs.total,
            )
        )
    return found


def words(given: list[JudgedWindow]) -> tuple[set[Word], set[Word]]:
    """Every word of the comparison and of a limit of 2 %, over all windows."""
    compare, limit = Compare(), Limit()
    first, second = compare.start({}), limit.start({"limit": 0.02, "min_requests": 100})
    compared, limited = set(), set()
    for window in given:
        first, opinion = compare.update(first, [window])
        compared.add(opinion.word)
        second, opinion = limit.update(second, [window])
        limited.add(opinion.word)
    return compared, limited


def test_a_regression_that_the_limit_misses_is_halted() -> None:
    compared, limited = words(windows(0.005))
    assert Word.FAIL in compared
    assert Word.FAIL not in limited


def test_an_hour_of_healthy_noise_halts_nothing() -> None:
    compared, limited = words(windows(0.001))
    assert Word.FAIL not in compared | limited


@pytest.mark.django_db(transaction=True)
def test_the_story_is_halted_by_its_comparison_and_taken_back(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEHOUSE_DEMO_SECRETS", str(tmp_path_factory.mktemp("demo") / "secrets.json"))
    organisation.establish()
    assert "taken back" in stories.invoicing_batches()
    rollout = Rollout.objects.get(slug="invoicing-batches")
    assert rollout.state == "rolled_back"
    halt = Event.objects.get(stream=rollout.stream, kind="rollout.halted")
    said = Content.objects.get(event_id=halt.pk).body["content"]
    assert said["shown"]["gate"] == "errors-compared"
    limit = Gate.objects.get(rollout=rollout, stage__number=1, name="errors")
    assert not limit.verdicts.filter(word="fail").exists()
    begun = Event.objects.get(stream=rollout.stream, kind="rollout.started")
    assert timedelta() < halt.at - begun.at < timedelta(minutes=20)
    assert halt.at < datetime.now(UTC) - timedelta(hours=24)
