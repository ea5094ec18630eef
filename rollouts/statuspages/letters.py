"""The form by which readers write, and the page where they find the answer. Never cached."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.values import Visibility
from rollouts.statuspages import services
from rollouts.statuspages.models import Feedback, Site
from rollouts.statuspages.pages import reading
from rollouts.statuspages.pages.facts import Page
from rollouts.statuspages.values import FeedbackKind


class LetterForm(forms.Form):
    """What a reader sees or needs; name and address are theirs to give."""

    text = forms.CharField(
        label=gettext_lazy("What do you see, or what do you need?"),
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    concern = forms.BooleanField(
        label=gettext_lazy("This stops my work. Show it to the people in charge now."), required=False
    )
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120, required=False)
    contact = forms.CharField(
        label=gettext_lazy("How we can reach you"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only the people in charge see it."),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_website(self) -> str:
        """A field that people do not see and that only machines fill in."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this empty."))
        return ""


def _shown(site: str, rollout: str, key: str) -> tuple[Site, Rollout, Page]:
    """Site, rollout and page, when this reader may see the page; else the same 404 as for no page."""
    found = Rollout.objects.select_related("team", "in_force").filter(slug=rollout).first()
    place = get_object_or_404(Site.objects.prefetch_related("services"), slug=site)
    now = database_now()
    page = reading.page(found, now) if found else None
    if found is None or page is None or not _listed_on(place, found) or not _opens(found, key, now):
        raise Http404(_("There is no public page at this address."))
    return place, found, page


def _listed_on(site: Site, rollout: Rollout) -> bool:
    chosen = {service.pk for service in site.services.all()}
    return not chosen or rollout.changes.filter(service__in=chosen).exists()


def _opens(rollout: Rollout, key: str, now: object) -> bool:
    if rollout.visibility == Visibility.PUBLIC:
        return True
    lasts = rollout.link_expires_at is None or rollout.link_expires_at > now  # type: ignore[operator]
    return bool(rollout.link_key and key) and lasts and secrets.same(secrets.digest(key), rollout.link_key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, site: str, rollout: str) -> HttpResponse:
    """A form of its own, so that the page beside it can be a copy."""
    key = request.GET.get("key", "")
    place, found, page = _shown(site, rollout, key)
    form = LetterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        kind = FeedbackKind.CONCERN if data["concern"] else FeedbackKind.FEEDBACK
        try:
            letter = services.give_feedback(
                rollout=found.slug,
                site=place,
                kind=kind,
                text=data["text"],
                name=data["name"],
                contact=data["contact"],
            )
        except services.Unwelcome as error:
            form.add_error(None, str(error))
        else:
            return redirect("statuspages:letter", site, rollout, letter.key)
    context = _context(place, page, found, key=key, form=form)
    status = 422 if request.method == "POST" else 200
    return render(request, "statuspages/write.html", context, status=status)


@never_cache
@require_safe
def letter(request: HttpRequest, site: str, rollout: str, key: str) -> HttpResponse:
    """What the reader wrote, and the answer once there is one. The address is the reader's secret."""
    row = get_object_or_404(Feedback.objects.select_related("rollout__team"), key=key, rollout__slug=rollout)
    place = get_object_or_404(Site, slug=site)
    page = reading.page(row.rollout, database_now(), preview=True)
    context = _context(place, page, row.rollout, letter=row)
    response = render(request, "statuspages/letter.html", context)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _context(site: Site, page: Page | None, rollout: Rollout, **more: object) -> dict[str, object]:
    return {
        "site": site,
        "site_name": site.title,
        "site_url": site.path,
        "zone": site.zone,
        "page": page,
        "slug": rollout.slug,
        "team": rollout.team.name,
        **more,
    }
