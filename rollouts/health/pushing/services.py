"""Verbs of pushing: take measurements in, once, before their windows close."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.catalog.queries import plans_for
from rollouts.health.models import Pushed, PushedCounters, Source
from rollouts.health.pushing import otlp
from rollouts.health.pushing.taking import pairs, parts_of
from rollouts.health.pushing.values import Part, Wrong, timely
from rollouts.health.signals import Measured
from rollouts.health.values import SourceKind
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

KEPT = timedelta(days=1)
"""Parts are kept so long after their window, so that a push that is repeated is known."""


class Refused(Refusal):
    """Some entries cannot be taken, and so none is; `wrong` says which and why."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        closed = any(one.closed for one in wrong)
        said = f"Entry {wrong[0].index + 1}: {wrong[0].said}"
        remedy = (
            "Push before the window closes; leave out what is closed." if closed else "Correct the entry."
        )
        super().__init__("window_closed" if closed else "invalid", said, remedy)
        self.wrong = tuple(wrong)


@dataclass(frozen=True)
class Outcome:
    """How many parts are new or changed, and how many were there already, the same."""

    taken: int
    repeated: int
    dropped: tuple[str, ...] = field(default=())
    dropped_points: int = 0


def push(*, slug: str, parts: Sequence[Part], by: Person) -> Outcome:
    """Take all parts, or none. The same again changes nothing; other numbers replace what is not yet closed.

    Raises Source.DoesNotExist, Refusal (not allowed, not of this kind, switched off) and Refused.
    """
    with transaction.atomic():
        source, now = _locked(slug, by), database_now()
        wrong = _twice(parts) or _faults(source, parts, now)
        if wrong:
            raise Refused(wrong)
        return _write(source, parts)


def push_otlp(*, slug: str, request: otlp.Request, by: Person) -> Outcome:
    """Take the points that can be taken, and say what was dropped. Cumulative ones become increases.

    Raises Source.DoesNotExist and Refusal. Points of the past are nothing new: a retry adds nothing.
    """
    with transaction.atomic():
        source, now = _locked(slug, by), database_now()
        rows = {row.instance: row for row in _counters(source, otlp.instances(request))}
        taken = otlp.take(request, {name: row.state for name, row in rows.items()}, window_s=source.window_s)
        parts: list[Part] = []
        dropped, points = list(taken.dropped), taken.dropped_points
        wrong = {one.index: one.said for one in _faults(source, taken.parts, now)}
        for index, part in enumerate(taken.parts):
            if index in wrong:
                dropped.append(wrong[index])
                points += 1
            else:
                parts.append(part)
        for name, state in taken.states.items():
            row = rows.get(name) or PushedCounters(source=source, instance=name)
            row.state, row.at = state, now
            row.save()
        done = _write(source, parts)
    return Outcome(done.taken, done.repeated, tuple(dict.fromkeys(dropped)), points)


def _locked(slug: str, by: Person) -> Source:
    source = Source.objects.select_for_update(of=("self",)).select_related("team").get(slug=slug)
    if not plans_for(by, source.team.slug):
        raise Refusal(
            "forbidden",
            f"You may not push to {source.name}.",
            f"Use a write token of a planner of {source.team.name}.",
        )
    if source.kind != SourceKind.PUSH:
        raise Refusal("not_push", f"{source.name} is asked, not pushed to.", "Make a source of kind push.")
    if not source.enabled:
        raise Refusal("switched_off", f"{source.name} is switched off.", "Switch it on, then push.")
    return source


def _counters(source: Source, instances: set[str]) -> list[PushedCounters]:
    return list(PushedCounters.objects.filter(source=source, instance__in=instances).order_by("pk"))


def _faults(source: Source, parts: Sequence[Part], now: datetime) -> list[Wrong]:
    """What cannot be taken: unknown services, windows off the grid, in the future, too old, or closed."""
    slugs = {part.subject.service for part in parts}
    known = set(Service.objects.filter(slug__in=slugs, gone_at=None).values_list("slug", flat=True))
    oldest, through = now - timedelta(days=source.keep_days), source.collected_through_at
    before = _known(source, parts)
    wrong = []
    for index, part in enumerate(parts):
        said = timely(part.start, window=source.window, now=now, oldest=oldest)
        if part.subject.service not in known:
            said = f"There is no service named {part.subject.service} in the catalog."
        # The clock closes windows, not the worker that may be late with it.
        closed = part.start + source.window + source.lateness <= now
        closed = closed or (through is not None and part.start < through)
        if said:
            wrong.append(Wrong(index, said))
        elif closed and before.get(_key(part)) != part.measured:
            wrong.append(Wrong(index, f"The window from {part.start:%Y-%m-%d %H:%M:%S} UTC is closed.", True))
    return wrong


def _twice(parts: Sequence[Part]) -> list[Wrong]:
    seen: set[tuple[object, ...]] = set()
    wrong = []
    for index, part in enumerate(parts):
        if _key(part) in seen:
            wrong.append(Wrong(index, "It is there twice; name an `instance` for parts that add up."))
        seen.add(_key(part))
    return wrong


def _key(part: Part) -> tuple[object, ...]:
    return part.subject, part.start, part.instance, part.point


def _known(source: Source, parts: Sequence[Part]) -> dict[tuple[object, ...], Measured]:
    rows = Pushed.objects.filter(source=source, start_at__in={part.start for part in parts}).order_by("pk")
    return {_key(part): part.measured for part in parts_of(rows)}


def _write(source: Source, parts: Sequence[Part]) -> Outcome:
    before = _known(source, parts)
    new = {_key(part): part for part in parts if before.get(_key(part)) != part.measured}
    rows = [
        Pushed(
            source=source,
            start_at=part.start,
            service=part.subject.service,
            version=part.subject.version,
            signal=part.subject.signal,
            perspective=part.subject.perspective,
            caller=part.subject.caller,
            instance=part.instance,
            point=part.point,
            contract=part.contract,
            contract_version=part.contract_version,
            bad=part.measured.bad,
            total=part.measured.total,
            value=part.measured.value,
            buckets=pairs(part.measured.buckets),
        )
        for part in new.values()
    ]
    parts_of_key = [
        "source", "start_at", "service", "version", "signal", "perspective", "caller", "instance", "point",
    ]  # fmt: skip
    Pushed.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=parts_of_key,
        update_fields=["bad", "total", "value", "buckets", "contract", "contract_version"],
    )
    return Outcome(len(rows), len(parts) - len(rows))


def prune(source: Source, now: datetime) -> None:
    """Delete parts and counters that are long taken in."""
    Pushed.objects.filter(source=source, start_at__lt=now - KEPT).delete()
    PushedCounters.objects.filter(source=source, at__lt=now - KEPT).delete()
