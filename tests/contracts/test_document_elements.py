"""What documents name, in each format; and documents of strangers, which are refused in time."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.documents.elements.index import MOST, elements
from rollouts.contracts.documents.elements.values import Kind, Named
from rollouts.contracts.formats.values import Unreadable
from rollouts.contracts.values import Format
from tests.contracts import papers


def found(format_: Format, text: str) -> dict[tuple[str, str, str], Named]:
    return {(each.operation, each.type, each.field): each for each in elements(format_, text)}


def test_openapi_names_operations_parameters_bodies_and_schemas() -> None:
    seen = found(Format.OPENAPI, papers.OPENAPI)
    assert seen["GET /orders/{id}", "", ""].shape == "One order"
    assert seen["POST /orders", "", ""].deprecated
    parameter = seen["GET /orders/{id}", "", "id"]
    assert (parameter.shape, parameter.required) == ("path parameter, string, max. length 40", True)
    assert seen["POST /orders", "", "sku"].required
    assert seen["POST /orders", "", "note"].required is False
    assert seen["GET /orders/{id}", "Order", ""].kind is Kind.TYPE
    address = seen["", "Order", "address"]
    assert (address.shape, address.required) == ("string, max. length 200", True)


def test_fields_of_objects_and_of_elements_have_dots() -> None:
    assert ("", "Order", "address.street") in found(Format.OPENAPI, papers.SPLIT)
    assert ("", "", "items.sku") in found(Format.JSONSCHEMA, papers.JSONSCHEMA)


def test_asyncapi_names_channels_and_fields() -> None:
    seen = found(Format.ASYNCAPI, papers.ASYNCAPI)
    assert {("orders.placed", "", ""), ("orders.placed", "OrderPlaced", "")} <= seen.keys()
    assert ("orders.placed", "", "orderId") in seen


def test_asyncapi_3_names_the_address_of_a_channel() -> None:
    message = "{m: {payload: {properties: {x: {}}}}}"
    text = f"asyncapi: 3.0.0\nchannels: {{a: {{address: orders.placed, messages: {message}}}}}"
    assert ("orders.placed", "", "x") in found(Format.ASYNCAPI, text)


def test_avro_says_which_fields_have_a_default() -> None:
    seen = found(Format.AVRO, papers.AVRO)
    assert [seen["", "Order", name].required for name in ("id", "state", "note")] == [True, True, False]
    assert seen["", "State", ""].shape == "one of NEW, SENT"


def test_graphql_names_roots_as_operations() -> None:
    seen = found(Format.GRAPHQL, papers.GRAPHQL)
    assert seen["Query.order", "", ""].deprecated
    assert (seen["", "Order", "id"].required, seen["", "Order", "items"].required) == (True, False)
    assert (seen["", "Wanted", "sku"].required, seen["", "Wanted", "count"].required) == (True, False)


def test_protobuf_names_messages_fields_and_rpcs() -> None:
    seen = found(Format.PROTOBUF, papers.PROTOBUF)
    assert seen["orders.v1.Orders/Get", "", ""].shape == "Order → Order"
    assert seen["", "Order", "items"].shape == "repeated Item, number 2"
    assert seen["", "Order", "labels"].shape == "map<string, string>, number 3"
    assert seen["", "Order.Item", "sku"].deprecated
    assert ("", "Order", "card") in seen
    assert not [key for key in seen if "Commented" in key or "NEW" in key]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("GET /orders/{id} shipToAddress", {"get", "orders", "id", "shiptoaddress", "ship", "to", "address"}),
        ("HTTPServer x_y", {"httpserver", "x", "y"}),
        ("", set()),
    ],
)
def test_names_are_found_by_their_parts(text: str, wanted: set[str]) -> None:
    assert wanted <= set(Named(Kind.FIELD, text).words.split())


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        (Format.OPENAPI, "[" * 50_000),
        (Format.OPENAPI, "- 1"),
        (Format.AVRO, '{"a":' * 2_000 + "1" + "}" * 2_000),
        (Format.GRAPHQL, "type Query {"),
        (Format.GRAPHQL, "{" * 40_000),
        (Format.JSONSCHEMA, "a: &a [1]\nb: [" + "*a," * 5_000 + "]"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(format_: Format, text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        elements(format_, text)
    assert str(refused.value).endswith((".", "schema", "schema: "))


def test_a_document_with_very_many_names_keeps_the_first() -> None:
    text = "{" + ",".join(f'"t{n}": {{}}' for n in range(MOST + 10)) + "}"
    assert len(elements(Format.JSONSCHEMA, f'{{"properties": {text}}}')) == MOST


@given(text=st.text(max_size=300), format_=st.sampled_from(Format))
def test_any_text_is_read_or_refused(text: str, format_: Format) -> None:
    with contextlib.suppress(Unreadable):
        elements(format_, text)


@given(
    root=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["paths", "get", "properties", "type", "items", "fields", "channels", "allOf", "$ref", "name",
                 "components", "schemas", "parameters", "requestBody", "content", "schema", "required"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=25,
    ),
    format_=st.sampled_from([Format.OPENAPI, Format.ASYNCAPI, Format.AVRO, Format.JSONSCHEMA]),
)  # fmt: skip
def test_any_value_where_a_document_is_expected_breaks_nothing(root: object, format_: Format) -> None:
    with contextlib.suppress(Unreadable):
        elements(format_, json.dumps(root))
