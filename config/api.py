"""The front of the API: what there is, for people and for programs, and answers to what there is not."""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from rollouts.lib.problems import MEDIA_TYPE, REMEDIES

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one address, in the words of its own documentation. `needs`: not without a parameter."""

    method: str
    address: str
    says: str
    asks: tuple[str, ...]
    needs: bool = False

    @property
    def subject(self) -> str:
        """What it is about: the first word of its address."""
        return self.address.removeprefix("/api/v1/").split("/")[0]


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the API, as its schema has them: by address, reading first."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    paths: dict[str, dict[str, Any]] = schema["paths"]
    return tuple(
        _operation(method, address, verbs[method])
        for address, verbs in sorted(paths.items())
        for method in METHODS
        if method in verbs
    )


def _operation(method: str, address: str, told: dict[str, Any]) -> Operation:
    asks = tuple(each["name"] for each in told.get("parameters", ()) if each["in"] == "query")
    says = told.get("summary") or told.get("description", "").strip().split("\n\n")[0]
    needs = any(each.get("required") for each in told.get("parameters", ()) if each["in"] == "query")
    return Operation(method.upper(), address, says, asks, needs)


@require_safe
def index(_request: HttpRequest) -> HttpResponse:
    """Where the lists are, for programs that begin at the beginning; nothing in it is secret."""
    lists = {
        each.subject: each.address
        for each in operations()
        if each.method == "GET" and each.address == f"/api/v1/{each.subject}/" and not each.needs
    }
    return JsonResponse(
        {"schema": reverse("api-schema"), "reference": reverse("api-reference"), "lists": lists}
    )


@require_safe
@login_required
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation on one page."""
    groups = [(subject, list(rows)) for subject, rows in groupby(operations(), lambda each: each.subject)]
    return render(request, "api.html", {"groups": groups, "count": len(operations())})


@csrf_exempt
def missing(_request: HttpRequest, rest: str) -> HttpResponse:
    """No operation has this address."""
    status = HTTPStatus.NOT_FOUND
    return JsonResponse(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "code": "not_found",
            "detail": f"There is nothing at /api/v1/{rest}.",
            "remedy": f"{REMEDIES[404]} GET /api/v1/ lists what there is; addresses end in a slash.",
        },
        status=status,
        content_type=MEDIA_TYPE,
    )
