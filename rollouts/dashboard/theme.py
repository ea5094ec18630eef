"""Light, dark, or as the system: the reader's choice, in a cookie that scripts may read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

CHOICES = ("system", "light", "dark")
YEAR_S = 365 * 24 * 3600


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the choice and goes back to where it was made."""
    chosen = request.POST.get("theme", "")
    if chosen not in CHOICES:
        return HttpResponseBadRequest(_("The theme is one of system, light and dark."))
    back = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if ours else "/")
    if chosen == "system":
        answer.delete_cookie("theme", samesite="Lax")
    else:
        answer.set_cookie(
            "theme", chosen, max_age=YEAR_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return answer
