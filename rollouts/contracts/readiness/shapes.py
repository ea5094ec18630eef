"""Readiness as the API takes and gives it."""

from typing import Any

from rest_framework import serializers

from rollouts.contracts.readiness.values import Source
from rollouts.contracts.values import Readiness

READINESS = [one.value for one in Readiness]
SOURCE = [one.value for one in Source]


class StatedOut(serializers.Serializer[Any]):
    """One statement: who says it, since when, until when it counts."""

    readiness = serializers.ChoiceField(choices=READINESS)
    source = serializers.ChoiceField(choices=SOURCE)  # type: ignore[assignment]  # DRF has a `source` too
    at = serializers.DateTimeField(allow_null=True, help_text="Null where nobody knows since when.")
    expires_at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(help_text="Who, or where from.")
    note = serializers.CharField()
    url = serializers.CharField()
    reference = serializers.CharField(
        help_text="What it rests on, such as the number of a piece of evidence."
    )


class StandingOut(StatedOut):
    """What counts, and what speaks against it."""

    contradicted = serializers.CharField(help_text="A sentence; empty where nothing speaks against it.")


class ReadyOut(serializers.Serializer[Any]):
    """One consumer. `others` count too and are weaker or older; `expired` count no more."""

    service = serializers.SlugField(source="consumer.service.slug")
    team = serializers.SlugField(source="consumer.service.team.slug")
    standing = StandingOut()
    others = StatedOut(many=True, source="standing.others")
    expired = StatedOut(many=True, source="standing.expired")


class ReadinessOut(serializers.Serializer[Any]):
    contract = serializers.SlugField()
    version = serializers.CharField()
    consumers = ReadyOut(many=True)


class SignOffIn(serializers.Serializer[Any]):
    service = serializers.SlugField(max_length=60)
    version = serializers.CharField(max_length=60)
    readiness = serializers.ChoiceField(choices=READINESS, help_text="`unknown` takes back what was said.")
    until = serializers.DateField(
        required=False, help_text="The last day on which it counts. Default 90 days."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    url = serializers.URLField(max_length=500, required=False, allow_blank=True)
