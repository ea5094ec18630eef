"""Addresses that catalog files are asked from, and what each origin listed."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Team


class Listed(models.Model):
    """What one origin of files lists: an address, or a file that somebody applies again and again.

    `brought`: it was not in the catalog before, so that it ends with the last origin that lists it.
    """

    origin = models.CharField(max_length=200)
    section = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    brought = models.BooleanField(default=False)
    listed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "section", "name"], name="listed_once")]
        indexes = [models.Index(fields=["section", "name"], name="listed_by_name")]

    def __str__(self) -> str:
        return f"{self.name} in {self.section} of {self.origin}"


class ImportQuerySet(models.QuerySet["Import"]):
    def due(self, now: object) -> Self:
        """Those whose address is to be asked."""
        return self.filter(enabled=True, due_at__lte=now).order_by("due_at", "pk")


class Import(models.Model):
    """A catalog file at an address that is asked on a schedule, within a time limit and a bound of size.

    `access` is an encrypted bearer token. `etag` and `modified` are those of the file that was applied last,
    so that one which did not change is not sent again. `report` is what the last change did. The team is told
    once when it begins to fail, and once when it is over.
    """

    slug = models.SlugField(max_length=60, unique=True)
    address = models.URLField(_("address"), max_length=500)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="imports", verbose_name=_("owning team")
    )
    every_minutes = models.PositiveIntegerField(
        _("asked every so many minutes"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(10_080)],
    )
    access = models.TextField(blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    due_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    modified = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    failing_told_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(every_minutes__gte=5, every_minutes__lte=10_080),
                name="import_every_5_min_to_a_week",
                violation_error_message=_("Ask every 5 minutes at most, and once a week at least."),
            )
        ]
        indexes = [models.Index("due_at", name="import_due", condition=Q(enabled=True, due_at__isnull=False))]

    def __str__(self) -> str:
        return self.slug

    @property
    def stream(self) -> str:
        """The key of its event stream."""
        return f"import:{self.slug}"

    @property
    def origin(self) -> str:
        """What it is called beside what it listed."""
        return f"import:{self.slug}"
