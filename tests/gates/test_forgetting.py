"""Old repetitions of verdicts are deleted; changes and the newest rows stay."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rollouts.audit.registry import due_work
from rollouts.gates import forgetting, services
from rollouts.gates.models import Gate, Verdict
from rollouts.lib.clock import database_now
from tests.gates.factories import METRIC, gate, running

pytestmark = pytest.mark.django_db


def row(one: Gate, at: datetime, **fields: Any) -> Verdict:
    return Verdict.objects.create(gate=one, at=at, word="pass", sentence="It passes.", **fields)


def test_only_old_repetitions_are_deleted_and_no_more_than_asked() -> None:
    rollout = running(METRIC)
    one, now = gate(rollout), database_now()
    Verdict.objects.all().delete()
    long_ago = now - forgetting.KEPT - timedelta(hours=1)
    kept = [row(one, long_ago).pk, row(one, now - timedelta(days=89), repeat=True).pk]
    old = [row(one, long_ago - timedelta(hours=hour), repeat=True).pk for hour in range(3)]
    work = due_work["gates.verdicts"]
    assert list(work.due(now, 2)) == [old[2], old[1]]
    assert work.run_batch is not None
    work.run_batch([old[2], old[1], *kept])
    assert sorted(Verdict.objects.values_list("pk", flat=True)) == sorted([*kept, old[0]])
    work.run(old[0])
    work.run(old[0])
    assert list(work.due(now, 10)) == []
    assert Verdict.objects.count() == 2


def test_a_row_says_whether_it_repeats_the_word_before() -> None:
    rollout = running(METRIC)
    now = database_now()
    services.judge(rollout_ids=[rollout.pk], now=now)
    first = Verdict.objects.filter(gate=gate(rollout)).order_by("-pk").first()
    assert first is not None
    assert not first.repeat
    services.judge(rollout_ids=[rollout.pk], now=now + timedelta(hours=2))
    rows = Verdict.objects.filter(gate=gate(rollout)).order_by("pk")
    assert [(each.word, each.repeat) for each in rows][-1] == (first.word, True)
