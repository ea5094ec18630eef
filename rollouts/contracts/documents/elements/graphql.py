"""Types and fields of a GraphQL schema; those of its roots are operations."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    EnumTypeDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from rollouts.contracts.documents.elements.values import Kind, Named
from rollouts.contracts.formats.reading import bounded
from rollouts.contracts.formats.values import Unreadable

MOST_BYTES = 256_000
MOST_TOKENS = 50_000
ROOTS = frozenset({"Query", "Mutation", "Subscription"})


def elements(text: str) -> Iterator[Named]:
    """What the schema names. Raises Unreadable."""
    try:
        document = parse(bounded(text, MOST_BYTES), max_tokens=MOST_TOKENS, no_location=True)
    except (GraphQLError, RecursionError) as error:
        raise Unreadable("This is no GraphQL schema, or one that is nested too deep.") from error
    for node in document.definitions:
        yield from _definition(node)


def _definition(node: Any) -> Iterator[Named]:
    if isinstance(node, EnumTypeDefinitionNode):
        values = ", ".join(value.name.value for value in (node.values or ())[:12])
        yield Named(Kind.TYPE, type=node.name.value, shape=f"one of {values}")
    elif isinstance(node, ScalarTypeDefinitionNode):
        yield Named(Kind.TYPE, type=node.name.value, shape="scalar")
    elif isinstance(node, UnionTypeDefinitionNode):
        members = ", ".join(each.name.value for each in node.types or ())
        yield Named(Kind.TYPE, type=node.name.value, shape=f"any of {members}"[:300])
    elif isinstance(
        node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | InputObjectTypeDefinitionNode
    ):
        yield from _fields(node)


def _fields(node: Any) -> Iterator[Named]:
    name, input_ = node.name.value, isinstance(node, InputObjectTypeDefinitionNode)
    if name not in ROOTS:
        yield Named(Kind.TYPE, type=name, shape="input" if input_ else "")
    for field in node.fields or ():
        shape = print_ast(field.type)
        gone = any(each.name.value == "deprecated" for each in field.directives or ())
        if name in ROOTS:
            yield Named(Kind.OPERATION, f"{name}.{field.name.value}", shape=shape, deprecated=gone)
            continue
        needed = shape.endswith("!") and not (input_ and field.default_value)
        yield Named(Kind.FIELD, "", name, field.name.value, shape, needed, gone)
