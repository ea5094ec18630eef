"""How often the door refused, and rollouts that wait to be judged."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class RefusedCount(models.Model):
    """Refusals of one command for one reason, over all processes, since the installation began.

    For `/metrics`: a refusal changes nothing else and stands in no log.
    """

    action = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    many = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "code"], name="refusals_counted_once")]

    def __str__(self) -> str:
        return f"{self.action} refused as {self.code}: {self.many}"


class Batch(models.Model):
    """Rollouts that one worker judges in one transaction; gone once it has.

    Nobody has taken it while `tries` is 0; then it is free again at `due_at`.
    """

    rollouts = ArrayField(models.BigIntegerField())
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{len(self.rollouts)} rollouts to judge"
