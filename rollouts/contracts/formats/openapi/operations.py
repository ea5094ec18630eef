"""An OpenAPI document as operations: references resolved, versions levelled, defaults written out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.subsumption.documents import HOPS, BadReference, Document
from rollouts.contracts.formats.values import Unreadable

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
COLLECTIONS = {"multi": ("form", True), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
NO_SCHEMA = frozenset({"in", "name", "required", "description", "collectionFormat", "allowEmptyValue"})
"""What of a parameter of Swagger 2.0 is not its schema."""

Json = Mapping[str, Any]
Content = Mapping[str, Any]
"""Schemas by media type; None where a media type has no schema."""


@dataclass(frozen=True)
class Parameter:
    """`media` is set where the value is a document of that media type."""

    place: str
    name: str
    required: bool
    style: str
    explode: bool
    schema: Any
    media: str = ""

    @property
    def shown(self) -> str:
        return f"{self.place} parameter “{self.name}”"


@dataclass(frozen=True)
class Body:
    required: bool
    content: Content


@dataclass(frozen=True)
class Header:
    name: str
    required: bool
    schema: Any


@dataclass(frozen=True)
class Response:
    content: Content
    headers: Mapping[str, Header]


@dataclass(frozen=True)
class Operation:
    """`security`: alternatives, each the schemes that it needs with their scopes."""

    shown: str
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    responses: Mapping[str, Response]
    security: tuple[Mapping[str, frozenset[str]], ...]
    deprecated: bool
    sunset: Any
    callbacks: Mapping[str, "Operation"] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """Operations by method and path, names of path parameters left out."""

    document: Document
    operations: Mapping[str, Operation]
    webhooks: Mapping[str, Operation]
    servers: frozenset[str]
    schemas: Mapping[str, Any]


def api(text: str) -> Api:
    """The document. Raises Unreadable."""
    root = read(text)
    if not isinstance(root, Mapping):
        raise Unreadable("An OpenAPI document is an object.")
    version = str(root.get("openapi", root.get("swagger", "")))
    if not version.startswith(("2.", "3.0", "3.1")):
        raise Unreadable("The document says neither swagger: 2.0 nor openapi: 3.0 or 3.1.")
    old = version.startswith(("2.", "3.0"))
    reader = _Reader(Document(root, nullable=old, siblings=not old), version.startswith("2."))
    return Api(
        reader.document,
        reader.operations("paths"),
        reader.operations("webhooks"),
        reader.servers(),
        reader.schemas(),
    )


class _Reader:
    """Takes one document apart."""

    def __init__(self, document: Document, swagger: bool) -> None:
        self.document, self.root, self.swagger = document, document.root, swagger

    def operations(self, section: str) -> dict[str, Operation]:
        found: dict[str, Operation] = {}
        for path, item in self._mapping(self.root.get(section, {}), section).items():
            for key, operation in self._of_path(path, item, section):
                found.setdefault(key, operation)
        return found

    def servers(self) -> frozenset[str]:
        if self.swagger:
            return frozenset({str(self.root.get("basePath", "/"))})
        named = self.root.get("servers")
        return (
            frozenset(str(each.get("url", "")).rstrip("/") for each in named if isinstance(each, Mapping))
            if isinstance(named, list)
            else frozenset()
        )

    def schemas(self) -> Json:
        """Named schemas."""
        if self.swagger:
            return self._mapping(self.root.get("definitions", {}), "definitions")
        components = self._mapping(self.root.get("components", {}), "components")
        return self._mapping(components.get("schemas", {}), "schemas")

    # --- places that may be references ---------------------------------------------------------

    def _resolved(self, value: Any, what: str) -> Json:
        for _ in range(HOPS):
            found = self._mapping(value, what)
            if "$ref" not in found:
                return found
            try:
                value = self.document.find(str(found["$ref"]))
            except BadReference as bad:
                raise Unreadable(str(bad)) from bad
        raise Unreadable(f"References of {what} lead on and on.")

    def _mapping(self, value: Any, what: str) -> Json:
        if not isinstance(value, Mapping):
            raise Unreadable(f"“{what}” is an object in OpenAPI.")
        return value

    def _list(self, value: Any, what: str) -> list[Any]:
        if not isinstance(value, list):
            raise Unreadable(f"“{what}” is a list in OpenAPI.")
        return value

    # --- operations ----------------------------------------------------------------------------

    def _of_path(self, path: str, item: Any, section: str) -> Iterator[tuple[str, Operation]]:
        inside = self._resolved(item, path)
        shared = self._list(inside.get("parameters", []), "parameters")
        for method in METHODS:
            if method in inside:
                given = self._mapping(inside[method], method)
                operation = self._operation(f"{method.upper()} {path}", path, given, shared)
                yield f"{method.upper()} {levelled(path)}", operation

    def _operation(self, shown: str, path: str, given: Json, shared: list[Any]) -> Operation:
        named = [self._resolved(each, "parameters") for each in shared]
        named += [
            self._resolved(each, "parameters")
            for each in self._list(given.get("parameters", []), "parameters")
        ]
        responses = self._mapping(given.get("responses", {}), "responses")
        return Operation(
            shown=shown,
            parameters=self._parameters(path, named),
            body=self._body(given, named),
            responses={
                code.upper() if code != "default" else code: self._response(each, given)
                for code, each in responses.items()
                if not code.startswith("x-")
            },
            security=self._security(given.get("security", self.root.get("security", []))),
            deprecated=given.get("deprecated") is True,
            sunset=given.get("x-sunset"),
            callbacks=dict(self._callbacks(shown, given)),
        )

    def _callbacks(self, shown: str, given: Json) -> Iterator[tuple[str, Operation]]:
        for name, callback in self._mapping(given.get("callbacks", {}), "callbacks").items():
            for expression, item in self._resolved(callback, name).items():
                if not expression.startswith("x-"):
                    for key, operation in self._of_path(expression, item, "callbacks"):
                        yield f"{name} {key}", operation

    def _parameters(self, path: str, named: list[Json]) -> dict[tuple[str, str], Parameter]:
        """By place and name; path parameters by their position, header names in small letters."""
        places = re.findall(r"\{([^}]*)\}", path)
        found = {}
        for given in named:
            place, name = str(given.get("in")), str(given.get("name"))
            if place in ("body", "formData"):
                continue
            key = name
            if place == "path":
                key = str(places.index(name)) if name in places else name
            elif place == "header":
                key = name.lower()
            found[place, key] = self._parameter(place, name, given)
        return found

    def _parameter(self, place: str, name: str, given: Json) -> Parameter:
        required = given.get("required") is True or place == "path"
        if self.swagger:
            collected = str(given.get("collectionFormat"))
            style, explode = COLLECTIONS.get(collected, (STYLES.get(place, "form"), False))
            return Parameter(place, name, required, style, explode, _schema_of(given))
        style = str(given.get("style", STYLES.get(place, "form")))
        schema = given.get("schema")
        one = isinstance(schema, Mapping) and schema.get("type") in ("string", "number", "integer", "boolean")
        # One value alone is written the same either way.
        explode = not one and given.get("explode", style == "form") is True
        content = given.get("content")
        if isinstance(content, Mapping) and content:
            media, inside = next(iter(content.items()))
            return Parameter(
                place, name, required, style, explode, self._mapping(inside, media).get("schema", True), media
            )
        return Parameter(place, name, required, style, explode, given.get("schema", True))

    def _body(self, given: Json, named: list[Json]) -> Body | None:
        if self.swagger:
            return self._old_body(given, named)
        if "requestBody" not in given:
            return None
        body = self._resolved(given["requestBody"], "requestBody")
        return Body(body.get("required") is True, self._content(body.get("content", {})))

    def _old_body(self, given: Json, named: list[Json]) -> Body | None:
        medias = given.get("consumes", self.root.get("consumes", ["application/json"])) or [
            "application/json"
        ]
        for each in named:
            if each.get("in") == "body":
                return Body(
                    each.get("required") is True, dict.fromkeys(map(_media, medias), each.get("schema", True))
                )
        fields = {
            str(each["name"]): each for each in named if each.get("in") == "formData" and "name" in each
        }
        if not fields:
            return None
        required = [name for name, each in fields.items() if each.get("required") is True]
        schema = {
            "type": "object",
            "properties": {name: _schema_of(each) for name, each in fields.items()},
            "required": required,
        }
        return Body(bool(required), {"form": schema})

    def _response(self, value: Any, given: Json) -> Response:
        inside = self._resolved(value, "responses")
        headers = {}
        for name, each in self._mapping(inside.get("headers", {}), "headers").items():
            header = self._resolved(each, name)
            schema = _schema_of(header) if self.swagger else header.get("schema", True)
            headers[name.lower()] = Header(name, header.get("required") is True, schema)
        if self.swagger:
            medias = given.get("produces", self.root.get("produces", ["application/json"])) or [
                "application/json"
            ]
            content = dict.fromkeys(map(_media, medias), inside["schema"]) if "schema" in inside else {}
            return Response(content, headers)
        return Response(self._content(inside.get("content", {})), headers)

    def _content(self, given: Any) -> Content:
        return {
            _media(media): self._mapping(inside, media).get("schema", True)
            for media, inside in self._mapping(given, "content").items()
        }

    def _security(self, given: Any) -> tuple[Mapping[str, frozenset[str]], ...]:
        """The alternatives; none is one that needs nothing. A scheme counts with what it is."""
        schemes = self.root.get("securityDefinitions" if self.swagger else "components", {})
        if not self.swagger and isinstance(schemes, Mapping):
            schemes = schemes.get("securitySchemes", {})
        found = []
        for alternative in self._list(given, "security"):
            needs = self._mapping(alternative, "security").items()
            found.append(
                {
                    _scheme(name, schemes): frozenset(map(str, self._list(scopes, "security")))
                    for name, scopes in needs
                }
            )
        return tuple(found) or ({},)


def _scheme(name: str, schemes: Any) -> str:
    given = schemes.get(name, {}) if isinstance(schemes, Mapping) else {}
    kind = (
        [str(given.get(word, "")) for word in ("type", "scheme", "in", "name")]
        if isinstance(given, Mapping)
        else []
    )
    return " ".join([name, *kind]).strip()


def _schema_of(given: Json) -> Json:
    return {word: value for word, value in given.items() if word not in NO_SCHEMA}


def _media(name: Any) -> str:
    """A media type without its parameters: they are not what a document is."""
    return str(name).partition(";")[0].strip().lower()


def levelled(path: str) -> str:
    """A path without the names of its parameters: another name is no change."""
    return re.sub(r"\{[^}]*\}", "{}", path)
