"""The gallery: every component with its odd states, so that none is invented late. For administrators."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import BooleanField, CharField, ChoiceField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from rollouts.dashboard import sample


class SampleForm(Form):
    """A form with something to mend."""

    bake = CharField(label=_("Bake at least"), help_text=_("Windows count, not minutes."))
    tier = ChoiceField(label=_("Tier"), choices=[(1, "1"), (2, "2")])
    note = CharField(label=_("Note"), required=False)
    stops = BooleanField(label=_("This stops my work."), required=False)


@login_required
@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component, filled by hand. Raises PermissionDenied for all but administrators."""
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied(_("The gallery is for administrators."))
    return render(request, "dashboard/gallery.html", context(request))


def context(request: HttpRequest) -> dict[str, object]:
    """What the gallery shows."""
    drawn = {
        name: mark_safe(  # noqa: S308 - a template made it
            render_to_string(
                f"dashboard/panels/{name}.html",
                {**given, "panel_name": name, "now": sample.NOW},
                request=request,
            )
        )
        for name, given in sample.panels().items()
    }
    return {
        "panels": drawn,
        "lamps": sample.lamps(),
        "strip_stages": sample.strip(),
        "wave": (3, 5, 4, None, 5, 7, 6, 5, 8),
        "form": SampleForm({"bake": ""}),
        "now": sample.NOW,
    }
