"""Webhooks: which machines outside follow the log, what they were sent, and how it went."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from notifications import kinds, queries, services
from notifications.delivery import sending
from notifications.models import Delivery, WebhookEndpoint
from notifications.pages.deliveries import person_of
from notifications.values import State
from rollouts.accounts.models import Person
from rollouts.audit.values import Face

PAGE = 20


class WebhookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Gets a POST with JSON for each event. Internal networks need a permit."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (gettext_lazy("All of a sort"), list(kinds.EVERY.items())),
            *((label, list(group.items())) for label, group in kinds.KINDS),
        ],
    )


def _admin(request: HttpRequest) -> Person:
    """The signed-in administrator. Raises PermissionDenied."""
    person = person_of(request)
    if not person.is_staff:
        raise PermissionDenied(_("Administrators of the installation manage webhooks."))
    return person


def _given(form: WebhookForm) -> services.Given:
    data = form.cleaned_data
    return services.Given(name=data["name"], url=data["url"], events=data["events"])


def _show(request: HttpRequest, row: WebhookEndpoint | None, form: WebhookForm, **more: Any) -> HttpResponse:
    sent = Delivery.objects.to_endpoint(row.pk) if row else Delivery.objects.none()
    context = {
        "webhook": row,
        "form": form,
        "page": Paginator(sent, PAGE).get_page(request.GET.get("page")),
        "nav": "",
        **more,
    }
    status = 422 if form.errors else 200
    response = render(request, "notifications/webhook.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _form_of(row: WebhookEndpoint) -> WebhookForm:
    return WebhookForm(initial={"name": row.name, "url": row.url, "events": row.events})


@login_required
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """Every endpoint, with what became of its last message."""
    _admin(request)
    return render(request, "notifications/webhooks.html", {"webhooks": list(queries.webhooks()), "nav": ""})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """Makes an endpoint; its secret stands in the answer only."""
    person = _admin(request)
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, plain = services.make(_given(form), by=person, face=Face.PAGE)
        except services.Refused as refused:
            _blame(form, refused)
        else:
            return _show(request, row, _form_of(row), plain=plain)
    return _show(request, None, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes an endpoint, and shows what it was sent."""
    person = _admin(request)
    row = get_object_or_404(WebhookEndpoint, pk=pk)
    form = WebhookForm(request.POST) if request.method == "POST" else _form_of(row)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(pk, _given(form), by=person, face=Face.PAGE)
        except services.Refused as refused:
            _blame(form, refused)
        else:
            messages.info(request, _("Saved."))
            return redirect("notifications:webhook", pk)
    return _show(request, row, form)


def _blame(form: WebhookForm, refused: services.Refused) -> None:
    form.add_error(refused.code if refused.code in form.fields else None, str(refused))


@login_required
@require_POST
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, which stands in the answer only."""
    try:
        row, plain = services.renew_secret(pk, by=_admin(request), face=Face.PAGE)
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None
    return _show(request, row, _form_of(row), plain=plain)


@login_required
@require_POST
def webhook_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switches it on or off, as the button said."""
    try:
        services.switch(pk, active=request.POST.get("active") == "yes", by=_admin(request), face=Face.PAGE)
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None
    return redirect("notifications:webhook", pk)


@login_required
@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends a test message now and says what became of it."""
    try:
        sent = services.attempt(pk, by=_admin(request))
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None
    except services.Refused as refused:
        messages.error(request, str(refused))
    else:
        sending.run(sent)
        _tell(request, Delivery.objects.get(pk=sent))
    return redirect("notifications:webhook", pk)


def _tell(request: HttpRequest, row: Delivery) -> None:
    if row.state == State.SENT:
        messages.success(request, _("The test message arrived."))
    elif row.error:
        messages.error(request, _("The test message did not arrive. %(error)s") % {"error": row.error})
    else:
        messages.info(request, _("The test message is on its way. The list below shows how it goes."))
