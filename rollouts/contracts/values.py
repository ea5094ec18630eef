"""What a contract can be."""

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


class DependencyKind(StrEnum):
    """Hard: the caller fails with the callee. Soft: it copes."""

    HARD = "hard"
    SOFT = "soft"
