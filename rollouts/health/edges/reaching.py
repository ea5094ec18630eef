"""How far one service reaches, on a page: who relies on it by any way, what it relies on, all around it."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from rollouts.catalog.models import Environment, Service
from rollouts.health.edges.closure import closure
from rollouts.health.edges.reach import Direction

PAGE = 50
DEEPEST = 10
TEAMS = 12
TITLES = {
    Direction.UP: gettext_lazy("Who relies on it"),
    Direction.DOWN: gettext_lazy("What it relies on"),
    Direction.AROUND: gettext_lazy("All around it"),
}


class ReachForm(forms.Form):
    """Where, in which direction, how far, and of which tier."""

    environment = forms.ChoiceField(label=gettext_lazy("Environment"), required=False)
    depth = forms.TypedChoiceField(
        label=gettext_lazy("Steps away"),
        coerce=int,
        required=False,
        empty_value=None,
        choices=[("", gettext_lazy("without an end")), *((str(n), str(n)) for n in range(1, DEEPEST + 1))],
    )
    tier = forms.TypedChoiceField(
        label=gettext_lazy("Tier"),
        coerce=int,
        required=False,
        empty_value=None,
        choices=[("", gettext_lazy("All")), *((str(n), str(n)) for n in range(5))],
    )

    def __init__(self, given: Any, environments: list[Environment]) -> None:
        super().__init__(given)
        self.fields["environment"].choices = [(one.slug, one.name) for one in environments]  # type: ignore[attr-defined]


@login_required
@require_safe
def reach(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; who relies on it is what is shown first."""
    service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    environments = list(Environment.objects.order_by("-production", "order", "pk"))
    form = ReachForm(request.GET, environments)
    form.is_valid()
    given = form.cleaned_data
    here = next((one for one in environments if one.slug == given.get("environment")), None)
    here = here or (environments[0] if environments else None)
    asked = request.GET.get("direction", "")
    direction = Direction(asked) if asked in {one.value for one in Direction} else Direction.UP
    number = request.GET.get("page", "1")
    offset = (max(1, int(number)) - 1) * PAGE if number.isdecimal() and len(number) < 6 else 0
    found = closure(
        service,
        here.slug if here else "",
        direction,
        depth=given.get("depth") or 0,
        tier=given.get("tier"),
        offset=offset,
        limit=PAGE,
    )
    filters = {"environment": here.slug if here else ""}
    filters |= {name: str(given[name]) for name in ("depth", "tier") if given.get(name) not in (None, "", 0)}
    context = {
        "service": service,
        "environment": here,
        "form": form,
        "direction": direction,
        "tabs": [
            (one, TITLES[one], f"?{urlencode({**filters, 'direction': one.value})}") for one in Direction
        ],
        "found": found,
        "teams": list(found.teams.items())[:TEAMS],
        "page": Paginator(range(found.fitting), PAGE).get_page(number),
        "query": urlencode({**filters, "direction": direction.value}),
        "nav": "services",
    }
    return render(request, "health/reach.html", context)
