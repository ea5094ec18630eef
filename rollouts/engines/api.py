"""The API of a service's flag tokens: the same verbs as the page."""

from typing import cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment, Service
from rollouts.engines import queries, services
from rollouts.engines.models import ServiceToken
from rollouts.lib.problems import Problem


class ServiceTokenIn(serializers.Serializer[ServiceToken]):
    """Where the holder of a new token runs."""

    environment = serializers.SlugRelatedField(
        slug_field="slug", queryset=Environment.objects.all(), required=False, allow_null=True, default=None
    )


class ServiceTokenOut(serializers.Serializer[ServiceToken]):
    """A token without its text."""

    id = serializers.IntegerField(source="pk")
    hint = serializers.CharField()
    environment = serializers.CharField(source="environment.slug", read_only=True, allow_null=True)
    issued_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewServiceToken(ServiceTokenOut):
    """A new token; `token` is its text, shown once."""

    token = serializers.SerializerMethodField()

    def get_token(self, _row: ServiceToken) -> str:
        return str(self.context["plain"])


def _caller(request: Request) -> Person:
    return cast("Person", request.user)


def _service(request: Request, slug: str) -> Service:
    """The service, when the caller may manage its tokens."""
    found = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    if not queries.may_manage(_caller(request), team_id=found.team_id):
        raise Problem(
            code="right",
            detail=f"Planners and admins of {found.team} manage these tokens.",
            remedy="Ask one of them.",
            status=403,
        )
    return found


class ServiceTokens(APIView):
    """The flag tokens of a service."""

    @extend_schema(operation_id="service_tokens_list", responses=ServiceTokenOut(many=True))
    def get(self, request: Request, service: str) -> Response:
        found = _service(request, service)
        return Response([ServiceTokenOut(token).data for token in queries.tokens_of(found.slug)])

    @extend_schema(request=ServiceTokenIn, responses={201: NewServiceToken})
    def post(self, request: Request, service: str) -> Response:
        found = _service(request, service)
        asked = ServiceTokenIn(data=request.data)
        asked.is_valid(raise_exception=True)
        token, plain = services.issue_token(
            service=found,
            actor=_caller(request).actor,
            face=Face.API,
            environment=asked.validated_data["environment"],
        )
        response = Response(NewServiceToken(token, context={"plain": plain}).data, status=201)
        response["Cache-Control"] = "no-store"
        return response


class OneServiceToken(APIView):
    """One flag token of a service."""

    @extend_schema(responses=ServiceTokenOut)
    def delete(self, request: Request, service: str, pk: int) -> Response:
        """Revokes it: it opens nothing any more, and stays listed."""
        found = _service(request, service)
        get_object_or_404(ServiceToken, pk=pk, service=found)
        try:
            token = services.revoke_token(pk=pk, actor=_caller(request).actor, face=Face.API)
        except services.AlreadyRevoked as error:
            raise Problem(code="revoked", detail=str(error), remedy="Nothing is left to do.") from error
        return Response(ServiceTokenOut(token).data)
