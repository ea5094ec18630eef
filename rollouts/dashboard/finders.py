"""What the dashboard finds for the packages below it: rollouts, services, contracts, teams and more."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Service
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import elements_named, holders
from rollouts.lib.search import Finder, Hit
from rollouts.plans.models import Rollout


def rollouts(person: Person, text: str, limit: int) -> list[Hit]:
    """Rollouts that the person may see, by title, slug, or the services that they change."""
    named = Q(title__icontains=text) | Q(slug__icontains=text)
    touching = Q(changes__service__slug__icontains=text) | Q(changes__flag__icontains=text)
    seen = Rollout.objects.accessible_to(person).filter(named | touching).values("pk")
    rows = Rollout.objects.filter(pk__in=seen).select_related("environment").order_by("-created_at", "-pk")
    return [
        Hit(row.title, row.get_absolute_url(), _("Rollout"), row.environment.name, row.state)
        for row in rows[:limit]
    ]


def services(_person: Person, text: str, limit: int) -> list[Hit]:
    """Services by name, slug or description."""
    rows = Service.objects.filter(
        Q(name__icontains=text) | Q(slug__icontains=text) | Q(description__icontains=text)
    )
    found = rows.filter(gone_at__isnull=True).select_related("team").order_by("tier", "name", "pk")
    return [
        Hit(
            row.name,
            row.get_absolute_url(),
            _("Service"),
            _("Tier %(tier)s, %(team)s") % {"tier": row.tier, "team": row.team.name},
        )
        for row in found[:limit]
    ]


def contracts(_person: Person, text: str, limit: int) -> list[Hit]:
    """Contracts by name."""
    rows = Contract.objects.filter(Q(name__icontains=text) | Q(slug__icontains=text), gone_at__isnull=True)
    found = rows.select_related("provider").order_by("slug", "pk")
    return [
        Hit(row.name, reverse("contracts:contract", args=[row.slug]), _("Contract"), row.provider.name)
        for row in found[:limit]
    ]


def elements(_person: Person, text: str, limit: int) -> list[Hit]:
    """Endpoints, channels, types and fields that documents of contracts name."""
    rows = list(elements_named(text)[:limit])
    versions = holders(rows)
    found = []
    for row in rows:
        version = versions[row.document_id][-1]
        address = reverse("contracts:document", args=[version.contract.slug, version.version])
        href = f"{address}?{urlencode({'q': text})}"
        found.append(Hit(row.part, href, _("Endpoint or field"), f"{version.contract} {version.version}"))
    return found


def teams(_person: Person, text: str, limit: int) -> list[Hit]:
    """Teams by name, or by a member's."""
    named = Q(name__icontains=text) | Q(slug__icontains=text)
    inside = Team.objects.filter(named | Q(members__name__icontains=text)).values("pk")
    found = Team.objects.filter(pk__in=inside).select_related("on_call").order_by("name", "pk")
    return [
        Hit(
            row.name,
            reverse("accounts:team", args=[row.slug]),
            _("Team"),
            _("%(name)s is on call") % {"name": row.on_call.name} if row.on_call else "",
        )
        for row in found[:limit]
    ]


OWN: dict[str, Finder] = {
    "rollouts": rollouts,
    "services": services,
    "contracts": contracts,
    "elements": elements,
    "teams": teams,
}
