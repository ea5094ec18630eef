"""The pages that ask once and then decide: the same door as the API and Slack."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import CharField, Form, IntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rollouts.audit.services import KeyReused
from rollouts.audit.values import Face
from rollouts.dashboard.confirming import asked_of, confirmation
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.decisions import services
from rollouts.decisions.queries import RIGHTS, Action, Command, Refused, Right, Unknown, recall
from rollouts.lib.secrets import new_token
from rollouts.plans.models import Rollout


class DecisionForm(Form):
    """What a confirmation posts: what is asked for, what was seen, and why."""

    stage = IntegerField(required=False, min_value=1)
    revision = IntegerField(required=False, min_value=1)
    reason = CharField(required=False, max_length=4000)
    remaining = CharField(required=False, max_length=1000)
    seen = CharField(required=False)
    key = CharField(required=False, max_length=100)


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, slug: str, action: str) -> HttpResponse:
    """Says what will happen; on POST, has it decided. Refusals say why, what helps, and change nothing."""
    wanted = action_of(action)
    standing = standing_of(request, slug)
    if wanted is Action.PROPOSE:
        services.compare_documents(slug)
        standing = again(request, slug)
    if request.method == "GET":
        given: dict[str, Any] = {
            "stage": number(request.GET.get("stage")),
            "overrides": bool(request.GET.get("override")),
        }
        return page(request, standing, asked_of(standing, wanted, given))
    form = DecisionForm(request.POST)
    if not form.is_valid():
        command = asked_of(standing, wanted, {"override": request.POST.getlist("override")})
        problem = next(iter(form.errors.values()))[0]
        return page(request, standing, command, Refused("input", str(problem), ""), 422)
    given = {**form.cleaned_data, "override": request.POST.getlist("override")}
    command = asked_of(standing, wanted, given)
    try:
        decided = carry_out(standing, command, given)
    except Refused as refused:
        return page(request, again(request, slug), command, refused, 409)
    messages.success(request, decided.event.content.get("sentence", ""))
    return redirect("dashboard:rollout", slug)


def carry_out(standing: Standing, command: Command, given: dict[str, Any]) -> services.Decided:
    """Sends the command through the door with what the person had seen. Raises Refused."""
    shown = None
    if given["seen"]:
        try:
            kept = recall(standing.rollout, given["seen"])
        except Unknown as unknown:
            if command.action is not Action.HALT:
                remedy = _("Look at what stands there now, and decide again.")
                raise Refused("changed", str(unknown), remedy) from None
        else:
            command, shown = Command(**{**command.__dict__, "seen": kept.evidence}), kept.shown
    try:
        return services.decide(
            rollout=standing.rollout.slug,
            command=command,
            actor=standing.person.actor,
            face=Face.PAGE,
            key=given["key"] or None,
            shown=shown,
        )
    except KeyReused as reused:
        raise Refused("key_reused", str(reused), _("Decide again.")) from None
    except Rollout.DoesNotExist:
        raise Http404 from None


def page(
    request: HttpRequest,
    standing: Standing,
    command: Command,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The confirmation, as a page that dialog.js can also show as a dialog."""
    context = {
        "confirm": confirmation(standing, command, refused),
        "rollout": standing.rollout,
        "key": new_token("page"),
        "now": standing.now,
        "nav": "rollouts",
        "refused": refused is not None,
    }
    return render(request, "dashboard/decide.html", context, status=status)


def again(request: HttpRequest, slug: str) -> Standing:
    """The standing as it is after a refusal, or after documents were compared, read anew."""
    request.__dict__.pop("_standings", None)
    return standing_of(request, slug)


def action_of(text: str) -> Action:
    """A decision that people take. Raises Http404 for all else."""
    try:
        action = Action(text)
    except ValueError:
        raise Http404 from None
    if RIGHTS[action] == frozenset({Right.SYSTEM}) or action is Action.SAVE:
        raise Http404
    return action


def number(text: str | None) -> int | None:
    """A stage's number from an address."""
    return int(text) if text and text.isdecimal() else None
