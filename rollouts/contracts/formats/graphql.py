"""GraphQL, by graphql-core's own lists of breaking and dangerous changes."""

import re

from graphql import GraphQLError, GraphQLSchema, build_ast_schema, parse
from graphql.language import TypeSystemDefinitionNode, TypeSystemExtensionNode
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from rollouts.contracts.formats.reading import bounded
from rollouts.contracts.formats.values import (
    Comparison,
    Difference,
    Direction,
    Flow,
    Level,
    Outcome,
    Unreadable,
    Use,
)

MOST_BYTES = 256_000
MOST_TOKENS = 50_000
NAMES = re.compile(r"\b([_A-Za-z][_0-9A-Za-z]*)\.([_A-Za-z][_0-9A-Za-z]*)\b")


def schema(text: str) -> GraphQLSchema:
    """The schema as read. Raises Unreadable."""
    try:
        document = parse(bounded(text, MOST_BYTES), max_tokens=MOST_TOKENS)
        if not all(
            isinstance(each, TypeSystemDefinitionNode | TypeSystemExtensionNode)
            for each in document.definitions
        ):
            raise Unreadable("This is a GraphQL query and no schema.")
        return build_ast_schema(document)
    except (GraphQLError, TypeError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Unreadable(f"This is no GraphQL schema: {said}") from error
    except RecursionError as error:
        raise Unreadable("The schema is nested too deep.") from error


def compare(old: str, new: str) -> Comparison:
    """The library tells changes, not directions. Raises Unreadable."""
    before, after = schema(old), schema(new)
    try:
        # A scalar of the language that is no longer named takes nothing from anybody.
        breaking = [
            each for each in find_breaking_changes(before, after) if "Standard scalar" not in each.description
        ]
        dangerous = find_dangerous_changes(before, after)
    except RecursionError as error:
        raise Unreadable("The schemas are nested too deep to be compared.") from error
    differences = [
        *(_difference(each.type.name, each.description, Level.BREAKING) for each in breaking),
        *(_difference(each.type.name, each.description, Level.DANGEROUS) for each in dangerous),
    ]
    decided = Outcome.BREAKING if breaking else Outcome.DANGEROUS if dangerous else Outcome.COMPATIBLE
    nothing = {Direction.REQUEST: Flow(), Direction.RESPONSE: Flow()}
    return Comparison(flows=nothing, differences=tuple(differences), decided=decided)


def _difference(kind: str, said: str, level: Level) -> Difference:
    """The place of the change stands in its words only."""
    named = NAMES.search(said)
    type_ = named[1] if named else next(iter(re.findall(r"\b[A-Z][_0-9A-Za-z]*\b", said)), "")
    field = named[2] if named else ""
    return Difference(
        rule=kind.lower().replace("_", "-"),
        level=level,
        location=f"{type_}.{field}" if field else type_,
        sentence=said if said.endswith(".") else f"{said}.",
        touches=(Use(type=type_, field=field),),
    )
