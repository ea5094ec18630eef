"""Parts of contracts as the API takes and gives them."""

from typing import Any

from rest_framework import serializers

from rollouts.contracts.using.models import Use


class UsedPartIn(serializers.Serializer[Any]):
    """A part of the contract: an operation, a field, a type, or several of these."""

    operation = serializers.CharField(
        max_length=200, required=False, help_text="`GET /orders/{id}`, a topic, `Query.order`."
    )
    field = serializers.CharField(max_length=200, required=False, help_text="`address.street`.")
    type = serializers.CharField(max_length=120, required=False, help_text="A schema, message or record.")
    versions = serializers.CharField(
        max_length=120, required=False, help_text="The range in which it is used; default the consumer's."
    )
    reason = serializers.CharField(max_length=300, required=False)


class UsedPartOut(serializers.ModelSerializer[Use]):
    """`source`: whether somebody declared it or it was only seen; what was declared may be seen as well."""

    class Meta:
        model = Use
        fields = (
            "id", "operation", "field", "type", "versions", "reason", "source", "first_seen_at",
            "last_seen_at",
        )  # fmt: skip
