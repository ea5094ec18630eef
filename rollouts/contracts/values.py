"""What a contract can be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Format(StrEnum):
    """The language a contract is written in."""

    OPENAPI = "openapi"
    ASYNCAPI = "asyncapi"
    JSONSCHEMA = "jsonschema"
    AVRO = "avro"
    PROTOBUF = "protobuf"
    GRAPHQL = "graphql"

    @property
    def label(self) -> str:
        return {
            "openapi": "OpenAPI", "asyncapi": "AsyncAPI", "jsonschema": "JSON Schema",
            "avro": "Avro", "protobuf": "Protobuf", "graphql": "GraphQL",
        }[self.value]  # fmt: skip


MESSAGES = frozenset({Format.ASYNCAPI, Format.AVRO, Format.JSONSCHEMA})
"""Formats that describe messages: who consumes them is called, and does not call."""


class VersionState(StrEnum):
    """The life of a contract's version."""

    DRAFT = "draft"
    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Readiness(StrEnum):
    """How ready a consumer is for the next version."""

    UNKNOWN = "unknown"
    NOT_READY = "not_ready"
    TESTING = "testing"
    READY = "ready"
    MIGRATED = "migrated"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def ready(self) -> bool:
        """Whether the version can be spoken."""
        return self in (Readiness.READY, Readiness.MIGRATED)


class DependencyKind(StrEnum):
    """Hard: the caller fails with the callee. Soft: it copes."""

    HARD = "hard"
    SOFT = "soft"


class UseSource(StrEnum):
    """How it is known that a service uses a part of a contract: somebody said so, or it was seen."""

    DECLARED = "declared"
    OBSERVED = "observed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True)
class Used:
    """A part of a contract that a service was seen to use: slugs, the part, first and last time."""

    contract: str
    service: str
    operation: str
    field: str
    type: str
    first_at: datetime
    last_at: datetime


class Origin(StrEnum):
    """How a document came."""

    UPLOAD = "upload"
    API = "api"
    ADDRESS = "address"
    REGISTRY = "registry"

    @property
    def label(self) -> str:
        return {
            "upload": "Uploaded in the page", "api": "Sent over the API",
            "address": "Fetched from its address", "registry": "Fetched from a schema registry",
        }[self.value]  # fmt: skip


class Policy(StrEnum):
    """What a new version may do to who has the old one, as schema registries call it.

    Backward: what was valid is valid; who receives may move first. Forward: what is valid was; who sends may.
    """

    NONE = "none"
    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Model(StrEnum):
    """Open: what is not declared is not sent. Strict: it may hold anything."""

    OPEN = "open"
    STRICT = "strict"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Category(StrEnum):
    """What of Protobuf has to stay, by Buf's categories: what is compiled, or what goes over the wire."""

    FILE = "FILE"
    PACKAGE = "PACKAGE"
    CSR = "CSR"
    WIRE_JSON = "WIRE_JSON"
    WIRE = "WIRE"


class First(StrEnum):
    """Who of provider and consumer has to move first when a contract changes.

    Additions the provider, removals the consumers, what is compatible both ways either. What is compatible in
    no way has to be split into expand, migrate and contract.
    """

    PROVIDER = "provider"
    CONSUMER = "consumer"
    ANY = "any"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, order=True)
class Transition:
    """A contract, from one version to another."""

    contract: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.contract} {self.old} to {self.new}"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who of provider and consumer may move first, and why; None: nobody could tell."""

    first: First | None
    because: str = ""


UNCOMPARED = Ruling(None, "its documents were not compared")


@dataclass(frozen=True, slots=True)
class Rulings:
    """What comparing a transition's documents says: of consumers by slug, and of all others."""

    usual: Ruling = UNCOMPARED
    consumers: Mapping[str, Ruling] = field(default_factory=dict)

    def of(self, consumer: str) -> Ruling:
        return self.consumers.get(consumer, self.usual)


def speaks(version: str, known: Collection[str]) -> str:
    """The one of the versions that a call's version is, or is a minor or patch of; empty where it is none."""
    fitting = [one for one in known if version == one or version.startswith(f"{one}.")]
    return max(fitting, key=len, default="")
