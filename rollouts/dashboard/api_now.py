"""The first page over the API: what needs the caller, collisions, metric sources, and what happened."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.dashboard.glance import collisions, lately, sources
from rollouts.dashboard.glance.looking import Glance
from rollouts.health import queries as health
from rollouts.lib.clock import database_now


class StepOut(serializers.Serializer[Any]):
    """What can be done about it, and where."""

    word = serializers.CharField()
    href = serializers.CharField()


class NeedOut(serializers.Serializer[Any]):
    """One thing that needs the caller; `urgency` 0 is a page, 9 is reading."""

    urgency = serializers.IntegerField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    href = serializers.CharField()
    until = serializers.DateTimeField(source="until_at", allow_null=True)
    steps = StepOut(many=True)


class PlaceOut(serializers.Serializer[Any]):
    """A rollout, with its stage, and its page."""

    title = serializers.CharField()
    href = serializers.CharField()


class CollisionOut(serializers.Serializer[Any]):
    """What meets, from when, and between which rollouts."""

    title = serializers.CharField()
    sentence = serializers.CharField()
    at = serializers.DateTimeField()
    rollouts = PlaceOut(many=True)


class SourceNowOut(serializers.Serializer[Any]):
    """How a metric source stands: new, late, failing or well."""

    name = serializers.CharField(source="slug")
    title = serializers.CharField(source="name")
    standing = serializers.ChoiceField(choices=sources.WORST_FIRST)
    last_success_at = serializers.DateTimeField(allow_null=True)
    silent_targets = serializers.IntegerField(source="silent")


class HappenedOut(serializers.Serializer[Any]):
    """What moved a rollout, or stopped it."""

    at = serializers.DateTimeField()
    title = serializers.CharField()
    href = serializers.CharField()
    sentence = serializers.CharField()


class NowOut(serializers.Serializer[Any]):
    """The first page. `since`: when the caller's visit before this one ended; asking here is no visit."""

    needs = NeedOut(many=True)
    collisions = CollisionOut(many=True)
    sources = SourceNowOut(many=True)
    since = serializers.DateTimeField(allow_null=True)
    happened = HappenedOut(many=True)


class Now(APIView):
    """What needs the caller, and what they should know of; `show=all` looks beyond their own rollouts."""

    @extend_schema(
        operation_id="now", parameters=[OpenApiParameter("show", str, enum=["all"])], responses=NowOut
    )
    def get(self, request: Request) -> Response:
        everything = request.query_params.get("show") == "all"
        assert isinstance(request.user, Person)  # noqa: S101 - the API asks everybody to sign in
        glance = Glance(request.user, database_now(), everything=everything, arriving=False)
        since = glance.since or glance.now - lately.FIRST
        told = {
            "needs": glance.items,
            "collisions": [collision(each) for each in collisions.collisions(glance)],
            "sources": health.standings(glance.now),
            "since": glance.since,
            "happened": lately.lines(glance, since)[: lately.SHOWN],
        }
        return Response(NowOut(told).data)


def collision(found: collisions.Collision) -> dict[str, Any]:
    """A collision as the API shows it."""
    places = [{"title": title, "href": href} for title, href in found.links]
    return {**asdict(found), "rollouts": places}
