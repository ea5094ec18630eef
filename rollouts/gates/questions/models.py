"""Who may see the badges of a contract without signing in."""

from django.db import models

from rollouts.contracts.models import Contract


class BadgeKey(models.Model):
    """Whoever has the key sees the badges of the contract. Another key closes the old addresses."""

    contract = models.OneToOneField(Contract, on_delete=models.CASCADE, related_name="badge_key")
    key = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"Badges of {self.contract_id}"
