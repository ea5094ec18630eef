"""How many due rows a second are claimed and done: follow-ups, and rollouts that the clock looks at."""

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from bench.figures import Table, timed

ROWS = 600
THREADS = (1, 2, 4)
_numbers = itertools.count(1)


def measure() -> Table:
    rows = []
    for name, prepare, run in (
        ("bare timers: claimed, nothing to do", _timers, _claim_all),
        ("rollouts: locked, looked at, moved on", _rollouts, _each_rollout),
        ("follow-ups: claimed, followed, marked", _followups, _each_followup),
    ):
        for threads in THREADS:
            pks = prepare()
            rows.append((name, str(threads), f"{len(pks) / _shared(pks, threads, run):,.0f}"))
    look = timed(_look)
    return Table(
        ("work", "threads", "a second"),
        tuple(rows),
        f"Finding what is due among {ROWS} due rows takes {look * 1000:.1f} ms a tick.",
    )


def _shared(pks: Sequence[int], threads: int, run: Callable[[Sequence[int]], None]) -> float:
    """Seconds until all are done by so many threads, each with a part."""

    def part(number: int) -> None:
        from django.db import connection

        run(pks[number::threads])
        connection.close()

    workers = [threading.Thread(target=part, args=(number,)) for number in range(threads)]

    def all_of_them() -> None:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return timed(all_of_them)


def _rollouts() -> list[int]:
    from rollouts.lib.clock import database_now
    from rollouts.plans.models import Rollout
    from tests.decisions import factories as make
    from tests.decisions.copies import copies

    if not Rollout.objects.exists():
        copies(make.ready(make.world(), "bench"), [f"bench-{number}" for number in range(1, ROWS)])
    Rollout.objects.update(due_at=database_now() - timedelta(seconds=1))
    return list(Rollout.objects.due(database_now()).values_list("pk", flat=True))


def _each_rollout(pks: Sequence[int]) -> None:
    from rollouts.decisions import judging

    for pk in pks:
        judging.run_rollout(pk)


def _followups() -> list[int]:
    from django.db import transaction

    from rollouts.audit import services as audit
    from rollouts.audit.registry import Follower, followers
    from rollouts.audit.values import SYSTEM, Face
    from rollouts.lib.clock import database_now

    if "bench" not in followers:
        followers.register("bench", Follower("bench", _wants, _follow))
    number = next(_numbers)
    with transaction.atomic():
        for each in range(ROWS):
            audit.append(
                stream=f"bench:{number}-{each}",
                kind="bench.happened",
                actor=SYSTEM,
                face=Face.TICKER,
                content={},
                at=database_now(),
            )
        transaction.get_connection().run_on_commit.clear()
    return audit.due_followups(database_now(), ROWS)


def _wants(kind: str) -> bool:
    return kind == "bench.happened"


def _follow(_event: object) -> None:
    """No work of its own, so that the cost of following is what is measured."""


def _each_followup(pks: Sequence[int]) -> None:
    from rollouts.audit import services as audit

    for pk in pks:
        audit.run_followup(pk)


def _timers() -> list[int]:
    return _rollouts()


def _claim_all(pks: Sequence[int]) -> None:
    """Lock, look again, move on: what every timer costs before its work."""
    from django.db import transaction

    from rollouts.lib.clock import database_now
    from rollouts.plans.models import Rollout

    for pk in pks:
        with transaction.atomic(durable=True):
            row = Rollout.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if row is not None and row.due_at is not None and row.due_at <= database_now():
                Rollout.objects.filter(pk=pk).update(due_at=None)


def _look() -> None:
    from rollouts.audit.registry import due_work
    from rollouts.lib.clock import database_now

    for work in due_work.values():
        list(work.due(database_now(), 400))
