"""Hints for workers; each is safe to lose and safe to run twice."""

from celery import shared_task

from notifications.delivery import sending


@shared_task(name="notifications.deliver")
def deliver(*, pks: list[int], **_: object) -> None:
    """Looks now at deliveries that were just written."""
    for pk in pks:
        sending.run(pk)
