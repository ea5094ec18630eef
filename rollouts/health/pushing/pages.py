"""A source of kind push on its page: where to push, with an example."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rollouts.health.models import Source
from rollouts.health.sources.protocol import aligned

EXAMPLE = """curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '{{"measurements": [{{"service": "orders", "version": "3.0.0", "signal": "errors",
       "start": "{start}", "bad": 2, "total": 400}}]}}' \\
  {url}"""


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
