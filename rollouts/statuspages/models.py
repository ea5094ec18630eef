"""Status sites, what rollouts tell on them, what readers answer, and the pages' bytes."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.plans.models import Rollout
from rollouts.statuspages.values import FeedbackKind


class Site(models.Model):
    """A status site: which rollouts it shows, under which name, in which time zone.

    Without services it shows every rollout that may be shown.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    lede = models.TextField(_("introduction"), blank=True)
    zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    default = models.BooleanField(_("shown at /status/"), default=False)
    services = models.ManyToManyField(
        Service, blank=True, related_name="status_sites", verbose_name=_("services")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["default"], condition=Q(default=True), name="site_one_default")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> str:
        return f"/status/{self.slug}/"


class PublicationQuerySet(models.QuerySet["Publication"]):
    def to_render(self, now: datetime) -> Self:
        """Rollouts whose public page changes by the clock."""
        return self.filter(render_due_at__lte=now).order_by("render_due_at", "pk")

    def to_ask(self, now: datetime) -> Self:
        """Rollouts whose owner owes an update."""
        return self.filter(update_due_at__lte=now).order_by("update_due_at", "pk")


class Publication(models.Model):
    """What the clock owes the readers of one rollout: fresh pages, and words from its owner.

    `draft` was made from the log when the owner was last asked. `summary` is what indexes say of it, None
    where it is not listed.
    """

    rollout = models.OneToOneField(Rollout, on_delete=models.CASCADE, related_name="publication")
    summary = models.JSONField(null=True, blank=True)
    render_due_at = models.DateTimeField(null=True, blank=True)
    update_due_at = models.DateTimeField(null=True, blank=True)
    update_every = models.DurationField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    draft = models.TextField(blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "render_due_at", name="publication_render", condition=Q(render_due_at__isnull=False)
            ),
            models.Index(
                "update_due_at", name="publication_update", condition=Q(update_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"publication of {self.rollout_id}"


class Update(models.Model):
    """What the owner of a rollout told; on the public page only if it was chosen."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="updates")
    text = models.TextField(_("update"))
    author_ref = models.CharField(max_length=40)
    author_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    public = models.BooleanField(_("on the public page"), default=False)

    class Meta:
        indexes = [models.Index(fields=["rollout", "-at"], name="update_newest")]

    def __str__(self) -> str:
        return f"update of {self.at:%Y-%m-%d %H:%M}"


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def open(self) -> Self:
        """What nobody has answered yet."""
        return self.filter(answered_at__isnull=True)


class Feedback(models.Model):
    """What a reader wrote; a concern says that it stops their work. `key` opens the answer to its writer.

    On the public page only if whoever answered it chose so.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="feedback")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback")
    kind = models.CharField(max_length=10, choices=FeedbackKind.choices(), default=FeedbackKind.FEEDBACK)
    name = models.CharField(_("your name"), max_length=120, blank=True)
    contact = models.CharField(_("how to reach you"), max_length=200, blank=True)
    text = models.TextField(_("what you see or need"))
    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.CharField(max_length=120, blank=True)
    answered_by_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="feedback_answered"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    public = models.BooleanField(_("on the public page"), default=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | ~Q(answer=""), name="feedback_answered_has_words"
            )
        ]
        indexes = [
            models.Index(fields=["rollout", "-at"], name="feedback_newest"),
            models.Index(fields=["rollout"], name="feedback_open", condition=Q(answered_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.at:%Y-%m-%d %H:%M}"


class Snapshot(models.Model):
    """The bytes of one public address, numbered: the truth that every web process keeps a copy of.

    `status` is 404 for an address that shows nothing any more. With `key_digest` it opens only to a link
    with that key, until `expires_at`. Written under one lock, so that a later row is never older.
    """

    site = models.CharField(max_length=60)
    path = models.CharField(max_length=200)
    version = models.PositiveBigIntegerField()
    status = models.PositiveSmallIntegerField(default=200)
    content_type = models.CharField(max_length=80)
    etag = models.CharField(max_length=40)
    body = models.BinaryField()
    key_digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["path", "version"], name="snapshot_version_once")]

    def __str__(self) -> str:
        return f"{self.path} version {self.version}"
