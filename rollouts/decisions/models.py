"""How often the door refused, for `/metrics`: a refusal changes nothing else and stands in no log."""

from django.db import models


class RefusedCount(models.Model):
    """Refusals of one command for one reason, over all processes, since the installation began."""

    action = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    many = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "code"], name="refusals_counted_once")]

    def __str__(self) -> str:
        return f"{self.action} refused as {self.code}: {self.many}"
