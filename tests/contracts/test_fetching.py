"""Documents fetched from an address or a schema registry, and how that fails."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.contracts.documents import fetching
from rollouts.contracts.documents.fetching import NotFetched, Place, fetched, raw
from rollouts.contracts.models import VersionDocument
from rollouts.contracts.values import Format
from tests.contracts import papers
from tests.contracts.papers import house, signed_in
from tests.lib.servers import reply, serving

REGISTRY: dict[str, dict[str, Any]] = {
    "/subjects/orders-value/versions/latest": {"version": 3, "schema": papers.AVRO},
    "/subjects/a%2Fb/versions/2": {"schema": '"string"'},
    "/subjects/whole/versions/1": {
        "schema": '{"type": "record", "name": "W", "fields":'
        ' [{"name": "a", "type": "x.A"}, {"name": "b", "type": "x.A"}]}',
        "references": [{"name": "x.A", "subject": "a", "version": 1}],
    },
    "/subjects/a/versions/1": {"schema": '{"type": "enum", "namespace": "x", "name": "A", "symbols": ["S"]}'},
    "/subjects/proto/versions/1": {
        "schemaType": "PROTOBUF",
        "schema": 'syntax = "proto3"; import "b.proto"; message M { B b = 1; }',
        "references": [{"name": "b.proto", "subject": "b", "version": 1}],
    },
    "/subjects/b/versions/1": {
        "schemaType": "PROTOBUF", "schema": 'syntax = "proto3"; message B { string x = 1; }'
    },
    "/subjects/round/versions/1": {
        "schema": "{}", "references": [{"name": "round", "subject": "round", "version": 1}]
    },
}  # fmt: skip


def registry(handler: BaseHTTPRequestHandler) -> None:
    told = REGISTRY.get(handler.path)
    if told is None:
        missing = {"error_code": 40401, "message": "Subject 'gone' not found."}
        reply(handler, json.dumps(missing).encode(), status=404)
    else:
        reply(handler, json.dumps(told).encode())


def test_a_subject_is_fetched_with_what_it_refers_to() -> None:
    with serving(registry) as url:
        assert fetched(Place(url, "orders-value"), Format.AVRO).decode() == papers.AVRO
        assert fetched(Place(url, "a/b", "2"), Format.AVRO) == b'"string"'
        whole = json.loads(fetched(Place(url, "whole", "1"), Format.AVRO))
        files = json.loads(fetched(Place(url, "proto", "1"), Format.PROTOBUF))
        assert fetched(Place(url, "round", "1"), Format.AVRO)
    assert whole["fields"][0]["type"]["symbols"] == ["S"]
    assert whole["fields"][1]["type"] == "x.A"
    assert files.keys() == {"b.proto", "contract.proto"}


@pytest.mark.parametrize(
    ("place", "format_", "said"),
    [
        (("gone", "1"), Format.AVRO, "answered 404: Subject 'gone' not found."),
        (("orders-value", "first"), Format.AVRO, "is no version of a subject"),
        (("orders-value", "latest"), Format.PROTOBUF, "holds AVRO"),
        (("orders-value", "latest"), Format.OPENAPI, "keeps no OpenAPI"),
    ],
)
def test_a_registry_that_has_it_not_is_told(place: tuple[str, str], format_: Format, said: str) -> None:
    with serving(registry) as url, pytest.raises(NotFetched) as failed:
        fetched(Place(url, *place), format_)
    assert said in str(failed.value)


def no_registry(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"<html>")


def endless(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"a" * 2_100_000)


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


@pytest.mark.parametrize(
    ("answer", "subject", "said"),
    [
        (no_registry, "orders", "does not answer as a schema registry"),
        (endless, "", "more than 2,000,000 bytes"),
        (silent, "", "did not answer in time"),
    ],
)
def test_an_address_that_answers_wrongly_fails_in_time(
    answer: Callable[[BaseHTTPRequestHandler], None], subject: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.3 if answer is silent else 5)
    with serving(answer) as url, pytest.raises(NotFetched) as failed:
        fetched(Place(url, subject), Format.AVRO)
    assert said in str(failed.value)


def test_internal_addresses_are_not_asked(settings: Any) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = []
    with serving(registry) as url, pytest.raises(NotFetched):
        fetched(Place(url, "orders-value"), Format.AVRO)
    for address in ("file:///etc/passwd", "ftp://a.test/", "https://u:p@a.test/", "nothing"):
        with pytest.raises(NotFetched):
            fetched(Place(address), Format.OPENAPI)


def test_the_page_of_a_file_on_a_git_host_stands_for_the_file() -> None:
    assert (
        raw("https://github.com/o/r/blob/main/a/b.yaml")
        == "https://raw.githubusercontent.com/o/r/main/a/b.yaml"
    )
    assert raw("https://gitlab.com/o/r/-/blob/main/b.yaml") == "https://gitlab.com/o/r/-/raw/main/b.yaml"
    assert raw("https://a.test/blob/x") == "https://a.test/blob/x"


def test_what_may_be_a_secret_in_an_address_is_not_kept() -> None:
    assert Place("https://a.test/x.yaml?token=s3cret#part").shown == "https://a.test/x.yaml"
    assert Place("https://a.test/", "a/b", "3").shown == "https://a.test/subjects/a%2Fb/versions/3"


@pytest.mark.django_db
def test_a_document_is_fetched_by_page_and_api_with_a_token_that_is_not_kept() -> None:
    made, asked = house(), []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers.get("Authorization"))
        reply(handler, papers.OPENAPI.encode())

    with serving(answer) as url:
        client = signed_in(made.mina)
        given = {"version": "2.1", "address": f"{url}/orders.yaml?key=1", "token": "t0ken"}
        page = client.post("/contracts/orders-api/document/", given)
        assert page.status_code == 302, page.content.decode()
        api = client.post(
            "/api/v1/contracts/orders-api/versions/2.2/document/fetch/",
            {"address": f"{url}/orders.yaml"},
            content_type="application/json",
        )
        assert api.status_code == 201
        again = client.get("/contracts/orders-api/versions/2.1/document/give/").content.decode()
        assert f'value="{url}/orders.yaml"' in again, "it can be fetched again"
    assert asked == ["Bearer t0ken", None]
    assert (
        list(VersionDocument.objects.order_by("pk").values_list("origin", "address"))
        == [("address", f"{url}/orders.yaml")] * 2
    )
    failed = client.post(
        "/api/v1/contracts/orders-api/versions/2.2/document/fetch/",
        {"address": f"{url}/orders.yaml"},
        content_type="application/json",
    )
    assert (failed.status_code, failed.json()["code"]) == (422, "not_fetched")
    assert "orders.yaml" in failed.json()["detail"]
