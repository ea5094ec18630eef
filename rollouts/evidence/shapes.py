"""Evidence as the API takes and gives it."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from rollouts.evidence.about import MOST_FLAGS, About
from rollouts.evidence.models import Result
from rollouts.evidence.reports.values import Counts, Report, Unreadable, named
from rollouts.evidence.values import Form, Kind, Outcome

MOST = 10_000_000
KINDS = [kind.value for kind in Kind]
OUTCOMES = [outcome.value for outcome in Outcome]


VALUE = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}


@extend_schema_field({"type": "object", "additionalProperties": VALUE})
class FlagsField(serializers.Field[Any, Any, Any, Any]):
    """Flags with their values; in an address or a form as JSON text."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Raises ValidationError for what are no flags."""
        if isinstance(data, str):
            try:
                data = json.loads(data or "{}")
            except (ValueError, RecursionError):
                raise serializers.ValidationError('Write the flags as JSON: {"new-address": true}.') from None
        if not isinstance(data, dict) or len(data) > MOST_FLAGS:
            raise serializers.ValidationError(f"Flags are an object of at most {MOST_FLAGS} names.")
        for name, value in data.items():
            if (
                not 0 < len(name) <= 100
                or not isinstance(value, bool | int | float | str)
                or len(str(value)) > 100
            ):
                raise serializers.ValidationError(
                    "A flag has a name and a short text, number, true or false."
                )
        return data

    def to_representation(self, value: Any) -> Any:
        return value


def _text(most: int, help_text: str = "") -> serializers.CharField:
    return serializers.CharField(
        max_length=most, required=False, allow_blank=True, default="", help_text=help_text
    )


class AboutIn(serializers.Serializer[Any]):
    """What a result is about: beside a report in the address or in the form, else in the body."""

    kind = serializers.ChoiceField(choices=KINDS, default=Kind.CONTRACT_TEST.value)
    service = _text(60, "Whose tests they are; of a contract the consumer.")
    build = _text(100, "The service's build that was tested.")
    contract = _text(80)
    version = _text(60, "Of the contract.")
    provider_build = _text(100)
    environment = _text(60)
    rollout = _text(80)
    stage = _text(80, "A stage of the rollout by its name.")
    flags = FlagsField(required=False, default=dict)
    at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When it was run; a report may say it itself.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Default 14 days after it was run."
    )
    title = _text(200)
    note = _text(5_000)
    source: Any = _text(120, "Where it comes from, such as the name of a pipeline.")
    url = serializers.URLField(max_length=500, required=False, allow_blank=True, default="")

    def about(self) -> About:
        """What was checked, as a value."""
        fields = {name: value for name, value in self.validated_data.items() if name in _ABOUT}
        return About(**{**fields, "kind": Kind(fields["kind"])})


_ABOUT = frozenset(About.__dataclass_fields__)


class EvidenceIn(AboutIn):
    """A result in our own words: what was tried, what came of it, when, and how many tests there were."""

    kind = serializers.ChoiceField(choices=KINDS)
    result = serializers.ChoiceField(choices=OUTCOMES)
    at = serializers.DateTimeField()
    tests = serializers.IntegerField(min_value=0, max_value=MOST, required=False)
    failures = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    errors = serializers.IntegerField(min_value=0, max_value=MOST, default=0)  # type: ignore[assignment]
    skipped = serializers.IntegerField(min_value=0, max_value=MOST, default=0)
    failed = serializers.ListField(
        child=serializers.CharField(max_length=1_000), required=False, max_length=1_000,
        help_text="Names of what failed; 20 are kept.",
    )  # fmt: skip

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """The counts fit the result. Raises ValidationError."""
        bad = data["failures"] + data["errors"]
        if data["result"] == Outcome.PASSED and (bad or data.get("failed")):
            raise serializers.ValidationError({"result": ["It passed, and names failures."]})
        if "tests" in data and data["tests"] < bad + data["skipped"]:
            raise serializers.ValidationError({"tests": ["There are more failures and skips than tests."]})
        if "tests" in data:
            try:
                Counts(data["tests"], data["failures"], data["errors"], data["skipped"]).require_run()
            except Unreadable as error:
                raise serializers.ValidationError({"tests": [f"{error.sentence} {error.remedy}"]}) from None
        return data

    def report(self) -> Report:
        """What was checked, as a report."""
        said = self.validated_data
        counts = Counts(said.get("tests"), said["failures"], said["errors"], said["skipped"])
        return Report(Outcome(said["result"]), counts, failed=named(said.get("failed", [])))


class ReportIn(AboutIn):
    """A report as a file, with what it is about beside it."""

    report = serializers.FileField(help_text="JUnit XML, or JSON of a Pact verification with `form`: `pact`.")
    form = serializers.ChoiceField(choices=[Form.JUNIT.value, Form.PACT.value], default=Form.JUNIT.value)


def _slug() -> Any:
    return serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)


class EvidenceOut(serializers.ModelSerializer[Result]):
    """One result. `counts`: it has not expired. `form`: how it was told."""

    result = serializers.ChoiceField(choices=OUTCOMES, source="outcome", read_only=True)
    service, contract, environment, rollout = _slug(), _slug(), _slug(), _slug()
    flags = FlagsField(read_only=True)
    failed = serializers.ListField(child=serializers.CharField(), read_only=True)
    sentence = serializers.CharField(read_only=True)
    by = serializers.CharField(source="by_name", read_only=True)

    class Meta:
        model = Result
        fields = (
            "id", "kind", "result", "title", "sentence", "at", "received_at", "expires_at", "service",
            "build", "contract", "version", "provider_build", "environment", "rollout", "stage", "flags",
            "tests", "failures", "errors", "skipped", "failed", "note", "source", "url", "form", "digest",
            "by",
        )  # fmt: skip


class RecordedOut(EvidenceOut):
    """`repeated`: it had been sent before, and this is what was kept then."""

    repeated = serializers.BooleanField(read_only=True)

    class Meta(EvidenceOut.Meta):
        fields = (*EvidenceOut.Meta.fields, "repeated")  # type: ignore[assignment]


class PactWebhookIn(serializers.Serializer[Any]):
    """The body of a Pact Broker's webhook, by its own names."""

    eventName = serializers.CharField()  # noqa: N815 - the broker's own names
    consumerName = serializers.CharField()  # noqa: N815
    providerName = serializers.CharField()  # noqa: N815
    consumerVersionNumber = serializers.CharField(required=False)  # noqa: N815
    providerVersionNumber = serializers.CharField(required=False)  # noqa: N815
    githubVerificationStatus = serializers.CharField(required=False)  # noqa: N815
    verificationResultUrl = serializers.URLField(required=False)  # noqa: N815


class PactWebhookOut(serializers.Serializer[Any]):
    """`evidence` is null for an event that brings no result, which is no error."""

    evidence = RecordedOut(allow_null=True)
