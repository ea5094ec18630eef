"""Environments and services."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Team
from rollouts.lib.rows import QuickRows


class Environment(QuickRows):
    """Where versions run."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    order = models.PositiveIntegerField(_("order"), default=0)
    production = models.BooleanField(_("production"), default=False)

    def __str__(self) -> str:
        return self.name


class Service(QuickRows):
    """A thing that is rolled out. Tier 1 has the most business impact."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="services", verbose_name=_("owning team")
    )
    tier = models.PositiveSmallIntegerField(_("tier"), default=3)
    runbook = models.URLField(_("runbook"), blank=True)
    repository = models.URLField(_("repository"), blank=True)
    slack_channel = models.CharField(_("Slack channel"), max_length=80, blank=True)
    public_name = models.CharField(_("public name"), max_length=120, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__gte=0, tier__lte=4),
                name="service_tier_0_to_4",
                violation_error_message=_("A tier is a number from 0 to 4."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dashboard:service", args=[self.slug])
