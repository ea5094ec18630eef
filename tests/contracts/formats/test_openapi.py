"""Every rule of OpenAPI twice: an edit that breaks callers of the old document, and one that does not."""

import copy
import json
from datetime import date

import pytest

from rollouts.contracts.formats.openapi.comparing import compare
from rollouts.contracts.formats.values import Direction, Level, Outcome, Unreadable
from tests.contracts.formats.orders import (
    INTEGER,
    ORDER,
    ORDERS,
    TEXT,
    Edit,
    Json,
    after,
    base,
    get,
    ok,
    parameter,
    put,
    renamed,
    schema,
)

BREAKS: dict[str, tuple[Edit, str]] = {
    "an operation goes": (lambda d: d["paths"][ORDERS].pop("delete"), "operation-removed"),
    "a path goes": (lambda d: d["paths"].clear(), "operation-removed"),
    "a new parameter is required": (
        lambda d: get(d)["parameters"].append({"in": "query", "name": "x", "required": True, "schema": TEXT}),
        "parameter-added-required",
    ),
    "a parameter becomes required": (
        lambda d: parameter(d, "limit").update(required=True),
        "parameter-became-required",
    ),
    "a parameter becomes narrower": (
        lambda d: parameter(d, "limit")["schema"].update(maximum=50),
        "request-maximum-narrowed",
    ),
    "a list is written otherwise": (
        lambda d: parameter(d, "tags").update(explode=False),
        "parameter-written-otherwise",
    ),
    "a style": (lambda d: parameter(d, "tags").update(style="pipeDelimited"), "parameter-written-otherwise"),
    "content becomes a schema": (
        lambda d: parameter(d, "filter").update(content={}, schema=TEXT),
        "parameter-written-otherwise",
    ),
    "a body becomes required": (
        lambda d: put(d)["requestBody"].update(required=True),
        "body-became-required",
    ),
    "a body where there was none": (
        lambda d: d["paths"][ORDERS]["delete"].update(
            requestBody={"required": True, "content": {"application/json": {"schema": TEXT}}}
        ),
        "body-became-required",
    ),
    "a body is no longer read": (lambda d: put(d).pop("requestBody"), "body-removed"),
    "a media type of a body": (
        lambda d: put(d)["requestBody"].update(content={"application/xml": {"schema": TEXT}}),
        "media-type-removed",
    ),
    "a media type of an answer": (
        lambda d: ok(d).update(content={"application/xml": {"schema": TEXT}}),
        "media-type-removed",
    ),
    "a property of a body becomes required": (
        lambda d: schema(d)["required"].append("note"),
        "request-required-narrowed",
    ),
    "a value of a body is refused": (
        lambda d: schema(d)["properties"]["state"]["enum"].pop(),
        "request-enum-narrowed",
    ),
    "an answer has a new value": (
        lambda d: schema(d)["properties"]["state"]["enum"].append("sent"),
        "response-enum-widened",
    ),
    "an answer may lack a property": (
        lambda d: schema(d)["required"].remove("id"),
        "response-required-widened",
    ),
    "a property of an answer becomes null": (
        lambda d: schema(d)["properties"]["total"].update(type=["number", "null"]),
        "response-type-widened",
    ),
    "a type": (lambda d: schema(d)["properties"]["total"].update(type="string"), "response-type-widened"),
    "a format grows in an answer": (
        lambda d: (
            schema(d)["properties"]["note"].pop("format", None)
            or ok(d)["headers"]["ETag"].update(schema=INTEGER)
        ),
        "response-type-widened",
    ),
    "a success goes": (lambda d: get(d)["responses"].pop("200"), "success-status-removed"),
    "a class of successes goes": (
        lambda d: put(d).update(responses={"404": {"description": ""}}),
        "success-status-removed",
    ),
    "an answer loses its body": (lambda d: ok(d).pop("content"), "body-removed"),
    "a header goes": (lambda d: ok(d)["headers"].pop("ETag"), "header-removed"),
    "a header becomes optional": (
        lambda d: ok(d)["headers"]["ETag"].update(required=False),
        "header-became-optional",
    ),
    "a scheme no longer lets in": (lambda d: d["security"].pop(0), "security-narrowed"),
    "a scope more is needed": (lambda d: d["security"][1]["oauth"].append("write"), "security-narrowed"),
    "a key stands elsewhere": (
        lambda d: d["components"]["securitySchemes"]["key"].update({"in": "query"}),
        "security-narrowed",
    ),
    "a webhook sends a new value": (
        lambda d: schema(d, "Paid")["properties"]["how"]["enum"].append("coupon"),
        "response-enum-widened",
    ),
    "a webhook sends less": (lambda d: schema(d, "Paid")["required"].clear(), "response-required-widened"),
}

HOLDS: dict[str, tuple[Edit, str]] = {
    "nothing": (lambda d: None, ""),
    "an operation is new": (
        lambda d: d["paths"].update({"/new": {"get": {"responses": {"200": {"description": ""}}}}}),
        "operation-added",
    ),
    "a path parameter is called otherwise": (renamed, ""),
    "a new parameter may be left out": (
        lambda d: get(d)["parameters"].append({"in": "query", "name": "x", "schema": TEXT}),
        "parameter-added",
    ),
    "a parameter becomes optional": (
        lambda d: parameter(d, "X-Tenant").update(required=False),
        "parameter-became-optional",
    ),
    "a parameter becomes wider": (
        lambda d: parameter(d, "limit")["schema"].update(type="number"),
        "request-type-widened",
    ),
    "a header in other letters": (lambda d: parameter(d, "X-Tenant").update(name="x-tenant"), ""),
    "the style that it had": (lambda d: parameter(d, "tags").update(style="form", explode=True), ""),
    "a body may be sent": (
        lambda d: d["paths"][ORDERS]["delete"].update(
            requestBody={"content": {"application/json": {"schema": TEXT}}}
        ),
        "body-added",
    ),
    "a media type with a charset": (
        lambda d: put(d)["requestBody"].update(
            content={"application/json; charset=utf-8": put(d)["requestBody"]["content"]["application/json"]}
        ),
        "",
    ),
    "any media type": (
        lambda d: put(d)["requestBody"].update(
            content={"*/*": put(d)["requestBody"]["content"]["application/json"]}
        ),
        "media-type-added",
    ),
    "a media type more": (
        lambda d: ok(d)["content"].update({"application/xml": {"schema": TEXT}}),
        "media-type-added",
    ),
    "a new property": (lambda d: schema(d)["properties"].update(more=TEXT), "response-property-added"),
    "an optional property goes": (lambda d: schema(d)["properties"].pop("note"), "response-property-removed"),
    "what is read only is required": (
        lambda d: (
            schema(d)["properties"].update(made={**TEXT, "readOnly": True})
            or schema(d)["required"].append("made")
        ),
        "response-required-narrowed",
    ),
    "written out": (
        lambda d: ok(d)["content"]["application/json"].update(schema=copy.deepcopy(ORDER)),
        "",
    ),
    "in allOf": (
        lambda d: ok(d)["content"]["application/json"].update(
            schema={"allOf": [{"$ref": "#/components/schemas/Order"}, {"type": "object"}]}
        ),
        "",
    ),
    "a failure less": (lambda d: get(d)["responses"].pop("404"), "status-removed"),
    "a failure more": (lambda d: get(d)["responses"].update({"409": {"description": ""}}), "status-added"),
    "a status of a class": (
        lambda d: put(d)["responses"].update({"200": copy.deepcopy(put(d)["responses"]["2XX"])}),
        "",
    ),
    "a header in small letters": (lambda d: ok(d)["headers"].update(etag=ok(d)["headers"].pop("ETag")), ""),
    "a header is always there": (
        lambda d: ok(d)["headers"]["X-Hint"].update(required=True),
        "header-became-required",
    ),
    "one more scheme lets in": (lambda d: d["security"].append({}), "security-widened"),
    "a scope less is needed": (lambda d: d["security"][1]["oauth"].clear(), "security-widened"),
    "deprecated": (
        lambda d: get(d).update({"deprecated": True, "x-sunset": "2030-01-31"}),
        "operation-deprecated",
    ),
    "a webhook is new": (lambda d: d["webhooks"].update(more=d["webhooks"]["paid"]), "webhook-added"),
    "a webhook sends more": (
        lambda d: schema(d, "Paid")["required"].append("how"),
        "response-required-narrowed",
    ),
    "a pattern in an answer": (
        lambda d: ok(d)["headers"]["ETag"]["schema"].update(pattern="^a"),
        "response-pattern-narrowed",
    ),
}

DANGEROUS: dict[str, tuple[Edit, str]] = {
    "a parameter is ignored": (
        lambda d: get(d)["parameters"].remove(parameter(d, "limit")),
        "parameter-removed",
    ),
    "another default of a parameter": (
        lambda d: parameter(d, "limit")["schema"].update(default=20),
        "default-changed",
    ),
    "a success more": (lambda d: get(d)["responses"].update({"202": {"description": ""}}), "status-added"),
    "an optional header goes": (lambda d: ok(d)["headers"].pop("X-Hint"), "header-removed"),
    "a sunset that is no date": (
        lambda d: get(d).update({"deprecated": True, "x-sunset": "soon"}),
        "sunset-unreadable",
    ),
    "a server goes": (lambda d: d.update(servers=[{"url": "https://other.example"}]), "server-removed"),
    "a webhook goes": (lambda d: d["webhooks"].clear(), "webhook-removed"),
    "a callback goes": (lambda d: put(d).pop("callbacks"), "callback-removed"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_it_breaks_callers(name: str) -> None:
    edit, rule = BREAKS[name]
    found = after(edit)
    assert found.outcome is Outcome.BREAKING
    assert rule in {each.rule for each in found.differences if each.level is Level.BREAKING}


@pytest.mark.parametrize("name", HOLDS)
def test_it_breaks_nobody(name: str) -> None:
    edit, rule = HOLDS[name]
    found = after(edit)
    assert (found.outcome, [each.sentence for each in found.differences if each.level is not Level.SAFE]) == (
        Outcome.COMPATIBLE,
        [],
    )
    rules = {each.rule for each in found.differences}
    assert rule in rules if rule else not rules


@pytest.mark.parametrize("name", DANGEROUS)
def test_it_is_dangerous(name: str) -> None:
    edit, rule = DANGEROUS[name]
    found = after(edit)
    assert found.outcome is Outcome.DANGEROUS
    assert rule in {each.rule for each in found.differences if each.level is Level.DANGEROUS}


def test_the_directions_are_told_apart() -> None:
    found = after(lambda d: schema(d)["properties"]["state"]["enum"].append("sent"))
    request, response = (found.flows[each] for each in (Direction.REQUEST, Direction.RESPONSE))
    assert (request.backward, request.forward) == (True, False)
    assert (response.backward, response.forward) == (True, False)


def test_an_operation_may_go_after_its_sunset() -> None:
    def dated(document: Json) -> None:
        document["paths"][ORDERS]["delete"].update({"deprecated": True, "x-sunset": "2026-01-31"})

    def gone(document: Json) -> None:
        document["paths"][ORDERS].pop("delete")

    assert after(gone, today=date(2026, 2, 1), before=dated).outcome is Outcome.COMPATIBLE
    assert after(gone, today=date(2026, 1, 31), before=dated).outcome is Outcome.BREAKING
    assert after(gone, before=dated).outcome is Outcome.BREAKING


@pytest.mark.parametrize(
    ("sunset", "rule"), [("2026-01-01", "sunset-earlier"), (None, "sunset-removed"), ("2027-01-01", "")]
)
def test_a_sunset_comes_no_earlier(sunset: str | None, rule: str) -> None:
    def dated(document: Json) -> None:
        get(document).update({"deprecated": True, "x-sunset": "2026-06-30"})

    def moved(document: Json) -> None:
        get(document)["x-sunset"] = sunset
        if sunset is None:
            del get(document)["x-sunset"]

    found = {each.rule for each in after(moved, before=dated).differences}
    assert found == ({rule} if rule else set())


def test_differences_name_what_a_consumer_has_to_use_to_be_touched() -> None:
    found = after(lambda d: schema(d)["properties"]["total"].update(type="string"))
    touched = {
        (use.operation, use.type, use.field)
        for each in found.differences
        if each.level is Level.BREAKING and each.direction is Direction.RESPONSE
        for use in each.touches
    }
    assert touched == {(f"{verb} {ORDERS}", "Order", "/total") for verb in ("GET", "PUT")}


def test_a_part_that_gets_a_name_is_told_where_it_stood() -> None:
    def split(document: Json) -> None:
        parts = document["components"]["schemas"]
        parts["Note"] = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}
        schema(document)["properties"]["note"] = {"$ref": "#/components/schemas/Note"}

    told = [each for each in after(split).differences if each.level is Level.BREAKING]
    assert {(use.type, use.field) for each in told for use in each.touches} == {("Order", "/note")}


def test_a_schema_is_called_as_it_was() -> None:
    def renamed(document: Json) -> None:
        parts = document["components"]["schemas"]
        parts["Purchase"] = {**parts.pop("Order"), "required": ["id"]}
        text = json.dumps(document).replace("schemas/Order", "schemas/Purchase")
        document.clear()
        document.update(json.loads(text))

    told = [each for each in after(renamed).differences if each.level is Level.BREAKING]
    assert {(use.type, use.field) for each in told for use in each.touches} == {("Order", "/total")}


def test_null_in_openapi_3_0() -> None:
    def nullable(document: Json) -> None:
        schema(document)["properties"]["total"]["nullable"] = True

    old = {**base(), "openapi": "3.0.3"}
    new = copy.deepcopy(old)
    nullable(new)
    found = compare(json.dumps(old), json.dumps(new))
    assert found.outcome is Outcome.BREAKING
    assert compare(json.dumps(new), json.dumps(old)).flows[Direction.RESPONSE].forward is True
    # The word means nothing in 3.1.
    old["openapi"] = new["openapi"] = "3.1.0"
    assert compare(json.dumps(old), json.dumps(new)).outcome is Outcome.COMPATIBLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "is an object"),
        ("{}", "swagger: 2.0 nor openapi"),
        ('{"openapi": "3.0.0", "paths": []}', "“paths” is an object"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"$ref": "other.yaml"}}}', "leads out of the document"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}', "lead on and on"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"get": {"parameters": {}}}}}', "“parameters” is a list"),
    ],
)
def test_what_is_no_openapi_is_told(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        compare(text, text)
