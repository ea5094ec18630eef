"""Panels drawn whole or alone. One that asks again sends what it shows and gets 204 if that still holds.

A panel that raises costs that panel only: it says so in its place, and asks again like the others.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from rollouts.lib.panels import Panel

logger = logging.getLogger(__name__)

UNSEEN = "what-it-shows"
FLEETING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|<time[^>]* data-live-at>[^<]*</time>')
BROKEN = "dashboard/panels/broken.html"


@dataclass(frozen=True)
class Place:
    """Where a panel stands: what it is about, its own address, the page's, and the time of both."""

    subject: Any
    url: str
    page: str
    now: datetime


def draw(request: HttpRequest, panel: Panel, place: Place) -> tuple[SafeString, str]:
    """A panel's markup and the fingerprint of what it shows, which its next question carries.

    The fingerprint leaves out the form token and the time of the data, which differ in every drawing.
    """
    mark = "&" if "?" in place.url else "?"
    given = {"panel_name": panel.name, "live_url": f"{place.url}{mark}seen={UNSEEN}", "now": place.now}
    try:
        fed = {**panel.context(request, place.subject), **given}
        markup = render_to_string(panel.template, fed, request=request)
    except (Http404, PermissionDenied):
        raise
    except Exception:
        logger.exception("dashboard.panel_failed: %s at %s", panel.name, place.page)
        said = {"announce": _("A part of this page could not be shown."), "dock": panel.place == "dock"}
        markup = render_to_string(BROKEN, {**said, **given, "page": place.page}, request=request)
    shown = hashlib.sha256(FLEETING.sub("", markup).encode()).hexdigest()[:16]
    return mark_safe(markup.replace(UNSEEN, shown)), shown  # noqa: S308 - a template made it


def answer(request: HttpRequest, panel: Panel, place: Place) -> HttpResponse:
    """The panel, or 204 when the reader sees this already."""
    markup, shown = draw(request, panel, place)
    if request.GET.get("seen") == shown:
        return HttpResponse(status=204)
    return HttpResponse(markup)
