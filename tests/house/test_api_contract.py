"""Every operation of the API, asked with what its own schema allows and what it does not."""

import contextlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from rollouts.accounts import services as accounts
from rollouts.accounts.values import Scope
from rollouts.audit.values import Face
from tests.accounts import factories as make

EXAMPLES = 3

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """An administrator's, so that requests get past the door; a failure is an answer, not an exception."""
    person = make.person("ada@fernhill.example", staff=True)
    token = accounts.issue_token(person=person, name="api", scope=Scope.WRITE, days=1, face=Face.COMMAND)[1]
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_the_server_fail(client: Client, mode: GenerationMode) -> None:
    told: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(told)
    failed: dict[str, str] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: "Case[Any]") -> None:
            answer = _answer(client, case)
            if answer.status_code >= 500:
                failed.setdefault(case.operation.label, case.as_curl_command()[:400])

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong with a request without a choice
            ask()
    assert failed == {}


def _answer(client: Client, case: "Case[Any]") -> Any:
    query = urlencode(case.query or {}, doseq=True)
    body = case.body if isinstance(case.body, str | bytes | dict | list | int | float | bool | None) else ""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.generic(
        case.method,
        case.formatted_path,
        text,
        case.media_type or "application/json",
        QUERY_STRING=query,
    )
