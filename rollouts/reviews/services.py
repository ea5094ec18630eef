"""The door of reviews: write, submit, return, approve, close, and choose what outsiders read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit import services as audit
from rollouts.audit.services import Repeated
from rollouts.audit.values import Actor, Face
from rollouts.lib.idempotency import ClientKey
from rollouts.plans.values import RolloutState
from rollouts.reviews import state
from rollouts.reviews.models import Comment, Review, Section, SectionVersion
from rollouts.reviews.rights import Refused, person_of, require_edit, require_judge, rights_of
from rollouts.reviews.values import NEEDED, ReviewState, SectionName

__all__ = [
    "ClientKey",
    "Refused",
    "Repeated",
    "Stale",
    "approve",
    "assign",
    "close",
    "comment",
    "publish",
    "refresh_impact",
    "return_to_author",
    "say_harm",
    "save_section",
    "submit",
]

LONGEST = 40_000


class Stale(Refused):
    """Somebody saved the section meanwhile: `current` is what stands there now."""

    def __init__(self, current: Section) -> None:
        super().__init__(
            "changed",
            f"{current.edited_by} saved this section while you were writing (version {current.version}).",
            "Nothing was lost: put your words together with theirs and save again.",
        )
        self.current = current


@dataclass(frozen=True)
class Doing:
    """One change of one review: the locked row, who does it, and when."""

    review: Review
    person: Person
    roles: dict[str, set[str]]
    now: datetime
    actor: Actor
    face: Face
    key: ClientKey | None = None

    def say(self, kind: str, sentence: str, **more: Any) -> None:
        """Appends the event of this change, once; a client's key is bound to it."""
        event = state.say(self.review, kind, sentence, actor=self.actor, face=self.face, at=self.now, **more)
        audit.bind(self.key, actor=self.actor, event=event, now=self.now)


@contextmanager
def entered(review: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Iterator[Doing]:
    """The door: memberships, then the review's row, then the clock.

    Raises Review.DoesNotExist, Refused; with a key that did the same before, Repeated.
    """

    def lock() -> tuple[Review, Person, dict[str, set[str]]]:
        person = person_of(actor)
        roles = held_roles(person.pk, lock=True)
        rows = Review.objects.select_for_update(of=("self",)).select_related("rollout__team", "author")
        return rows.get(rollout__slug=review), person, roles

    with audit.door(lock) as ((row, person, roles), now):
        audit.require_new(key, actor=actor, now=now)
        yield Doing(row, person, roles, now, actor, face, key)


def require_state(review: Review, *wanted: ReviewState) -> None:
    """Raises Refused unless the review stands in one of these states."""
    if review.word not in wanted:
        names = " or ".join(each.label.lower() for each in wanted)
        raise Refused(
            "not_now", f"The review is {review.word.label.lower()}.", f"This is possible while it is {names}."
        )


def save_section(
    *, review: str, section: str, version: int, actor: Actor, face: Face, key: ClientKey | None = None,
    internal: str | None = None, public: str | None = None,
) -> Section:  # fmt: skip
    """Saves the words of a section, if `version` is the newest; None leaves a text as it is.

    Raises Stale with what stands there now, or Refused; every text that was ever saved is kept.
    """
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.DRAFT)
        row = Section.objects.select_for_update().filter(review=doing.review, name=section).first()
        if row is None:
            raise Refused(
                "unknown", f"A review has no section {section}.", f"It has {', '.join(SectionName)}."
            )
        if row.version != version:
            raise Stale(row)
        new = (row.internal if internal is None else internal.strip(),
               row.public if public is None else public.strip())  # fmt: skip
        if max(map(len, new)) > LONGEST:
            raise Refused("too_long", f"A section has at most {LONGEST} characters.", "Link to the rest.")
        if new == (row.internal, row.public):
            return row
        _write(row, new, doing)
        doing.say(
            "review.section_saved", f"{doing.person} saved “{row.word.label}” of the review.",
            section=section, version=row.version,
        )  # fmt: skip
        return row


def _write(row: Section, new: tuple[str, str], doing: Doing) -> None:
    row.internal, row.public = new
    row.version += 1
    row.edited_at, row.edited_by = doing.now, str(doing.person)
    row.save()
    SectionVersion.objects.create(
        section=row, number=row.version, internal=row.internal, public=row.public,
        author_ref=str(doing.person.pk), author_name=str(doing.person), at=doing.now,
    )  # fmt: skip


def refresh_impact(*, review: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Review:
    """Reads the numbers anew; refused once the review is reviewed."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.DRAFT, ReviewState.IN_REVIEW)
        state.remeasure(doing.review, now=doing.now)
        doing.say("review.measured", f"{doing.person} measured the impact again.")
        return doing.review


def assign(
    *,
    review: str,
    actor: Actor,
    face: Face,
    key: ClientKey | None = None,
    author: Person | None = None,
    due_at: datetime | None = None,
) -> Review:
    """Gives the review another author, or another due date."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.DRAFT)
        row, said = doing.review, []
        if author is not None and author.pk != row.author_id:
            row.author = author
            said.append(f"{author} writes the review")
        if due_at is not None and due_at != row.due_at:
            row.due_at, row.remind_due_at = due_at, (due_at if row.required else None)
            said.append(f"it is due on {due_at:%-d %B %Y}")
        if said:
            row.save()
            sentence = f"{doing.person} arranged it: {', and '.join(said)}."
            doing.say("review.assigned", sentence, due_at=row.due_at)
        return row


# --- the way of a review -------------------------------------------------------------------------


def missing(review: Review) -> list[str]:
    """The labels of needed sections that have no words yet."""
    written = set(review.sections.exclude(internal="").values_list("name", flat=True))
    return [name.label for name in NEEDED if name.value not in written]


def submit(*, review: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Review:
    """Draft → in review: asks another person to read it. Reads the numbers once more."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.DRAFT)
        if lacks := missing(doing.review):
            raise Refused("unwritten", f"No words yet: {', '.join(lacks)}.", "Write them, then submit it.")
        row = doing.review
        row.state, row.submitted_at, row.submitter_ref = (
            ReviewState.IN_REVIEW,
            doing.now,
            str(doing.person.pk),
        )
        row.save()
        state.remeasure(row, now=doing.now)
        doing.say("review.submitted", f"{doing.person} asks for the review of “{row.rollout}” to be read.")
        return row


def return_to_author(
    *, review: str, reason: str, actor: Actor, face: Face, key: ClientKey | None = None
) -> Review:
    """In review → draft, with what is to be mended; the reason stands among the comments."""
    with entered(review, actor, face, key) as doing:
        require_judge(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.IN_REVIEW)
        words = _words(reason, "Say what is to be mended.")
        doing.review.state = ReviewState.DRAFT
        doing.review.save(update_fields=["state"])
        _comment(doing, words)
        doing.say("review.returned", f"{doing.person} returned the review to its author.", reason=words)
        return doing.review


def approve(*, review: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Review:
    """In review → reviewed, by another person than its author: words and numbers are frozen."""
    with entered(review, actor, face, key) as doing:
        require_judge(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.IN_REVIEW)
        row = doing.review
        row.state, row.reviewed_at = ReviewState.REVIEWED, doing.now
        row.reviewer, row.reviewer_name = doing.person, str(doing.person)
        row.save()
        doing.say("review.approved", f"{doing.person} approved the review of “{row.rollout}”.")
        return row


def close(*, review: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Review:
    """Reviewed → closed, once the rollout has ended and every open action item has an owner and a day.

    A review that the plan does not require may be closed from draft.
    """
    with entered(review, actor, face, key) as doing:
        row = doing.review
        if not rights_of(doing.person, row, doing.roles).close:
            require_edit(doing.person, row, doing.roles)
        wanted = (ReviewState.REVIEWED,) if row.required else (ReviewState.REVIEWED, ReviewState.DRAFT)
        require_state(row, *wanted)
        if reasons := not_closable(row):
            raise Refused("not_closable", " ".join(reasons), "Then close it.")
        row.state, row.closed_at, row.remind_due_at = ReviewState.CLOSED, doing.now, None
        row.save()
        doing.say("review.closed", f"{doing.person} closed the review of “{row.rollout}”.")
        return row


def not_closable(review: Review) -> list[str]:
    """What keeps the review from being closed, besides its state."""
    found = []
    if not RolloutState(review.rollout.state).ended:
        found.append("The rollout has not ended.")
    items = [item for item in review.items.order_by("pk") if item.lacks]
    found += [f"“{item.title}” has no {item.lacks}." for item in items]
    return found


def publish(
    *, review: str, published: bool, actor: Actor, face: Face, key: ClientKey | None = None
) -> Review:
    """Shows the public version on public pages, once it is reviewed, or takes it away."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        row = doing.review
        if published:
            require_state(row, ReviewState.REVIEWED, ReviewState.CLOSED)
            if not row.sections.filter(name=SectionName.SUMMARY).exclude(public="").exists():
                raise Refused("no_words", "The summary has no public words.", "A reviewer returns it first.")
        row.published = published
        row.save(update_fields=["published"])
        verb = "published the review" if published else "took the review off the public page"
        doing.say("review.published", f"{doing.person} {verb}.", published=published)
        return row


def say_harm(*, review: str, harmful: bool, actor: Actor, face: Face, key: ClientKey | None = None) -> Review:
    """Says whether the change did harm: what gates that only observed are measured by."""
    with entered(review, actor, face, key) as doing:
        require_edit(doing.person, doing.review, doing.roles)
        require_state(doing.review, ReviewState.DRAFT, ReviewState.IN_REVIEW)
        row = doing.review
        if row.harmful is not harmful:
            row.harmful = harmful
            row.save(update_fields=["harmful"])
            said = "did harm" if harmful else "did no harm"
            doing.say("review.harm_said", f"{doing.person} says that the change {said}.", harmful=harmful)
        return row


def comment(*, review: str, text: str, actor: Actor, face: Face, key: ClientKey | None = None) -> Comment:
    """Says something about the review; whoever may see it may."""
    with entered(review, actor, face, key) as doing:
        if not Review.objects.accessible_to(doing.person).filter(pk=doing.review.pk).exists():
            raise Review.DoesNotExist
        made = _comment(doing, _words(text, "Write something."))
        doing.say(
            "review.commented", f"{doing.person} commented on the review.", text=made.text, comment=made.pk
        )
        return made


def _comment(doing: Doing, text: str) -> Comment:
    return Comment.objects.create(
        review=doing.review, author_ref=str(doing.person.pk), author_name=str(doing.person), text=text,
        at=doing.now,
    )  # fmt: skip


def _words(text: str, otherwise: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Refused("no_words", "Words are missing.", otherwise)
    return words
