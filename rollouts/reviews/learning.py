"""The verbs of action items and lessons."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Service
from rollouts.reviews import state
from rollouts.reviews.models import ActionItem, Lesson
from rollouts.reviews.rights import Refused, require_edit
from rollouts.reviews.services import ClientKey, Doing, entered, require_state
from rollouts.reviews.values import ItemKind, ItemState, ReviewState

OPEN = (ReviewState.DRAFT, ReviewState.IN_REVIEW, ReviewState.REVIEWED)
UNFROZEN = (ReviewState.DRAFT, ReviewState.IN_REVIEW)


def add_item(
    *, review: str, title: str, actor: Actor, face: Face, key: ClientKey | None = None,
    kind: str = ItemKind.PREVENT, owner: Person | None = None, due_on: date | None = None, link: str = "",
) -> ActionItem:  # fmt: skip
    """Adds an action item, until the review is closed."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, *OPEN)
        item = ActionItem(
            review=doing.review, title=_titled(title), kind=ItemKind(kind), owner=owner, due_on=due_on,
            link=link, created_at=doing.now,
        )  # fmt: skip
        state.set_reminder(item)
        item.save()
        doing.say("review.item_added", f"{doing.person} added the action item “{item.title}”.", **_told(item))
        return item


def change_item(
    *, review: str, item: int, actor: Actor, face: Face, key: ClientKey | None = None, **changed: Any
) -> ActionItem:
    """Changes title, kind, owner, due_on, link or state; its owner may too. Raises Refused, DoesNotExist.

    After the review is closed an open item keeps an owner and a day.
    """
    with entered(review, actor, face, key) as doing:
        row = (
            ActionItem.objects.select_for_update(of=("self",))
            .select_related("owner")
            .get(pk=item, review=doing.review)
        )
        if row.owner_id != doing.person.pk:
            require_edit(doing.person, doing.review, doing.roles)
        for name in ("title", "kind", "owner", "due_on", "link", "state"):
            if name in changed:
                setattr(row, name, changed[name])
        row.title = _titled(row.title)
        if doing.review.word is ReviewState.CLOSED and row.lacks:
            raise Refused(
                "ownerless",
                f"“{row.title}” would have no {row.lacks}.",
                "After closing, give it to somebody.",
            )
        settled = row.state != ItemState.OPEN
        row.settled_at = (row.settled_at or doing.now) if settled else None
        state.set_reminder(row)
        row.save()
        verb = {"done": "did", "dropped": "dropped"}.get(row.state, "changed")
        doing.say(
            "review.item_changed", f"{doing.person} {verb} the action item “{row.title}”.", **_told(row)
        )
        return row


def _told(item: ActionItem) -> dict[str, Any]:
    return {
        "item": item.pk, "item_title": item.title, "item_state": str(item.state),
        "owner": str(item.owner or ""), "due_on": str(item.due_on or ""),
    }  # fmt: skip


def _titled(title: str) -> str:
    words = title.strip()
    if not words or len(words) > 300:
        raise Refused("no_words", "It needs a title of at most 300 characters.", "Write one.")
    return words


def add_lesson(
    *, review: str, title: str, services: Sequence[str], actor: Actor, face: Face,
    key: ClientKey | None = None, text: str = "", public: bool = False,
) -> Lesson:  # fmt: skip
    """Attaches a lesson to services, until the review is reviewed."""
    with entered(review, actor, face, key) as doing:
        _require_unfrozen(doing)
        chosen = _services(services)
        lesson = Lesson.objects.create(
            review=doing.review, title=_titled(title)[:200], text=text.strip(), public=public, at=doing.now
        )
        lesson.services.set(chosen)
        names = ", ".join(service.name for service in chosen)
        sentence = f"{doing.person} wrote a lesson for {names}: “{lesson.title}”."
        doing.say("review.lesson_added", sentence, lesson=lesson.pk, services=list(services))
        return lesson


def change_lesson(
    *, review: str, lesson: int, title: str, services: Sequence[str], actor: Actor, face: Face,
    key: ClientKey | None = None, text: str = "", public: bool = False,
) -> Lesson:  # fmt: skip
    """Writes a lesson anew, until the review is reviewed."""
    with entered(review, actor, face, key) as doing:
        _require_unfrozen(doing)
        row = Lesson.objects.select_for_update().get(pk=lesson, review=doing.review)
        row.title, row.text, row.public = _titled(title)[:200], text.strip(), public
        row.save()
        row.services.set(_services(services))
        doing.say(
            "review.lesson_changed", f"{doing.person} wrote the lesson “{row.title}” anew.", lesson=row.pk
        )
        return row


def remove_lesson(
    *, review: str, lesson: int, actor: Actor, face: Face, key: ClientKey | None = None
) -> None:
    """Takes a lesson back, until the review is reviewed."""
    with entered(review, actor, face, key) as doing:
        _require_unfrozen(doing)
        row = Lesson.objects.select_for_update().get(pk=lesson, review=doing.review)
        doing.say(
            "review.lesson_removed", f"{doing.person} took the lesson “{row.title}” back.", lesson=row.pk
        )
        row.delete()


def _require_unfrozen(doing: Doing) -> None:
    require_edit(doing.person, doing.review, doing.roles)
    require_state(doing.review, *UNFROZEN)


def _services(slugs: Sequence[str]) -> list[Service]:
    found = list(Service.objects.filter(slug__in=list(slugs)).order_by("slug"))
    missing = sorted(set(slugs) - {service.slug for service in found})
    if missing or not found:
        said = f"There is no service {', '.join(missing)}." if missing else "A lesson belongs to a service."
        raise Refused("unknown", said, "Name services of the catalog.")
    return found
