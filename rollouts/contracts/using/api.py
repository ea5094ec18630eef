"""Which parts of a contract a consumer uses, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts import services
from rollouts.contracts.api import DeclaredOut, answer, body_of, caller
from rollouts.contracts.queries import uses_of
from rollouts.contracts.using.shapes import UsedPartIn, UsedPartOut


class Parts(APIView):
    """Parts of one contract that one service uses; its planners and the provider's declare them."""

    @extend_schema(operation_id="contract_consumer_parts", responses=UsedPartOut(many=True))
    def get(self, request: Request, slug: str, service: str) -> Response:
        """What is declared, and what was seen; empty where nobody knows, and it may use any."""
        return Response(UsedPartOut(uses_of(slug, [service]).get(service, []), many=True).data)

    @extend_schema(operation_id="contract_consumer_part_save", request=UsedPartIn, responses=DeclaredOut)
    def post(self, request: Request, slug: str, service: str) -> Response:
        """Declares one part; the same part again changes its range and reason."""
        entry, by = body_of(request), caller(request)
        return answer(
            lambda: services.save_use(contract=slug, service=service, entry=entry, by=by, face=Face.API)
        )


class OnePart(APIView):
    @extend_schema(operation_id="contract_consumer_part_remove", responses=DeclaredOut)
    def delete(self, request: Request, slug: str, service: str, pk: int) -> Response:
        """The service uses the part no longer."""
        by = caller(request)
        return answer(
            lambda: services.remove_use(contract=slug, service=service, use=pk, by=by, face=Face.API)
        )
