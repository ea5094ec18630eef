"""Which part of a contract a service uses."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Service
from rollouts.contracts.values import UseSource


class Use(models.Model):
    """One part of a contract that a service uses: an operation or channel, a field, a named type, or a field
    of one of these.

    `versions` is the range in which it uses the part; empty: the consumer's own. One that was declared stays
    declared when it is seen as well; `last_seen_at` then says so.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="used")
    contract = models.ForeignKey("contracts.Contract", on_delete=models.CASCADE, related_name="used")
    operation = models.CharField(_("operation or channel"), max_length=200, blank=True)
    field = models.CharField(_("field"), max_length=200, blank=True)
    type = models.CharField(_("named type"), max_length=120, blank=True)
    versions = models.CharField(_("versions"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    source = models.CharField(
        _("known because"), max_length=8, choices=[(one.value, one.label) for one in UseSource]
    )
    first_seen_at = models.DateTimeField(_("first seen"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "contract", "operation", "field", "type"], name="use_once"
            ),
            models.CheckConstraint(
                condition=~Q(operation="", field="", type=""),
                name="use_of_something",
                violation_error_message=_("Name an operation, a field or a type."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} uses {self.part} of {self.contract_id}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells parts of one contract apart."""
        return self.operation, self.field, self.type

    @property
    def part(self) -> str:
        """The part in words: `GET /orders/{id}, Address.street`."""
        inside = ".".join(one for one in (self.type, self.field) if one)
        return ", ".join(one for one in (self.operation, inside) if one)
