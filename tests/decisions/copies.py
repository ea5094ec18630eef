"""Many rollouts that stand where one stands: its rows copied, without its log."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from rollouts.approvals.models import Vote
from rollouts.plans.models import Rollout

Row = TypeVar("Row", bound=Model)


def copies(of: Rollout, slugs: Iterable[str]) -> list[Rollout]:
    """Rollouts under these names with the plan, states, gates, requests and votes of `of`.

    Their streams begin empty. What is decided afterwards goes through the door as ever.
    """
    of.refresh_from_db()
    made = Rollout.objects.bulk_create(
        [_copy(of, slug=slug, salt=slug, version=0, due_at=None) for slug in slugs]
    )
    revisions = _rows(of.revisions.all(), made)
    stages = _rows(of.stages.all(), made)
    _rows(of.changes.all(), made)
    _rows(of.risks.all(), made)
    _rows(of.gates.all(), made, stage=stages)
    requests = _rows(of.requests.all(), made, revision=revisions)
    _votes(of, requests)
    for row in made:
        row.in_force_id = revisions.get((row.pk, of.in_force_id)) if of.in_force_id else None
    Rollout.objects.bulk_update(made, ["in_force"], batch_size=500)
    return made


Numbers = dict[tuple[int, int], int]
"""The copy's number, by its rollout's number and the number it was copied from."""


def _rows(rows: QuerySet[Any], made: list[Rollout], **links: Numbers) -> Numbers:
    originals = list(rows.order_by("pk"))
    drafts, where = [], []
    for rollout in made:
        for row in originals:
            linked = {f"{name}_id": to[rollout.pk, getattr(row, f"{name}_id")] for name, to in links.items()}
            drafts.append(_copy(row, rollout_id=rollout.pk, **linked))
            where.append((rollout.pk, row.pk))
    created = rows.model._default_manager.bulk_create(drafts, batch_size=2000)
    return {place: row.pk for place, row in zip(where, created, strict=True)}


def _votes(of: Rollout, requests: Numbers) -> None:
    votes = list(Vote.objects.filter(request__rollout=of).order_by("pk"))
    Vote.objects.bulk_create(
        _copy(vote, request_id=copied)
        for (_, original), copied in requests.items()
        for vote in votes
        if vote.request_id == original
    )


def _copy(row: Row, **changed: Any) -> Row:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values["id"] = None
    for name in [name for name in changed if f"{name}_id" in values]:
        del values[f"{name}_id"]
    return type(row)(**values | changed)
