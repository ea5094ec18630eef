"""The header Idempotency-Key of the API: a request that is sent again under the same key acts once."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from rollouts.lib.problems import Problem

HEADER = "Idempotency-Key"
LONGEST = 200
KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="The same key gives the same answer, once."
)


@dataclass(frozen=True)
class ClientKey:
    """A client's key with what was asked under it."""

    text: str
    request: dict[str, Any]


def text_of(request: Request) -> str | None:
    """The key that came with the request, if one did. Raises Problem for one that is too long."""
    text = request.headers.get(HEADER) or None
    if text and len(text) > LONGEST:
        raise Problem(
            code="key_too_long",
            detail=f"The {HEADER} has {len(text)} characters.",
            remedy=f"Send at most {LONGEST}, such as a UUID.",
            status=400,
        )
    return text


def key_of(request: Request) -> ClientKey | None:
    """The key with what is asked under it. Raises Problem for one that is too long."""
    text = text_of(request)
    if text is None:
        return None
    return ClientKey(text, {"method": request.method, "path": request.path, "body": request.data})


def reused(error: Exception) -> Problem:
    """The answer to a key that came before with another request."""
    return Problem(
        code="key_reused",
        detail=str(error),
        remedy=f"Use a new {HEADER} for another request.",
        status=422,
    )
