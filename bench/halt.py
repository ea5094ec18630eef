"""From asking a target for the sample that turns the verdict to the halted event in the log."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from bench.figures import Table, ms, quantile

ROUNDS = 10
TOGETHER = (1, 10, 50)
WANTED_S = 2.0
WINDOW = timedelta(seconds=5)


def measure() -> Table:
    rows, worst = [], 0.0
    for size in TOGETHER:
        times = [_once(size, number) for number in range(ROUNDS if size < 50 else 3)]
        worst = max(worst, *times)
        rows.append((str(size), str(len(times)), ms(quantile(times, 0.5)), ms(max(times))))
    return Table(
        ("rollouts that the sample halts", "rounds", "p50", "longest"),
        tuple(rows),
        f"The last of {TOGETHER[-1]} rollouts is halted {ms(worst)} after its sample is asked for"
        f" (wanted: {WANTED_S:g} s at most); windows last {WINDOW.seconds} s.",
    )


def _once(size: int, number: int) -> float:
    """Seconds from the call that collects the failing window until every rollout is halted."""
    from rollouts.audit.models import Event
    from rollouts.health import services
    from rollouts.health.models import Target
    from rollouts.plans.models import Rollout
    from tests.decisions import factories as make
    from tests.decisions.copies import copies
    from tests.gates.test_from_sample_to_halt import GATES, Callers, Clock
    from tests.health import factories as health
    from tests.lib.servers import serving

    there, callers, clock = make.world(), Callers(), Clock()
    with _moved(clock), serving(callers.answer) as url:
        Rollout.objects.exclude(state="halted").update(state="cancelled", due_at=None)
        source = health.source(f"fleet-{size}-{number}", environment=there.production, team=there.owners)
        source.due_at = clock.now
        source.save()
        Target.objects.create(source=source, service=health.service("checkout"), url=url)

        def window(**counts: Any) -> None:
            callers.call(**counts)
            clock.now += WINDOW
            services.collect([source.pk])

        services.collect([source.pk])
        slug = f"halt-{size}-{number}"
        text = make.plan_text(slug, gates=GATES, exit_="errors").replace("bake: 0s", "bake: 15s", 1)
        first = make.running(there, slug, source=text)
        rows = [first, *copies(first, [f"{slug}-{each}" for each in range(1, size)])]
        for _ in range(3):
            window(old=90, new=10)
        window(old=90, refused=10)
        with _last_halt() as halts:
            begun = time.perf_counter()
            window(old=90, refused=10)
        halted = Event.objects.filter(kind="rollout.halted", stream__in=[row.stream for row in rows]).count()
        assert halted == size, f"{halted} of {size} were halted"  # noqa: S101 - else nothing was measured
        source.delete()
        return halts[-1] - begun


@contextmanager
def _moved(clock: Any) -> Iterator[None]:
    """The database's clock as every part sees it: windows close when the measurement says so."""
    from rollouts.audit import services as audit
    from rollouts.decisions import judging
    from rollouts.gates import services as gates
    from rollouts.health import collecting, services

    with ExitStack() as patches:
        for module in (audit, judging, gates, collecting, services):
            patches.enter_context(mock.patch.object(module, "database_now", side_effect=lambda: clock.now))
        yield


@contextmanager
def _last_halt() -> Iterator[list[float]]:
    """When each halt was committed."""
    from rollouts.decisions import services

    found: list[float] = []
    plain = services.do_duties

    def noting(**given: Any) -> Any:
        done = plain(**given)
        found.extend(time.perf_counter() for event in done if event.kind == "rollout.halted")
        return done

    with mock.patch.object(services, "do_duties", noting):
        yield found
