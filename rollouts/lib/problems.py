"""Errors of the API as RFC 9457 problem documents, with a `code` and a `remedy`."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """An anticipated refusal: what happened, and what the caller can do."""

    def __init__(
        self, *, code: str, detail: str, remedy: str, status: int = 409, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.remedy = remedy
        self.code = code
        self.extra = extra or {}


REMEDIES = {
    400: "Correct the request as described and send it again.",
    401: "Send a valid token as `Authorization: Bearer …`, or sign in.",
    403: "Ask an administrator of the team for the right, or use a token with the scope.",
    404: "Check the address; names are slugs.",
    405: "Use one of the methods in the Allow header.",
    406: "Ask for application/json.",
    415: "Send application/json, or YAML where the schema says so.",
    429: "Wait for the seconds in Retry-After.",
}


def _database_away() -> Problem:
    """What programs are told instead of a page for people."""
    return Problem(
        code="database_away",
        detail="The database does not answer.",
        remedy="Send it again in a few seconds; with an Idempotency-Key nothing is done twice.",
        status=503,
    )


def _detail(data: Any) -> tuple[str, Any]:
    """One sentence, and the errors by field where there are several."""
    if isinstance(data, dict) and set(data) == {"detail"}:
        return str(data["detail"]), None
    if isinstance(data, list):
        return " ".join(str(item) for item in data), None
    return "Some fields are not right.", data


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same status, one shape."""
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("api.database_away", exc_info=error)
        error = _database_away()
    response = exception_handler(error, context)
    if response is None:
        return None
    detail, fields = _detail(response.data)
    code = getattr(error, "code", None) or getattr(error, "default_code", "error")
    if isinstance(error, Http404):
        code = "not_found"
    if isinstance(error, PermissionDenied):
        code = "permission_denied"
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": response.status_text,
        "status": response.status_code,
        "code": code,
        "detail": detail,
        "remedy": getattr(error, "remedy", None) or REMEDIES.get(response.status_code, ""),
        **getattr(error, "extra", {}),
    }
    if fields is not None:
        body["errors"] = fields
    response.data = body
    response.content_type = MEDIA_TYPE
    return response
