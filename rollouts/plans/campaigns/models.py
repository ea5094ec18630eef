"""A contract's move from one version to another, followed over several rollouts."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from rollouts.contracts.models import Contract


class Campaign(models.Model):
    """Every rollout with a change of this contract from the old version to the new belongs to it."""

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="campaigns")
    old = models.CharField(max_length=60)
    new = models.CharField(max_length=60)
    note = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "old", "new"], name="campaign_once"),
            models.CheckConstraint(condition=~Q(old=F("new")), name="campaign_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.old} to {self.new}"

    def get_absolute_url(self) -> str:
        return reverse("dashboard:campaign", args=[self.pk])
