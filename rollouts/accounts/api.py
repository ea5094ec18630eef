"""People, teams, roles and tokens over the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts import services
from rollouts.accounts.models import Membership, Person, Team, Token
from rollouts.accounts.values import Role, Scope
from rollouts.audit.values import Face
from rollouts.lib.problems import Problem


def caller(request: Request) -> Person:
    """The person who asks."""
    assert isinstance(request.user, Person)  # noqa: S101 - the default permission lets only people in
    return request.user


class MemberOut(serializers.ModelSerializer[Membership]):
    person = serializers.EmailField(source="person.email")
    name = serializers.CharField(source="person.name")

    class Meta:
        model = Membership
        fields = ("person", "name", "role")


class TeamOut(serializers.ModelSerializer[Team]):
    on_call = serializers.EmailField(source="on_call.email", allow_null=True, default=None)
    members = MemberOut(source="memberships", many=True)

    class Meta:
        model = Team
        fields = ("slug", "name", "slack_channel", "on_call", "members")


class Teams(generics.ListAPIView[Team]):
    """All teams with their members' roles."""

    serializer_class = TeamOut
    queryset = Team.objects.select_related("on_call").prefetch_related("memberships__person").order_by("slug")


class RoleIn(serializers.Serializer[Any]):
    person = serializers.EmailField()
    role = serializers.ChoiceField(choices=[(role.value, role.label) for role in Role])


class OnCallIn(serializers.Serializer[Any]):
    person = serializers.EmailField(allow_null=True)


def _person(email: str) -> Person:
    return get_object_or_404(Person, email=email.lower(), is_active=True)


class Roles(APIView):
    """Gives (POST) or takes (DELETE) a role in a team."""

    @extend_schema(request=RoleIn, responses={204: None})
    def post(self, request: Request, slug: str) -> Response:
        return self._do(services.give_role, request, slug)

    @extend_schema(request=RoleIn, responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        return self._do(services.take_role, request, slug)

    def _do(self, verb: Any, request: Request, slug: str) -> Response:
        given = RoleIn(data=request.data)
        given.is_valid(raise_exception=True)
        person, role = _person(given.validated_data["person"]), Role(given.validated_data["role"])
        with allowed():
            verb(
                team=get_object_or_404(Team, slug=slug),
                person=person,
                role=role,
                by=caller(request),
                face=Face.API,
            )
        return Response(status=status.HTTP_204_NO_CONTENT)


class OnCall(APIView):
    """Says who is on call for a team."""

    @extend_schema(request=OnCallIn, responses={204: None})
    def put(self, request: Request, slug: str) -> Response:
        given = OnCallIn(data=request.data)
        given.is_valid(raise_exception=True)
        email = given.validated_data["person"]
        with allowed():
            services.set_on_call(
                team=get_object_or_404(Team, slug=slug),
                person=_person(email) if email else None,
                by=caller(request),
                face=Face.API,
            )
        return Response(status=status.HTTP_204_NO_CONTENT)


@contextmanager
def allowed() -> Iterator[None]:
    """Turns a refusal into a 403 that says who may."""
    try:
        yield
    except services.NotAllowed as refused:
        raise Problem(
            code="forbidden",
            detail=str(refused),
            remedy="Ask an admin of the team, or of the installation.",
            status=403,
        ) from None


class TokenOut(serializers.ModelSerializer[Token]):
    class Meta:
        model = Token
        fields = ("id", "name", "hint", "scope", "created_at", "expires_at", "last_used_at")


class TokenIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scope = serializers.ChoiceField(choices=[(scope.value, scope.value) for scope in Scope])
    days = serializers.IntegerField(min_value=1, max_value=366, default=90)


class TokenMade(TokenOut):
    token = serializers.CharField(help_text="Shown this once.")

    class Meta(TokenOut.Meta):
        fields = (*TokenOut.Meta.fields, "token")  # type: ignore[assignment]


class Tokens(APIView):
    """Your own tokens; a new one is shown once."""

    @extend_schema(responses=TokenOut(many=True), operation_id="me_tokens_list")
    def get(self, request: Request) -> Response:
        rows = Token.objects.filter(person=caller(request), revoked_at__isnull=True).order_by(
            "-created_at", "-pk"
        )
        return Response(TokenOut(rows, many=True).data)

    @extend_schema(request=TokenIn, responses={201: TokenMade})
    def post(self, request: Request) -> Response:
        given = TokenIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        token, plain = services.issue_token(
            person=caller(request),
            name=data["name"],
            scope=Scope(data["scope"]),
            days=data["days"],
            face=Face.API,
        )
        return Response({**TokenOut(token).data, "token": plain}, status=status.HTTP_201_CREATED)


class OneToken(APIView):
    """Revokes one of your tokens."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        get_object_or_404(Token, pk=pk, person=caller(request))
        services.revoke_token(person=caller(request), token_id=pk, face=Face.API)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeOut(serializers.ModelSerializer[Person]):
    teams = MemberOut(source="memberships", many=True, read_only=True)

    class Meta:
        model = Person
        fields = ("email", "name", "timezone", "teams")
        read_only_fields = ("email",)


class Me(generics.RetrieveUpdateAPIView[Person]):
    """You."""

    serializer_class = MeOut
    http_method_names = ["get", "patch", "head", "options"]

    def get_object(self) -> Person:
        return caller(self.request)
