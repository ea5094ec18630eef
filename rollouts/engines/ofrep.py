"""The OpenFeature Remote Evaluation Protocol 0.3.0, answered from committed state at each request.

No session, no person, no cache: a halt is in the very next answer.
"""

import hashlib
import json
from typing import Any

import orjson
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rollouts.engines import queries
from rollouts.engines.answers import KEY, ErrorCode, Question, Unanswerable, evaluate
from rollouts.lib import secrets

LARGEST = 65_536
"""Bytes of a request's body."""


@csrf_exempt
def one_flag(request: HttpRequest, key: str) -> HttpResponse:
    """`POST /ofrep/v1/evaluate/flags/{key}`."""
    if refused := _wrong_method(request):
        return refused
    if not KEY.fullmatch(key):
        details = "A key has 1 to 100 letters, digits, dots, underscores and hyphens."
        return _json(Unanswerable(key, ErrorCode.FLAG_NOT_FOUND, details).as_json(), status=404)
    try:
        asked = queries.flag_for(digest=_digest(request), key=key)
        if asked is None:
            return _unauthorised()
        question = _question(key, request, asked.consumer)
        answer = evaluate(key, asked.flags[0] if asked.flags else None, question)
    except Unanswerable as error:
        return _json(error.as_json(), status=400)
    except DatabaseError:
        return _broken()
    return _json(answer.as_json())


@csrf_exempt
def all_flags(request: HttpRequest) -> HttpResponse:
    """`POST /ofrep/v1/evaluate/flags`: every flag that a rollout governs.

    The ETag covers the whole answer: one over the configuration alone would keep old values for a
    changed context.
    """
    if refused := _wrong_method(request):
        return refused
    try:
        asked = queries.flags_for(digest=_digest(request))
        if asked is None:
            return _unauthorised()
        question = _question("", request, asked.consumer)
    except Unanswerable as error:
        return _json(error.as_json(), status=400)
    except DatabaseError:
        return _broken()
    flags = [_each(flag.key, flag, question) for flag in sorted(asked.flags, key=lambda flag: flag.key)]
    response = _json({"flags": flags, "metadata": {"consumer": asked.consumer}})
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if etag in [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]:
        response = _answer(b"", status=304)
    response["ETag"] = etag
    return response


def _each(key: str, flag: Any, question: Question) -> dict[str, Any]:
    try:
        return evaluate(key, flag, question).as_json()
    except Unanswerable as error:
        return error.as_json()


def _digest(request: HttpRequest) -> str:
    """The digest of the token that came as `Authorization: Bearer` or `X-API-Key`."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        token = request.headers.get("X-API-Key", "")
    return secrets.digest(token.strip())


def _question(key: str, request: HttpRequest, consumer: str) -> Question:
    """The context that was sent. Raises Unanswerable; what the caller claims of `consumer` is not read."""
    if len(request.body) > LARGEST:
        raise Unanswerable(key, ErrorCode.GENERAL, f"A request has at most {LARGEST} bytes.")
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Unanswerable(key, ErrorCode.PARSE_ERROR, "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise Unanswerable(key, ErrorCode.PARSE_ERROR, "The body is not a JSON object.")
    context = document.get("context", {})
    if not isinstance(context, dict):
        raise Unanswerable(key, ErrorCode.INVALID_CONTEXT, "The context is not an object.")
    targeting_key = context.get("targetingKey", "")
    if targeting_key is None:
        targeting_key = ""
    if not isinstance(targeting_key, str):
        raise Unanswerable(key, ErrorCode.INVALID_CONTEXT, "The targetingKey is not a string.")
    region = context.get("region", "")
    return Question(consumer, targeting_key, region if isinstance(region, str) else "")


def _wrong_method(request: HttpRequest) -> HttpResponse | None:
    if request.method == "POST":
        return None
    if request.method == "OPTIONS":
        response = _answer(b"", status=204)
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Authorization, X-API-Key, Content-Type, If-None-Match"
        response["Access-Control-Max-Age"] = "600"
        return response
    response = _json({"errorDetails": "Flags are evaluated by POST."}, status=405)
    response["Allow"] = "POST, OPTIONS"
    return response


def _unauthorised() -> HttpResponse:
    response = _json({"errorDetails": "Send the token of a service as Authorization: Bearer."}, status=401)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _broken() -> HttpResponse:
    """Not an answer: the client keeps what it knew."""
    return _json({"errorDetails": "Gatehouse cannot read its database now."}, status=500)


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return _answer(orjson.dumps(body), status=status)


def _answer(body: bytes, *, status: int) -> HttpResponse:
    """A token stands in a header, never in a cookie, so that any page may ask with its own token."""
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store" if status != 304 else "no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    return response
