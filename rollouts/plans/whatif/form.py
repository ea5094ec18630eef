"""What may be asked: read from an address, the body of a request or the command, with what is wrong."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.plans.whatif.asking import Question, served

DAY = forms.DateInput(attrs={"type": "date"})


def _listed(name: str) -> forms.TextInput:
    """A text for which the page proposes what is in the list of this name."""
    return forms.TextInput(attrs={"list": name, "autocomplete": "off"})


class WhatIfForm(forms.Form):
    """Which service, which version of which of its contracts, where, and from which day on."""

    service = forms.CharField(label=gettext_lazy("Service"), max_length=80, widget=_listed("services"))
    contract = forms.CharField(
        label=gettext_lazy("Contract"), max_length=80, required=False,
        help_text=gettext_lazy("One that the service provides; none: a new build alone."),
    )  # fmt: skip
    version = forms.CharField(
        label=gettext_lazy("New version"), max_length=60, required=False,
        help_text=gettext_lazy("The version of the contract that it moves to."),
    )  # fmt: skip
    old = forms.CharField(
        label=gettext_lazy("From version"), max_length=60, required=False,
        help_text=gettext_lazy("Left out: the newest that is active."),
    )  # fmt: skip
    environment = forms.CharField(
        label=gettext_lazy("Environment"), max_length=80, required=False, widget=_listed("environments"),
        help_text=gettext_lazy("Left out: the first that is production."),
    )  # fmt: skip
    on = forms.DateField(
        label=gettext_lazy("Begins on"), required=False, widget=DAY, help_text=gettext_lazy("Left out: now.")
    )

    def clean(self) -> dict[str, object]:
        given: dict[str, object] = super().clean() or {}
        service = Service.objects.filter(slug=given.get("service"), gone_at__isnull=True).first()
        if service is None:
            self._say("service", _("There is no such service."))
            return given
        environments = Environment.objects.order_by("-production", "order", "pk")
        if named := given.get("environment"):
            environments = environments.filter(slug=named)
        there = environments.first()
        if there is None:
            self._say("environment", _("There is no such environment."))
            return given
        contract = self._contract(service, given)
        if self.errors:
            return given
        version = str(given.get("version") or "")
        self.question = Question(
            service,
            there,
            _start(given.get("on")),
            contract,
            (str(given.get("old") or "") or served(contract, version)) if contract else "",
            version,
        )
        if contract is not None and not self.question.old:
            self._say("old", _("No other version of it is served. Name the one that it moves from."))
        return given

    def _contract(self, service: Service, given: Mapping[str, object]) -> Contract | None:
        """The contract that is named, with the versions that are. Nothing is named: None."""
        slug, version = given.get("contract"), given.get("version")
        if not slug:
            if version:
                self._say("contract", _("Name the contract that the version is of."))
            return None
        contract = Contract.objects.filter(slug=slug, provider=service, gone_at__isnull=True).first()
        if contract is None:
            self._say("contract", _("The service provides no such contract."))
            return None
        known = set(contract.versions.filter(gone_at__isnull=True).values_list("version", flat=True))
        if not version:
            self._say("version", _("Name the version that it moves to."))
        for field in ("version", "old"):
            if given.get(field) and given[field] not in known:
                listed = ", ".join(sorted(known)[:12]) or _("none")
                self._say(field, _("There is no such version. Known: %(known)s.") % {"known": listed})
        return contract

    def _say(self, field: str, message: str) -> None:
        if field not in self.errors:
            self.add_error(field, message)


def _start(day: object) -> datetime:
    """The beginning of the day; none: long ago, so that it begins now."""
    if isinstance(day, date):
        return datetime.combine(day, time.min, UTC)
    return datetime.min.replace(tzinfo=UTC)
