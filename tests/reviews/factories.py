"""A rollout that was halted and rolled back, its review, and the people who write and read it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from rollouts.accounts.models import Membership, Person
from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, EventView, Face
from rollouts.plans.models import Rollout
from rollouts.reviews import learning, services
from rollouts.reviews.models import Review
from rollouts.reviews.values import NEEDED
from tests.gates.factories import METRIC, running
from tests.health.factories import EPOCH, series, source, team, window


@dataclass(frozen=True)
class Cast:
    """`author` plans for the owning team, `reader` approves in it, `stranger` is in no team."""

    author: Person
    reader: Person
    stranger: Person


def person(name: str, *, role: str = "") -> Person:
    made = Person.objects.create_user(f"{name.lower()}@fernhill.example", "long-enough-pass", name=name)
    if role:
        Membership.objects.create(person=made, team=team(), role=role)
    return made


def cast() -> Cast:
    return Cast(
        author=person("Sofia", role="planner"),
        reader=person("Priya", role="approver"),
        stranger=person("Tom"),
    )


def measured(*, windows: int = 12) -> None:
    """Windows of 5 s: a minute before EPOCH only 2.4.0 (1 of 100 fails), then 3.0.0 too (3 of 10 fail)."""
    fleet = source()
    old, new = series(fleet, version="2.4.0"), series(fleet, version="3.0.0")
    for number in range(-windows, windows):
        window(old, number, bad=1, total=100)
    for number in range(windows):
        window(new, number, bad=3, total=10)


def rolled_back(owner: Person | None, **plan: Any) -> Rollout:
    """A rollout that began at EPOCH, was halted after 50 s and rolled back after 60 s."""
    with transaction.atomic():
        rollout = running(METRIC)
    rollout.owner = owner
    rollout.state, rollout.granted = "rolled_back", {}
    rollout.ended_at = rollout.state_since_at = EPOCH + timedelta(seconds=60)
    rollout.review_cause = "halt"
    rollout.save()
    if plan:
        assert rollout.in_force is not None
        rollout.in_force.document = rollout.in_force.document | {"review": plan}
        rollout.in_force.save()
    return rollout


def happen(
    rollout: Rollout, kind: str, *, after_s: int = 0, follow: bool = True, **content: Any
) -> EventView:
    """One event of the rollout's stream, and what follows it."""
    said = {
        "rollout": rollout.slug, "title": rollout.title, "stage": 1, "stage_name": "Canary", "revision": 1,
        "reason": "", "shown": None, "sentence": f"It {kind.partition('.')[2]}.", "moved": {},
    } | content  # fmt: skip
    with transaction.atomic():
        event = audit.append(
            stream=rollout.stream, kind=kind, actor=SYSTEM, face=Face.TICKER, content=said,
            at=EPOCH + timedelta(seconds=after_s),
        )  # fmt: skip
    if follow:
        audit.follow_now(event.id)
    return event


def opened(people: Cast, *, cause: str = "halt", **plan: Any) -> Review:
    """The review that the log opens by itself."""
    rollout = rolled_back(people.author, **plan)
    happen(rollout, "rollout.started")
    happen(rollout, "rollout.halted", after_s=50, moved={"opens_review": cause})
    happen(rollout, "rollout.rolled_back", after_s=60)
    return Review.objects.select_related("rollout").get(rollout=rollout)


def write_all(review: str, author: Person) -> None:
    """Words for every needed section, by the product's own verbs: the demo's loader does the same."""
    for name in NEEDED:
        services.save_section(
            review=review, section=name, version=0, internal=f"**{name.label}** in words.",
            public=f"{name.label} for all.", actor=author.actor, face=Face.PAGE,
        )  # fmt: skip


def told_whole(people: Cast, *, closed: bool = True) -> Review:
    """A review with words, one owned action item and one lesson, submitted, approved and closed."""
    review = opened(people)
    slug, by = review.rollout.slug, people.author.actor
    write_all(slug, people.author)
    learning.add_item(
        review=slug, title="Refuse old forms loudly", owner=people.author,
        due_on=(EPOCH + timedelta(days=9)).date(), actor=by, face=Face.PAGE,
    )  # fmt: skip
    learning.add_lesson(
        review=slug, title="Watch what users get", text="Not only errors.", services=["orders"], public=True,
        actor=by, face=Face.PAGE,
    )  # fmt: skip
    services.submit(review=slug, actor=by, face=Face.PAGE)
    services.approve(review=slug, actor=people.reader.actor, face=Face.PAGE)
    if closed:
        services.close(review=slug, actor=by, face=Face.PAGE)
    review.refresh_from_db()
    return review
