"""Accounts over the API."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.accounts import services
from rollouts.accounts.api import allowed, caller
from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.lib.problems import Problem


class PersonOut(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "email", "name", "timezone", "is_active", "is_staff")


class PersonIn(serializers.Serializer[Any]):
    email = serializers.EmailField()
    name = serializers.CharField(max_length=120)
    staff = serializers.BooleanField(default=False, help_text="Administers the installation.")


class ActiveIn(serializers.Serializer[Any]):
    is_active = serializers.BooleanField()


class People(generics.ListAPIView[Person]):
    """Everybody with an account; an administrator makes new ones."""

    serializer_class = PersonOut
    queryset = Person.objects.order_by("name", "pk")

    @extend_schema(request=PersonIn, responses={201: PersonOut})
    def post(self, request: Request) -> Response:
        """Makes an account; its person sets a password by "Forgot the password?"."""
        given = PersonIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            with allowed():
                made = services.add_person(**given.validated_data, by=caller(request), face=Face.API)
        except services.Taken as taken:
            raise Problem(code="taken", detail=str(taken), remedy="Use that account.", status=409) from None
        return Response(PersonOut(made).data, status=status.HTTP_201_CREATED)


class OnePerson(APIView):
    """Closes an account, or opens it again."""

    @extend_schema(request=ActiveIn, responses=PersonOut)
    def patch(self, request: Request, pk: int) -> Response:
        given = ActiveIn(data=request.data)
        given.is_valid(raise_exception=True)
        person = get_object_or_404(Person, pk=pk)
        with allowed():
            services.set_active(
                person=person, active=given.validated_data["is_active"], by=caller(request), face=Face.API
            )
        person.refresh_from_db()
        return Response(PersonOut(person).data)
