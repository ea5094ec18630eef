"""Reviews with their sections, the versions of their words, action items, lessons and comments."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.plans.models import Rollout
from rollouts.reviews.values import ItemKind, ItemState, ReviewState, SectionName

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ReviewQuerySet(models.QuerySet["Review"]):
    def accessible_to(self, person: Person) -> Self:
        """Reviews of rollouts that this person may see."""
        return self.filter(rollout__in=Rollout.objects.accessible_to(person).values("pk"))

    def open(self) -> Self:
        return self.exclude(state=ReviewState.CLOSED)

    def due(self, now: datetime) -> Self:
        """Reviews of which somebody is to be reminded."""
        return self.filter(remind_due_at__lte=now).order_by("remind_due_at", "pk")


class Review(models.Model):
    """What was learned from one rollout; it has one at most.

    `required`: it takes words and a second person before it can be closed. `harmful`: whether the change
    did harm, by its author; None while nobody said. `impact` is what was measured, as
    `impact.reading.measure` returns it; it is frozen with the words.
    """

    rollout = models.OneToOneField(Rollout, on_delete=models.CASCADE, related_name="review")
    cause = models.CharField(max_length=12)
    required = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=ReviewState.choices(), default=ReviewState.DRAFT)
    author = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="reviews_written"
    )
    submitter_ref = models.CharField(max_length=40, blank=True)
    reviewer = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="reviews_approved"
    )
    reviewer_name = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField(_("due"))
    remind_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    published = models.BooleanField(_("shown on public pages"), default=False)
    harmful = models.BooleanField(_("whether the change did harm"), null=True, blank=True)
    impact = models.JSONField(default=dict)
    measured_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    if TYPE_CHECKING:
        sections: RelatedManager["Section"]
        items: RelatedManager["ActionItem"]
        lessons: RelatedManager["Lesson"]
        comments: RelatedManager["Comment"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ReviewState]), name="review_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(reviewer__isnull=True) | Q(author__isnull=True) | ~Q(reviewer=models.F("author")),
                name="review_by_another_than_its_author",
            ),
        ]
        indexes = [
            models.Index("remind_due_at", name="review_due", condition=Q(remind_due_at__isnull=False)),
            models.Index(fields=["state", "due_at"], name="review_by_state"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.rollout}"

    def get_absolute_url(self) -> str:
        return reverse("reviews:review", args=[self.rollout.slug])

    @property
    def word(self) -> ReviewState:
        return ReviewState(self.state)


class Section(models.Model):
    """One part that people write, inside and for outsiders. `version` counts its saves."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="sections")
    name = models.CharField(max_length=12, choices=SectionName.choices())
    internal = models.TextField(blank=True)
    public = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.CharField(max_length=120, blank=True)

    if TYPE_CHECKING:
        versions: RelatedManager["SectionVersion"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "name"], name="section_once_per_review")]

    def __str__(self) -> str:
        return f"{self.word.label} of {self.review_id}"

    @property
    def word(self) -> SectionName:
        return SectionName(self.name)


class SectionVersion(models.Model):
    """The words of a section as they were saved once: nothing that was written is lost."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    internal = models.TextField(blank=True)
    public = models.TextField(blank=True)
    author_ref = models.CharField(max_length=40)
    author_name = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "number"], name="section_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of section {self.section_id}"


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def due(self, now: datetime) -> Self:
        """Items of which the owner is to be reminded, also after the review is closed."""
        return self.filter(state=ItemState.OPEN, remind_due_at__lte=now).order_by("remind_due_at", "pk")

    def open(self) -> Self:
        return self.filter(state=ItemState.OPEN)


class ActionItem(models.Model):
    """What somebody will do by a day."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="items")
    title = models.CharField(_("what"), max_length=300)
    kind = models.CharField(max_length=10, choices=ItemKind.choices(), default=ItemKind.PREVENT)
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items"
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    state = models.CharField(max_length=8, choices=ItemState.choices(), default=ItemState.OPEN)
    link = models.URLField(_("link"), max_length=500, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    remind_due_at = models.DateTimeField(null=True, blank=True)

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("remind_due_at", name="action_item_due", condition=Q(remind_due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def lacks(self) -> str:
        """What is missing before the review can be closed: owner, date, or nothing."""
        if self.state != ItemState.OPEN:
            return ""
        return "owner" if self.owner_id is None else ("date" if self.due_on is None else "")


class Lesson(models.Model):
    """What the next author should do differently; shown when a later plan touches one of its services."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="lessons")
    title = models.CharField(_("lesson"), max_length=200)
    text = models.TextField(_("what the next author should do"), blank=True)
    services = models.ManyToManyField(Service, related_name="lessons")
    public = models.BooleanField(_("shown on public pages"), default=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class Comment(models.Model):
    """What somebody said about the review; a reviewer's reason for returning it is one."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="comments")
    author_ref = models.CharField(max_length=40)
    author_name = models.CharField(max_length=120)
    text = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.author_name} at {self.at}"
