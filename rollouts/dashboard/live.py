"""Panels drawn whole or alone. One that asks again sends what it shows and gets 204 if that still holds."""

import hashlib
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from rollouts.lib.panels import Panel

UNSEEN = "what-it-shows"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def draw(request: HttpRequest, slug: str, panel: Panel, context: dict[str, Any]) -> tuple[SafeString, str]:
    """A panel's markup and the fingerprint of what it shows, which its next question carries.

    The fingerprint leaves out the form token, which differs in every drawing.
    """
    url = reverse("dashboard:panel", args=[slug, panel.name])
    given = {**context, "panel_name": panel.name, "live_url": f"{url}?seen={UNSEEN}"}
    markup = render_to_string(panel.template, given, request=request)
    shown = hashlib.sha256(TOKEN.sub("", markup).encode()).hexdigest()[:16]
    return mark_safe(markup.replace(UNSEEN, shown)), shown  # noqa: S308 - a template made it


def answer(request: HttpRequest, slug: str, panel: Panel, context: dict[str, Any]) -> HttpResponse:
    """The panel, or 204 when the reader sees this already."""
    markup, shown = draw(request, slug, panel, context)
    if request.GET.get("seen") == shown:
        return HttpResponse(status=204)
    return HttpResponse(markup)
