"""The three addresses that Slack calls. Each answers at once; what takes longer is a delivery."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from notifications.slack import answers, clicks, commands, receipts
from notifications.slack.signature import from_slack

OK = 200


@from_slack
def interactions(request: HttpRequest) -> HttpResponse:
    """A button was pressed."""
    try:
        payload = json.loads(request.POST.get("payload", ""))
        if payload["type"] != "block_actions":
            return HttpResponse(status=OK)
        click = clicks.read(payload)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return HttpResponse("This is no interaction.\n", status=400, content_type="text/plain")
    if click.is_link:
        return HttpResponse(status=OK)
    receipt = receipts.take(click.key)
    if receipt is not None:
        answers.answer(receipt, click, clicks.carry_out(click))
    return HttpResponse(status=OK)


@from_slack
def command(request: HttpRequest) -> HttpResponse:
    """`/gatehouse …` was typed."""
    text = commands.answer({name: str(value) for name, value in request.POST.items()})
    return JsonResponse({"response_type": "ephemeral", "text": text})


@from_slack
def events(request: HttpRequest) -> HttpResponse:
    """Slack proves the address with `url_verification`; we follow no events yet."""
    try:
        payload: dict[str, Any] = json.loads(request.body)
        kind = payload["type"]
    except (ValueError, KeyError, TypeError):
        return HttpResponse("This is no event.\n", status=400, content_type="text/plain")
    if kind == "url_verification":
        return JsonResponse({"challenge": str(payload.get("challenge", ""))[:500]})
    return HttpResponse(status=OK)
