"""What was learned: the package that keeps reviews registers it, plan editors and public pages ask for it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Lesson:
    """A lesson that is attached to services: shown when a later plan touches one of them."""

    title: str
    text: str
    services: tuple[str, ...]
    href: str
    at: datetime
    rollout: str = ""


@dataclass(frozen=True)
class PublicReview:
    """What outsiders may read of a review."""

    summary: str
    lessons: tuple[str, ...] = ()
    at: datetime | None = None


lessons: Registry[Callable[[Collection[str]], list[Lesson]]] = Registry("source of lessons")
"""Called with the slugs of services; answers newest first, in a constant number of queries."""

public_reviews: Registry[Callable[[int], PublicReview | None]] = Registry("source of public reviews")
"""Called with a rollout's id."""

harms: Registry[Callable[[Collection[int]], Mapping[int, bool]]] = Registry("source of harms")
"""Called with rollouts' ids; answers whether each did harm, for those of which people spoke, in one query."""


def harms_of(rollout_ids: Collection[int]) -> dict[int, bool]:
    """Whether these rollouts did harm, as far as people said."""
    return {pk: harmful for source in harms.values() for pk, harmful in source(rollout_ids).items()}


def lessons_for(services: Collection[str]) -> list[Lesson]:
    """Every lesson that a plan touching these services should heed."""
    return [lesson for source in lessons.values() for lesson in source(services)]


def public_review(rollout_id: int) -> PublicReview | None:
    """The public version of a rollout's review, if it was chosen to be shown."""
    found = (source(rollout_id) for source in public_reviews.values())
    return next((review for review in found if review is not None), None)
