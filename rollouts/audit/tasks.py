"""Hints for workers; each is safe to lose and safe to run twice."""

from celery import shared_task

from rollouts.audit import services
from rollouts.audit.registry import due_work


@shared_task(name="audit.follow_event")
def follow_event(*, event_id: int, **_: object) -> None:
    """Looks now at what follows an event."""
    services.follow_now(event_id)


@shared_task(name="audit.run_due")
def run_due(*, work: str, pks: list[int], **_: object) -> None:
    """Runs a batch of due rows that the ticker offered."""
    entry = due_work.get(work)
    if entry is None:
        return
    if entry.run_batch is not None:
        entry.run_batch(pks)
        return
    for pk in pks:
        entry.run(pk)
