"""Find anything: one field, the hits of every package, in page and API."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rollouts.dashboard.standing import person_of
from rollouts.lib import search as registry
from rollouts.lib.clock import database_now

LIMIT = 10
LONGEST = 100


def hits(person: Any, text: str) -> list[registry.Hit]:
    """What is found, by finder; NUL never reaches the database, which would refuse it."""
    cleaned = text.replace("\x00", "")[:LONGEST]
    return [hit for found in registry.find(person, cleaned, LIMIT).values() for hit in found]


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The page: `?q=`."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = hits(person_of(request), text)
    context = {"text": text, "hits": found, "now": database_now(), "nav": "search"}
    return render(request, "dashboard/search.html", context)
