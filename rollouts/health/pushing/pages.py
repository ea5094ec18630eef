"""A source of kind push on its page: its form, and where to push with an example."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from rollouts.catalog.models import Environment
from rollouts.health.models import Source
from rollouts.health.sources.protocol import aligned
from rollouts.lib.editing import SlugField

EXAMPLE = """curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{{"measurements": [{{"service": "orders", "version": "3.0.0", "signal": "errors",
       "start": "{start}", "bad": 2, "total": 400}}]}}' \\
  {url}"""


class PushForm(forms.Form):
    """A source that is pushed to, as the catalog's file has it."""

    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    environment = forms.ChoiceField(label=gettext_lazy("Environment that it measures"))
    team = forms.ChoiceField(label=gettext_lazy("Owning team"))
    window_s = forms.IntegerField(
        label=gettext_lazy("Seconds in a window"),
        min_value=1,
        max_value=3600,
        initial=60,
        help_text=gettext_lazy("The same for all sources of an environment. Judges count windows."),
    )
    delay_s = forms.IntegerField(
        label=gettext_lazy("Seconds to wait for a push"),
        min_value=0,
        max_value=3600,
        required=False,
        help_text=gettext_lazy(
            "After the end of a window, before it is closed. Default 30, at most a window."
        ),
    )

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        environments = Environment.objects.order_by("order", "slug").values_list("slug", "name")
        self.fields["environment"].choices = list(environments)  # type: ignore[attr-defined]
        self.fields["team"].choices = teams  # type: ignore[attr-defined]


def initial(row: Source) -> dict[str, Any]:
    """What the form of a source shows first."""
    return {
        "name": row.slug,
        "title": row.name,
        "environment": row.environment.slug,
        "team": row.team.slug,
        "window_s": row.window_s,
        "delay_s": row.delay_s,
    }


def where(request: HttpRequest, row: Source, now: datetime) -> dict[str, str]:
    """Where to push, and an example that can be copied."""
    counts = request.build_absolute_uri(reverse("api:source-measurements", args=[row.slug]))
    metrics = request.build_absolute_uri(reverse("api:source-otlp", args=[row.slug]))
    start = aligned(now, row.window_s).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"counts": EXAMPLE.format(start=start, url=counts), "otlp": metrics}
