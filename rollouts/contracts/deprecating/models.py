"""What is announced about the end of a version, and who was reminded of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Deprecation(models.Model):
    """Beside the version's own dates: since when its end was announced, what follows, how to move."""

    version = models.OneToOneField(
        "contracts.ContractVersion", on_delete=models.CASCADE, related_name="deprecation"
    )
    announced_on = models.DateField(_("announced on"), null=True, blank=True)
    successor = models.ForeignKey(
        "contracts.ContractVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="succeeds",
        verbose_name=_("successor"),
    )
    notes = models.TextField(_("how to move"), blank=True)
    link = models.URLField(_("page about it"), max_length=500, blank=True)

    def __str__(self) -> str:
        return f"End of version {self.version_id}"


class Reminded(models.Model):
    """That owners of consumers were told how many days are left; another sunset is told anew."""

    version = models.ForeignKey(
        "contracts.ContractVersion", on_delete=models.CASCADE, related_name="reminded"
    )
    sunset_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "sunset_on", "days"], name="reminded_once")]

    def __str__(self) -> str:
        return f"{self.days} days before {self.sunset_on}"
