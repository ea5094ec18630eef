"""The elements of a document in any format."""

from collections.abc import Iterator, Mapping
from itertools import islice

from rollouts.contracts.documents.elements import asyncapi, avro, graphql, openapi, protobuf, schemas
from rollouts.contracts.documents.elements.values import Kind, Named
from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.values import Unreadable
from rollouts.contracts.values import Format

MOST = 5_000
"""Elements of one document that are kept; who looks for more reads the document."""


def elements(format_: Format, text: str) -> tuple[Named, ...]:
    """What the document names, each once, up to MOST. Raises Unreadable."""
    found = dict.fromkeys(islice(_elements(format_, text), MOST * 4))
    return tuple(islice(found, MOST))


def _elements(format_: Format, text: str) -> Iterator[Named]:
    if format_ is Format.GRAPHQL:
        return graphql.elements(text)
    if format_ is Format.PROTOBUF:
        return protobuf.elements(text)
    root = read(text)
    if format_ is Format.AVRO:
        return avro.elements(root)
    if format_ is Format.JSONSCHEMA:
        return _schema(root)
    if not isinstance(root, Mapping):
        raise Unreadable(f"A document of {format_.label} is an object.")
    return openapi.elements(root) if format_ is Format.OPENAPI else asyncapi.elements(root)


def _schema(root: object) -> Iterator[Named]:
    if isinstance(root, Mapping):
        title = root.get("title")
        if isinstance(title, str) and title:
            yield Named(Kind.TYPE, type=title[:200], shape=schemas.shape(root))
        yield from schemas.fields(root)
        for word in ("$defs", "definitions"):
            yield from schemas.types(root.get(word))
