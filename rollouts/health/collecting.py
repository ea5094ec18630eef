"""One round of collection: claims sources, asks their targets at once, stores each source's window.

A source is claimed by a lease, so that nothing is locked while targets are asked and a second worker
finds nothing to do; a worker that dies leaves a lease that ends. Sources share a pool of threads that is
large enough for all of their targets, so that a slow one delays only itself.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from rollouts.health import counters, signals, storing
from rollouts.health.models import Source, Target
from rollouts.health.registry import listeners
from rollouts.health.scraping import Scraped
from rollouts.lib.clock import database_now

logger = logging.getLogger(__name__)

MOST_THREADS = 32
SPARE = timedelta(seconds=5)
# A worker that slept through more windows than this writes gaps for the newest ones only.
MOST_MISSED = 720

Scrape = Callable[[str, float], Scraped]


@dataclass(frozen=True)
class Claim:
    """A source that is ours until the lease ends, with its targets."""

    source: Source
    until: datetime
    targets: tuple[Target, ...]


def aligned(at: datetime, window_s: int) -> datetime:
    """The last window boundary at or before `at`; boundaries are multiples of the window since 1970."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % window_s, UTC)


def claim(source_ids: Sequence[int], now: datetime) -> list[Claim]:
    """Claims those of the sources that are due and free. A source is due once its window has closed."""
    claims = []
    for source in Source.objects.due(now).filter(pk__in=source_ids).prefetch_related("targets__service"):
        until = now + timedelta(seconds=source.timeout_s) + SPARE
        free = Source.objects.due(now).filter(pk=source.pk, due_at=source.due_at)
        if free.update(claimed_until_at=until):
            claims.append(Claim(source, until, tuple(source.targets.all())))
    return claims


def run(claims: Sequence[Claim], scrape: Scrape) -> None:
    """Asks all targets of all claimed sources at once; stores a source as soon as its last target is done."""
    targets = [(index, target) for index, each in enumerate(claims) for target in each.targets]
    answers: list[dict[int, Scraped]] = [{} for _ in claims]
    for each in claims:
        if not each.targets:
            _finish(each, {})
    if not targets:
        return
    with ThreadPoolExecutor(min(MOST_THREADS, len(targets)), "collect") as pool:
        asked: dict[Future[Scraped], tuple[int, Target]] = {
            pool.submit(scrape, target.url, claims[index].source.timeout_s): (index, target)
            for index, target in targets
        }
        for index, target, answer in _answers(asked):
            answers[index][target.pk] = answer
            if len(answers[index]) == len(claims[index].targets):
                _finish(claims[index], answers[index])


def _answers(asked: dict[Future[Scraped], tuple[int, Target]]) -> Iterator[tuple[int, Target, Scraped]]:
    for future in as_completed(asked):
        index, target = asked[future]
        try:
            yield index, target, future.result()
        except Exception:
            # A fault of ours in one target must not keep the others from being stored.
            logger.exception("health.scrape_failed: %s", target.url)
            yield index, target, Scraped(None, "Gatehouse could not read this target.")


def _finish(each: Claim, answers: dict[int, Scraped]) -> None:
    try:
        stored = close_window(each, answers)
    except Exception:
        logger.exception("health.store_failed: %s", each.source.slug)
        return
    if stored is not None:
        tell(*stored)


def close_window(each: Claim, answers: dict[int, Scraped]) -> tuple[set[int], int, datetime] | None:
    """Stores one window in one transaction. None when somebody else closed it meanwhile."""
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=each.source.pk).first()
        if source is None or source.claimed_until_at != each.until or source.due_at is None:
            return None
        now = database_now()
        # The window that closed before the targets were asked, however long they took.
        asked_at = each.until - SPARE - timedelta(seconds=each.source.timeout_s)
        end = max(aligned(asked_at, source.window_s), source.due_at)
        targets = [_take(target, answers[target.pk], now) for target in each.targets]
        measured = signals.together(reading for _, reading in targets if reading is not None)
        services = storing.store(
            source,
            measured,
            start=end - source.window,
            end=end,
            silent={target.service.slug for target, reading in targets if reading is None},
            missed=_missed(source, end),
        )
        _move_on(source, [target for target, _ in targets], end=end, now=now)
    return services | {target.service_id for target, _ in targets}, source.environment_id, end


def _missed(source: Source, end: datetime) -> list[datetime]:
    """The starts of the windows between the one that was due and the one that is closed."""
    if source.due_at is None or source.collected_through_at is None:
        return []
    many = round((end - source.due_at) / source.window)
    return [end - source.window * (back + 1) for back in range(min(many, MOST_MISSED), 0, -1)]


def _take(
    target: Target, answer: Scraped, now: datetime
) -> tuple[Target, dict[signals.Subject, signals.Measured] | None]:
    """Takes the answer into the target's row; what it measured, None if it could not be asked."""
    if answer.exposed is None:
        target.last_error, target.last_error_at = answer.error, now
        return target, None
    step = counters.take(target.state, answer.exposed, at=now.timestamp())
    target.state, target.last_success_at, target.last_error = step.state, now, ""
    return target, signals.measure(
        step.increases, step.gauges, service=target.service.slug, version=target.version
    )


def _move_on(source: Source, targets: Iterable[Target], *, end: datetime, now: datetime) -> None:
    rows = list(targets)
    Target.objects.bulk_update(rows, ["state", "last_success_at", "last_error", "last_error_at"])
    failed = [target for target in rows if target.last_error]
    if len(failed) < len(rows):
        source.last_success_at = now
    if failed:
        more = f" ({len(failed)} of {len(rows)} targets)" if len(rows) > 1 else ""
        source.last_error, source.last_error_at = f"{failed[0].last_error}{more}", now
    else:
        source.last_error = ""
    source.collected_through_at = end
    source.due_at = end + source.window
    source.claimed_until_at = None
    source.prune_due_at = source.prune_due_at or now
    source.save()


def tell(services: set[int], environment_id: int, end: datetime) -> None:
    """Tells the listeners after the commit; a listener's fault costs nobody the window."""
    for listener in listeners.values():
        try:
            listener(services, environment_id, end)
        except Exception:
            logger.exception("health.listener_failed")
