"""What the API says of documents and of their differences."""

from typing import Any

from rest_framework import serializers

from rollouts.contracts.formats.values import Direction, Level, Outcome
from rollouts.contracts.values import Origin


class DocumentOut(serializers.Serializer[Any]):
    """The document of a version, without its text."""

    version = serializers.CharField(source="version.version")
    digest = serializers.CharField(source="document_id")
    size = serializers.IntegerField(source="document.size", help_text="Bytes.")
    origin = serializers.ChoiceField(choices=[origin.value for origin in Origin])
    address = serializers.CharField()
    stored_at = serializers.DateTimeField()
    stored_by = serializers.CharField()


class TextOut(DocumentOut):
    text = serializers.CharField(source="document.text")


class DocumentIn(serializers.Serializer[Any]):
    """A document as JSON. As plain text or a file it needs no quotes: `--data-binary @openapi.yaml`."""

    document = serializers.CharField(max_length=1_000_000, trim_whitespace=False)
    override = serializers.CharField(
        required=False, max_length=1_000, help_text="Why a broken rule is passed over."
    )


class UploadIn(serializers.Serializer[Any]):
    file = serializers.FileField()
    override = serializers.CharField(required=False, max_length=1_000)


class FetchIn(serializers.Serializer[Any]):
    """An address of the document, or of a registry with Confluent's API and a subject there."""

    address = serializers.URLField(max_length=500)
    subject = serializers.CharField(required=False, max_length=300)
    number = serializers.CharField(required=False, max_length=10, help_text="A subject's version, or latest.")
    token = serializers.CharField(required=False, max_length=4_000, help_text="Sent as Bearer, and not kept.")
    override = serializers.CharField(required=False, max_length=1_000)


class StoredOut(serializers.Serializer[Any]):
    """What became of it: `broken` are rules that it breaks, `open` those that nobody could decide."""

    what = serializers.CharField()
    digest = serializers.CharField()
    broken = serializers.ListField(child=serializers.CharField())
    open = serializers.ListField(child=serializers.CharField())


class TouchedPartOut(serializers.Serializer[Any]):
    operation = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    type = serializers.CharField(required=False)


class FlowOut(serializers.Serializer[Any]):
    """backward: what was valid is valid. forward: what is valid was. null: not decided."""

    backward = serializers.BooleanField(allow_null=True)
    forward = serializers.BooleanField(allow_null=True)


class ContractDifferenceOut(serializers.Serializer[Any]):
    rule = serializers.CharField()
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    location = serializers.CharField()
    direction = serializers.ChoiceField(choices=[each.value for each in Direction], allow_null=True)
    sentence = serializers.CharField()
    touches = TouchedPartOut(many=True)
    touched = serializers.ListField(child=serializers.CharField())
    may_be_touched = serializers.ListField(child=serializers.CharField())
    not_touched = serializers.ListField(child=serializers.CharField())


class VersionStepOut(serializers.Serializer[Any]):
    holds = serializers.BooleanField(allow_null=True)
    sentence = serializers.CharField()


class ConsumerTouchedOut(serializers.Serializer[Any]):
    """Whether anything but what is safe touches it; maybe, where its parts are not recorded."""

    service = serializers.CharField()
    touched = serializers.ChoiceField(choices=["yes", "maybe", "no"])
    declared = serializers.BooleanField()
    readiness = serializers.CharField(allow_null=True)
    parts_recorded = serializers.BooleanField()


class BetweenOut(serializers.Serializer[Any]):
    """Two versions compared. `error`: why they could not be; the verdict is then unknown."""

    contract = serializers.CharField()
    to = serializers.CharField()
    verdict = serializers.ChoiceField(choices=[each.value for each in Outcome])
    error = serializers.CharField(required=False)
    request = FlowOut(required=False)
    response = FlowOut(required=False)
    event = FlowOut(required=False)
    step = VersionStepOut()
    consumers = ConsumerTouchedOut(many=True)
    differences = ContractDifferenceOut(many=True)

    def get_fields(self) -> dict[str, Any]:
        """With `from`, which is no name in Python."""
        return {**super().get_fields(), "from": serializers.CharField()}


class ElementOut(serializers.Serializer[Any]):
    """An operation, field or type, and the versions whose document names it."""

    kind = serializers.CharField()
    operation = serializers.CharField()
    type = serializers.CharField()
    field = serializers.CharField()
    shape = serializers.CharField()
    required = serializers.BooleanField(allow_null=True)  # type: ignore[assignment]
    deprecated = serializers.BooleanField()
    versions = serializers.ListField(child=serializers.CharField(), help_text="contract/version")
