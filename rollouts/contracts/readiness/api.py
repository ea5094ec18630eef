"""How ready consumers are for a version of a contract, and sign-offs, over the API."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit.values import Face
from rollouts.contracts.api import caller, problem_of
from rollouts.contracts.models import Consumer, Contract
from rollouts.contracts.readiness import services
from rollouts.contracts.readiness.reading import Ready, next_versions, ready_consumers
from rollouts.contracts.readiness.shapes import ReadinessOut, ReadyOut, SignOffIn
from rollouts.contracts.values import Readiness
from rollouts.lib.refusals import Refusal

STATUS = {"forbidden": 403, "no_version": 409}
VERSION = OpenApiParameter("version", str, description="Default the contract's next version.")


class ContractReadiness(APIView):
    @extend_schema(operation_id="contract_readiness", parameters=[VERSION], responses=ReadinessOut)
    def get(self, request: Request, slug: str) -> Response:
        """How ready each consumer is for a version, from what is declared, signed, tested and seen."""
        contract = get_object_or_404(Contract, slug=slug)
        version = request.query_params.get("version") or next_versions([contract.pk]).get(contract.pk, "")
        found: dict[str, Any] = {
            "contract": slug,
            "version": version,
            "consumers": ready_consumers(contract, version),
        }
        return Response(ReadinessOut(found).data)

    @extend_schema(operation_id="contract_readiness_sign", request=SignOffIn, responses={201: ReadyOut})
    def post(self, request: Request, slug: str) -> Response:
        """Signs off how ready a consumer is, for people of the team that owns it."""
        given = SignOffIn(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        try:
            services.sign_off(
                contract=slug,
                **{**said, "readiness": Readiness(said["readiness"])},
                by=caller(request),
                face=Face.API,
            )
        except Consumer.DoesNotExist:
            raise Http404 from None
        except Refusal as refusal:
            raise problem_of(refusal, STATUS.get(refusal.code, 422)) from None
        contract = Contract.objects.get(slug=slug)
        rows: list[Ready] = ready_consumers(contract, said["version"])
        mine = next(row for row in rows if row.consumer.service.slug == said["service"])
        return Response(ReadyOut(mine).data, status=201)
