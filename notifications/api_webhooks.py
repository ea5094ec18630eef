"""Webhooks over the API. For administrators of the installation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications import services
from notifications.api import DeliveryOut, caller
from notifications.models import Delivery, WebhookEndpoint
from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.lib.problems import Problem


class WebhookOut(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint outside; its secret is not among it."""

    class Meta:
        model = WebhookEndpoint
        fields = ("id", "name", "url", "events", "active", "created_at")


class WebhookMade(WebhookOut):
    """With the signing secret, which is never shown again."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookOut.Meta):
        fields = (*WebhookOut.Meta.fields, "secret")  # type: ignore[assignment]

    def get_secret(self, _row: WebhookEndpoint) -> str:
        return str(self.context["secret"])


class WebhookIn(serializers.Serializer[Any]):
    """`events` are kinds ("rollout.halted"), or "rollout.*", "source.*", "*"."""

    name = serializers.CharField(max_length=80)
    url = serializers.URLField(max_length=500)
    events = serializers.ListField(child=serializers.CharField(max_length=60), min_length=1)


class WebhookPatch(WebhookIn):
    active = serializers.BooleanField()


@contextmanager
def _told() -> Iterator[None]:
    """A refusal as the API tells it."""
    try:
        yield
    except services.Refused as refused:
        status = {"forbidden": 403, "switched_off": 409, "name": 409}.get(refused.code, 422)
        raise Problem(
            code=refused.code, detail=refused.sentence, remedy=refused.remedy, status=status
        ) from None
    except WebhookEndpoint.DoesNotExist:
        raise Http404 from None


def _admin(request: Request) -> Person:
    person = caller(request)
    if not person.is_staff:
        raise Problem(
            code="forbidden",
            detail="You do not administer this installation.",
            remedy="An administrator can manage webhooks.",
            status=403,
        )
    return person


def _made(verb: Callable[..., tuple[WebhookEndpoint, str]], *given: Any, by: Person) -> Response:
    """The answer of a verb that makes a secret; nobody keeps it on the way."""
    with _told():
        row, plain = verb(*given, by=by, face=Face.API)
    answer = Response(WebhookMade(row, context={"secret": plain}).data, status=201)
    answer["Cache-Control"] = "no-store"
    return answer


class Webhooks(generics.ListAPIView[WebhookEndpoint]):
    """Every endpoint, by name."""

    serializer_class = WebhookOut
    filter_backends = ()
    queryset = WebhookEndpoint.objects.none()

    def get_queryset(self) -> Any:
        _admin(self.request)
        return WebhookEndpoint.objects.order_by("name", "pk")

    @extend_schema(operation_id="webhook_make", request=WebhookIn, responses={201: WebhookMade})
    def post(self, request: Request) -> Response:
        """Makes one; the answer holds its secret, once."""
        person = _admin(request)
        asked = WebhookIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return _made(services.make, services.Given(**asked.validated_data), by=person)


class OneWebhook(APIView):
    @extend_schema(operation_id="webhook_read", responses=WebhookOut)
    def get(self, request: Request, pk: int) -> Response:
        """One endpoint."""
        _admin(request)
        return Response(WebhookOut(get_object_or_404(WebhookEndpoint, pk=pk)).data)

    @extend_schema(operation_id="webhook_change", request=WebhookPatch, responses=WebhookOut)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes what is given: name, address, events, or whether it is active."""
        person = _admin(request)
        row = get_object_or_404(WebhookEndpoint, pk=pk)
        asked = WebhookPatch(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        data = dict(asked.validated_data)
        active = data.pop("active", None)
        with _told():
            if data:
                given = {"name": row.name, "url": row.url, "events": row.events, **data}
                row = services.change(pk, services.Given(**given), by=person, face=Face.API)
            if active is not None:
                row = services.switch(pk, active=active, by=person, face=Face.API)
        return Response(WebhookOut(row).data)


class Secret(APIView):
    @extend_schema(operation_id="webhook_secret", request=None, responses={201: WebhookMade})
    def post(self, request: Request, pk: int) -> Response:
        """Makes a new secret, shown once; the old one signs nothing any more."""
        return _made(services.renew_secret, pk, by=_admin(request))


class Attempt(APIView):
    @extend_schema(operation_id="webhook_test", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, pk: int) -> Response:
        """Sends a test message; ask its deliveries how it went."""
        with _told():
            sent = services.attempt(pk, by=_admin(request))
        return Response(DeliveryOut(Delivery.objects.get(pk=sent)).data, status=202)


class Sent(generics.ListAPIView[Delivery]):
    """What one endpoint was sent, newest first, with errors."""

    serializer_class = DeliveryOut
    filter_backends = ()
    queryset = Delivery.objects.none()

    def get_queryset(self) -> Any:
        _admin(self.request)
        get_object_or_404(WebhookEndpoint, pk=self.kwargs["pk"])
        return Delivery.objects.to_endpoint(self.kwargs["pk"])
