"""Public addresses inside Django: without the wrapper, and for what it does not know yet.

No models, no session, no user, no database of the request's own.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from rollouts.statuspages.answering import answer
from rollouts.statuspages.store import store


@require_safe
def page(request: HttpRequest, **_slugs: str) -> HttpResponse:
    """The page at this address, after one short look for something newer."""
    store.look()
    found = answer(
        store,
        request.path_info,
        query=request.META.get("QUERY_STRING", ""),
        if_none_match=request.headers.get("If-None-Match", ""),
    )
    if found is None:
        return HttpResponse(render_to_string("statuspages/nothing.html"), status=404)
    return HttpResponse(found.body, status=found.status, headers=dict(found.headers))
