"""Many services with rollouts and gates on them, and what a Prometheus has counted of them each minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.health.prometheus import Prometheus

WINDOW = timedelta(minutes=1)
BEGIN = datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
"""The end of the first window; far enough into one of Prometheus' blocks of two hours for all that follow."""
OLD, NEW = "2.4.0", "3.0.0"
NORMAL, MANY, DEAD = 3, 18, 600
"""Failed requests of TOTAL in a minute: on most days, over the limits of the gates that observe, of a canary
that is broken."""
TOTAL = 600
SHIFTS = 5
"""The verdicts of the gates with a limit turn in two of five ticks: half of the gates, so a fifth of all."""

GATES = """
gates:
  - name: compared
    kind: metric
    on_fail: halt
    settings: {signal: errors}
  - name: compared-widely
    kind: metric
    on_fail: halt
    settings: {signal: errors, margin: 1.5}
  - name: below
    kind: metric
    observe: true
    min_requests: 5
    warm_up: 0
    settings: {signal: errors, limit: "1 %", breaches: {count: 1, of: 1}}
  - name: all-below
    kind: metric
    observe: true
    min_requests: 5
    warm_up: 0
    settings: {signal: errors, limit: "1.5 %", breaches: {count: 1, of: 1}, version: all}
"""
PLAN = """
apiVersion: gatehouse/v1
kind: Plan
name: {slug}
title: "A rollout of the fleet"
environment: production
rationale: One of many.
owner: {{team: orders, person: mina@example.test}}
changes:
  - {{service: orders, kind: build, from: "2.4.0", to: "3.0.0", flag: {slug}}}
{gates}
stages:
  - name: canary
    title: Canary
    targets: [orders]
    exposure: {{percent: 50}}
    bake: 2h
    on_halt: off
    gates: {{exit: [compared, compared-widely, below, all-below], entry: []}}
  - name: all
    title: All
    targets: [orders]
    exposure: {{percent: 100}}
    bake: 0s
rollback:
  steps: [Flag off]
  expected_duration: 1m
"""


def slug(number: int) -> str:
    return f"service-{number:05d}"


def minute(service: int, tick: int, broken: dict[int, int]) -> tuple[int, int]:
    """Failed requests of the old version and of the new one in the window of `tick`."""
    turned = sum(1 for each in range(1, tick + 1) if (service + each) % SHIFTS < 2)
    both = MANY if turned % 2 else NORMAL
    return both, DEAD if tick >= broken.get(service, tick + 1) else both


def readings(services: int, ticks: int, broken: dict[int, int]) -> Iterator[tuple[str, list[Any]]]:
    """The counters of both versions of each service, read at the end of each window."""
    for service in range(services):
        counts = {(version, code): 1000 for version in (OLD, NEW) for code in ("200", "500")}
        found: dict[tuple[str, str], list[Any]] = {key: [] for key in counts}
        for tick in range(ticks):
            for version, bad in zip((OLD, NEW), minute(service, tick, broken), strict=True):
                counts[version, "500"] += bad
                counts[version, "200"] += TOTAL - bad
            at = (BEGIN + tick * WINDOW).timestamp()
            for key, count in counts.items():
                found[key].append((at, count))
        for (version, code), samples in found.items():
            labels = f'service="{slug(service)}",version="{version}",code="{code}",instance="10.0.0.1:80"'
            yield f"http_server_requests_total{{{labels}}}", samples


def prometheus(place: Path, services: int, ticks: int, broken: dict[int, int]) -> Prometheus:
    """A server that has all of it from the start."""
    place.mkdir()
    return Prometheus(place, history=dict(readings(services, ticks, broken))).start()


def rollouts(services: int) -> list[int]:
    """A service, a rollout in its first stage and four gates for each number; the ids of the rollouts."""
    from rollouts.catalog.models import Service
    from rollouts.gates.models import Gate
    from rollouts.plans.models import Change, Rollout, Stage
    from tests.decisions import factories as make
    from tests.decisions.copies import copies

    there = make.world()
    known = Service.objects.bulk_create(
        [
            Service(slug=slug(number), name=f"Service {number}", team=there.owners)
            for number in range(services)
        ],
        batch_size=2000,
    )
    first = make.running(there, "fleet", source=PLAN.format(slug="fleet", gates=GATES))
    made = copies(first, [f"fleet-{number:05d}" for number in range(services)])
    Rollout.objects.filter(pk=first.pk).update(state="cancelled", due_at=None)
    # Their warm-up is over: what is measured is the middle of their bakes.
    Stage.objects.filter(rollout__in=made, number=1).update(state="baking")
    service_of = {row.pk: service.pk for row, service in zip(made, known, strict=True)}
    changes = list(Change.objects.filter(rollout__in=service_of).order_by("pk"))
    for change in changes:
        change.service_id = service_of[change.rollout_id]
    Change.objects.bulk_update(changes, ["service"], batch_size=1000)
    many = Gate.objects.filter(rollout__in=service_of).count()
    assert many == 4 * services, f"{many} gates"  # noqa: S101 - else something else would be measured
    return list(service_of)
