"""Days of old repetitions of verdicts are dropped; changes and the newest rows stay."""

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


def test_only_old_days_of_repetitions_are_dropped() -> None:
    rollout = running(METRIC)
    one, now = gate(rollout), database_now()
    Verdict.objects.all().delete()
    long_ago = now - forgetting.KEPT - timedelta(days=2)
    kept = [row(one, long_ago).pk, row(one, now - timedelta(days=89), repeat=True).pk]
    row(one, long_ago, repeat=True)
    row(one, long_ago - timedelta(days=1), repeat=True)
    work = due_work["gates.verdicts"]
    due = list(work.due(now, 100))
    old = [(long_ago - timedelta(days=1)).date().toordinal(), long_ago.date().toordinal()]
    assert [each for each in due if each < now.date().toordinal()] == old
    for day in (*due, *due):
        work.run(day)
    assert list(work.due(now, 100)) == []
    assert sorted(Verdict.objects.values_list("pk", flat=True)) == sorted(kept)


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
