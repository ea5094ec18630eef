"""What reaches a person, and by which way, chosen by that person."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from notifications import wishes
from notifications.audience import slack_user
from notifications.pages.deliveries import person_of
from notifications.values import WISHED, Topic, Way
from rollouts.lib import editing
from rollouts.lib.editing import Editing


class Choice(forms.MultipleChoiceField):
    """The ways of one topic."""

    def __init__(self, **more: Any) -> None:
        words = {Way.EMAIL: gettext_lazy("E-mail"), Way.SLACK: gettext_lazy("Slack")}
        choices = [(way.value, words[way]) for way in WISHED]
        super().__init__(choices=choices, widget=forms.CheckboxSelectMultiple, required=False, **more)


class ChoosingForm(forms.Form):
    needs_me = Choice(
        label=gettext_lazy("What needs you"),
        help_text=gettext_lazy(
            "Approvals asked of you, an approval of yours passed over, and updates that readers wait for. "
            "One way at least."
        ),
    )
    mine = Choice(
        label=gettext_lazy("Rollouts that you own"),
        help_text=gettext_lazy("Rejected, expired, overdue, rolled back, completed and closed."),
    )
    halts = Choice(
        label=gettext_lazy("Halts"),
        help_text=gettext_lazy(
            "Of rollouts that you own, and of services that you are on call for. "
            "Who is on call is told by one way at least."
        ),
    )
    reviews = Choice(
        label=gettext_lazy("Reviews and action items"),
        help_text=gettext_lazy("Yours to write, to read, or overdue."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choosing(request: HttpRequest) -> HttpResponse:
    """The ways for each topic. Pages of an escalation are not among them: they use every way."""
    person = person_of(request)
    initial = {topic.value: [way.value for way in ways] for topic, ways in wishes.chosen(person).items()}
    form = ChoosingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = {topic: [Way(way) for way in form.cleaned_data[topic.value]] for topic in Topic}
        try:
            wishes.choose(person, wanted)
        except wishes.Refused as refused:
            form.add_error(refused.code, str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("notifications:choosing")
    lead = _("Pages of an escalation always use every way, and are not among these.")
    if not slack_user(person):
        lead += " " + _("You are not linked in Slack: what you choose there goes by e-mail.")
    shown = Editing(
        title=_("What reaches you"),
        form=form,
        crumbs=((reverse("accounts:profile"), _("Your account")),),
        lead=lead,
    )
    return editing.page(request, shown)
