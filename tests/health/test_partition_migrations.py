"""Windows and verdicts that are there move into partitions and back, and nothing is lost or renumbered."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from rollouts.gates.models import Verdict
from rollouts.health.models import Window
from tests.gates.factories import METRIC, gate, running
from tests.health.factories import EPOCH, series, source

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def kind(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind::text FROM pg_class WHERE relname = %s", [table])
        found: str = cursor.fetchone()[0]
    return found


def test_windows_move_there_and_back() -> None:
    migration = import_module("rollouts.health.migrations.0005_windows_in_days")
    row = series(source())
    for days in (0, 0.5, 40):
        Window.objects.create(
            series=row, start_at=EPOCH + timedelta(days=days), bad=1, total=2, buckets=[[None, 2]], value=0.5
        )
    before = list(Window.objects.order_by("pk").values())
    run(migration.BACK)
    assert kind("health_window") == "r"
    assert list(Window.objects.order_by("pk").values()) == before
    run(migration.FORWARD)
    assert kind("health_window") == "p"
    assert list(Window.objects.order_by("pk").values()) == before
    assert {EPOCH.date(), (EPOCH + timedelta(days=40)).date()} <= {*Window.DAYS.made()}
    assert Window.objects.create(series=row, start_at=EPOCH + timedelta(days=1)).pk > before[-1]["id"]


def test_verdicts_move_there_and_back() -> None:
    migration = import_module("rollouts.gates.migrations.0003_verdicts_in_days")
    one = gate(running(METRIC))
    for days, repeat in ((0, False), (1, True), (2, True)):
        Verdict.objects.create(
            gate=one, at=EPOCH + timedelta(days=days), word="pass", sentence="So.", repeat=repeat
        )
    before = list(Verdict.objects.order_by("pk").values())
    run(migration.BACK)
    assert kind("gates_verdict") == "r"
    assert list(Verdict.objects.order_by("pk").values()) == before
    run(migration.FORWARD)
    assert kind("gates_verdict") == "p"
    assert list(Verdict.objects.order_by("pk").values()) == before
    later = Verdict.objects.create(gate=one, at=EPOCH, word="fail", sentence="No.", repeat=False)
    assert later.pk > before[-1]["id"]
