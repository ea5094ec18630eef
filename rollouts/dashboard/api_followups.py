"""Follow-ups that were given up, over the API: what the rollout's page shows, and its retry."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rollouts.audit import queries as audit
from rollouts.audit import services as following
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.decisions.queries import Right
from rollouts.lib.problems import Problem


def may_retry(standing: Standing) -> bool:
    """Members and planners of the teams in the rollout, and administrators."""
    return bool(standing.seen.rights & {Right.MEMBER, Right.PLANNER}) or standing.person.is_staff


class FollowupOut(serializers.Serializer[Any]):
    """A follow-up of an event that was tried five times, or for two minutes, and then passed."""

    id = serializers.IntegerField(source="pk")
    follower = serializers.CharField()
    seq = serializers.IntegerField(help_text="The number of the event in the rollout's log.")
    attempts = serializers.IntegerField()
    error = serializers.CharField()
    parked_at = serializers.DateTimeField()


def standing_for(request: Request, slug: str) -> Standing:
    """The rollout as the caller may see it. Raises Http404."""
    # The standing is kept on the request of Django, whose user the API's own way of signing in names.
    request._request.user = request.user  # noqa: SLF001
    return standing_of(request._request, slug)  # noqa: SLF001


class Followups(APIView):
    """What was to follow events of the rollout and was given up."""

    @extend_schema(operation_id="rollout_followups", responses=FollowupOut(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = audit.parked(standing_for(request, slug).rollout.stream)
        return Response(FollowupOut(rows, many=True).data)


class RetryFollowup(APIView):
    """Tries one again at the next tick."""

    @extend_schema(operation_id="rollout_followup_retry", request=None, responses={204: None})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        standing = standing_for(request, slug)
        if not may_retry(standing):
            raise Problem(
                code="forbidden",
                detail=_("This is not yours to try again."),
                remedy=_("A member of a team in this rollout can."),
                status=403,
            )
        if not any(row.pk == pk for row in audit.parked(standing.rollout.stream)):
            raise Http404
        following.retry_followup(pk=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
