"""What the API's answers over days of a service are asked with: how far back, and where."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from rollouts.catalog.models import Environment
from rollouts.dashboard import service_list, service_trends
from rollouts.lib.problems import Problem

PARAMETERS: list[Any] = [
    OpenApiParameter("range", str, enum=[each.name for each in service_trends.RANGES]),
    OpenApiParameter("environment", str, description="By its slug; the customers' if none is given."),
]


def asked(request: Request) -> tuple[service_trends.Range, Environment]:
    """The range and the environment. Raises Problem when there is no such environment."""
    name = request.query_params.get("environment", "")
    environment = service_trends.environment_of(name, list(service_list.customers_first()))
    if environment is None or (name and environment.slug != name):
        raise Problem(
            code="no_environment",
            detail="There is no such environment.",
            remedy="Name one of /api/v1/environments/.",
            status=404,
        )
    return service_trends.range_of(request.query_params.get("range", "")), environment
