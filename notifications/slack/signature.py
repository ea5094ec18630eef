"""Only what Slack signed comes in; junk of any kind is 401, never a fault of ours."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_sdk.signature import SignatureVerifier

View = Callable[[HttpRequest], HttpResponse]


def from_slack(view: View) -> View:
    """The view is called only for POST requests with a fresh signature of our app's secret."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def signed(request: HttpRequest) -> HttpResponse:
        if not verified(request):
            return HttpResponse("This is not signed by Slack.\n", status=401, content_type="text/plain")
        return view(request)

    return signed


def verified(request: HttpRequest) -> bool:
    """Whether the signature is right and at most five minutes old."""
    secret = settings.SLACK_SIGNING_SECRET
    if not secret.strip():
        return False
    try:
        # The SDK raises on a time that is no number, a signature beyond ASCII and a body that is not UTF-8.
        return SignatureVerifier(secret).is_valid(
            body=request.body,
            timestamp=request.headers.get("X-Slack-Request-Timestamp"),
            signature=request.headers.get("X-Slack-Signature"),
        )
    except (ValueError, TypeError, OverflowError):
        return False
