"""One round of collection: claims sources, asks them all at once, stores each source's window.

A source is claimed by a lease, so that nothing is locked while it is asked and a second worker finds
nothing to do; a worker that dies leaves a lease that ends. Each source has a few threads of its own and one
deadline for all its questions, so that a slow one delays only itself.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction

from rollouts.health import storing
from rollouts.health.exemplars import keeping as exemplars
from rollouts.health.models import PartialData, Source
from rollouts.health.registry import listeners, metric_sources
from rollouts.health.sources import outages
from rollouts.health.sources.protocol import SPARE, Claim, Question, Taken, aligned
from rollouts.lib.clock import database_now

__all__ = ["SPARE", "aligned", "claim", "close_window", "run", "tell"]

logger = logging.getLogger(__name__)

# A worker that slept through more windows than this writes gaps for the newest ones only.
MOST_MISSED = 720

Answers = dict[str, Any]


def claim(source_ids: Sequence[int], now: datetime) -> list[Claim]:
    """Claims those of the sources that are due and free. A source is due once its window has closed."""
    claims = []
    due = Source.every.due(now).filter(pk__in=source_ids).select_related("environment")
    for source in due.prefetch_related("targets__service"):
        until = now + timedelta(seconds=source.timeout_s) + SPARE
        free = Source.every.due(now).filter(pk=source.pk, due_at=source.due_at)
        if free.update(claimed_until_at=until):
            claims.append(Claim(source, until, now, tuple(source.targets.all())))
    return claims


def run(claims: Sequence[Claim]) -> None:
    """Asks all claimed sources at once; stores a source as soon as its last question is answered."""
    questions = _questions(claims)
    answers: list[Answers] = [{} for _ in claims]
    waiting = [len(questions[each.source.pk]) for each in claims]
    for each, many in zip(claims, waiting, strict=True):
        if not many:
            _finish(each, {})
    with ExitStack() as pools:
        asked: dict[Future[Any], tuple[int, Question]] = {}
        for index, each in enumerate(claims):
            mine = questions[each.source.pk]
            if mine:
                threads = min(metric_sources[each.source.kind].in_flight, len(mine))
                pool = pools.enter_context(ThreadPoolExecutor(threads, "collect"))
                deadline = monotonic() + each.source.timeout_s
                asked |= {pool.submit(_ask, question, deadline): (index, question) for question in mine}
        for index, question, answer in _answers(asked):
            if answer is not None:
                answers[index][question.key] = answer
            waiting[index] -= 1
            if not waiting[index]:
                _finish(claims[index], answers[index])


def _questions(claims: Sequence[Claim]) -> dict[int, Sequence[Question]]:
    """What each source is asked, by its id; every kind looks at all of its sources at once."""
    found: dict[int, Sequence[Question]] = {}
    for kind in dict.fromkeys(each.source.kind for each in claims):
        mine = [each for each in claims if each.source.kind == kind]
        try:
            found |= metric_sources[kind].questions(mine)
        except Exception:
            # A fault of ours in one kind must not keep the others from being asked; its leases end.
            logger.exception("health.questions_failed: %s", kind)
            found |= {each.source.pk: () for each in mine}
    return found


def _ask(question: Question, deadline: float) -> Any:
    """The answer, or None when the source's time was over before its turn came."""
    return question.ask(deadline) if monotonic() < deadline else None


def _answers(asked: dict[Future[Any], tuple[int, Question]]) -> Iterator[tuple[int, Question, Any]]:
    for future in as_completed(asked):
        index, question = asked[future]
        try:
            yield index, question, future.result()
        except Exception:
            # A fault of ours in one answer must not keep the others from being stored.
            logger.exception("health.ask_failed: %s", question.key)
            yield index, question, None


def _finish(each: Claim, answers: Answers) -> None:
    try:
        stored = close_window(each, answers)
    except Exception:
        logger.exception("health.store_failed: %s", each.source.slug)
        return
    if stored is not None:
        tell(*stored)


def close_window(each: Claim, answers: Mapping[str, Any]) -> tuple[set[int], int, datetime] | None:
    """Stores one window in one transaction. None when somebody else closed it meanwhile."""
    with transaction.atomic():
        source = Source.every.select_for_update().filter(pk=each.source.pk).first()
        if source is None or source.claimed_until_at != each.until or source.due_at is None:
            return None
        # The window that had closed before the source was asked, however long its answers took.
        end = each.end
        taken = _taken(each, source, answers, end)
        services = storing.store(
            source,
            taken.measured,
            start=end - source.window,
            end=end,
            silent=taken.silent,
            missed=_missed(source, end),
        )
        if taken.exemplars:
            exemplars.keep(source, taken.exemplars)
        _move_on(source, taken, end=end, now=database_now())
    return services | taken.services, source.environment_id, end


def _taken(each: Claim, source: Source, answers: Mapping[str, Any], end: datetime) -> Taken:
    """What was measured. A fault of ours closes the window as silent; the source is asked again."""
    try:
        with transaction.atomic():
            return metric_sources[source.kind].take(each, source, answers, end=end)
    except Exception:
        logger.exception("health.take_failed: %s", source.slug)
        known = source.series.order_by("service__slug").values_list("service__slug", flat=True).distinct()
        said = "Gatehouse could not take in what this source answered; its log says more."
        return Taken(silent=frozenset(known), answered=False, error=said)


def _missed(source: Source, end: datetime) -> list[datetime]:
    """The starts of the windows between the one that was due and the one that is closed."""
    if source.due_at is None or source.collected_through_at is None:
        return []
    many = round((end + source.lateness - source.due_at) / source.window)
    return [end - source.window * (back + 1) for back in range(min(many, MOST_MISSED), 0, -1)]


def _move_on(source: Source, taken: Taken, *, end: datetime, now: datetime) -> None:
    source.last_error = taken.error
    if taken.error:
        source.last_error_at = now
    if taken.answered:
        source.last_success_at = now
    if taken.warnings:
        source.last_warning, source.last_warning_at = taken.warnings[0].text, now
        _keep_warnings(source, taken, end)
    source.requests_last = taken.requests
    source.requests_made += taken.requests
    source.failed_windows = 0 if taken.answered else source.failed_windows + 1
    source.rests_until_at = taken.rests_until
    source.collected_through_at = end
    source.due_at = end + source.window + source.lateness
    source.claimed_until_at = None
    source.prune_due_at = source.prune_due_at or now
    outages.tell_owner(source, now=now)
    source.save()


def _keep_warnings(source: Source, taken: Taken, end: datetime) -> None:
    """The words of each signal's window, for whatever is judged by it."""
    words: dict[tuple[str, str], list[str]] = {}
    for warned in taken.warnings:
        words.setdefault((warned.signal, warned.name), []).append(warned.text)
    rows = [
        PartialData(
            source=source, start_at=end - source.window, signal=signal, name=name, text=" ".join(texts)
        )
        for (signal, name), texts in words.items()
    ]
    PartialData.objects.bulk_create(rows, ignore_conflicts=True)


def tell(services: set[int], environment_id: int, end: datetime) -> None:
    """Tells the listeners after the commit; a listener's fault costs nobody the window."""
    for listener in listeners.values():
        try:
            listener(services, environment_id, end)
        except Exception:
            logger.exception("health.listener_failed")
