"""Tokens by which services ask about flags."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment, Service


class ServiceTokenQuerySet(models.QuerySet["ServiceToken"]):
    def live(self) -> Self:
        """Tokens that still open the flags' door."""
        return self.filter(revoked_at__isnull=True, service__gone_at__isnull=True)


class ServiceToken(models.Model):
    """A credential of one service: hashed, shown once. Answers name the service from it as `consumer`.

    `environment` says where the holder runs; without one the newest rollout with the flag governs.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="flag_tokens")
    environment = models.ForeignKey(
        Environment,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="flag_tokens",
        verbose_name=_("environment"),
    )
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    issued_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceTokenQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["service"], name="flag_token_live", condition=Q(revoked_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.service} ({self.hint}…)"
