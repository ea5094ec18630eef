"""What Gatehouse says about itself, in OpenMetrics: counted in the database when it is asked.

Any web process gives the same answer, and there is nothing to add up between them.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from notifications.models import Delivery
from rollouts.audit.queries import counts_since, oldest_open, parked_by_follower
from rollouts.audit.registry import due_work
from rollouts.decisions.queries import refusals
from rollouts.gates.queries import words_now
from rollouts.health.queries import lags
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages.queries import newest_written_at

LATE_S = (5, 15, 60, 300, 900, 3600, 86_400)
"""Due work only names rows: how late it is, is found by asking what was due so long ago."""
MOST = 1_000
RECENT = timedelta(hours=1)


class _Own(Collector):
    """Families in the order in which an operator reads them. Raises DatabaseError."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        now = database_now()
        yield from _due(now)
        yield from _followups(now)
        yield _family("deliveries_open", "Messages still to be sent.", Delivery.objects.open().count())
        yield _family(
            "deliveries_troubled", "Messages that were given up.", Delivery.objects.troubled().count()
        )
        counted = counts_since("rollout.", now - RECENT)
        yield _labelled("decisions_recent", "Events of rollouts in the last hour.", "kind", counted)
        yield _refusals()
        yield _labelled("rollouts", "Rollouts by state.", "state", _states())
        yield _labelled("gates", "Gates of running rollouts by newest verdict.", "verdict", words_now())
        yield from _sources(now)
        written_at = newest_written_at()
        if written_at is not None:
            age_s = (now - written_at).total_seconds()
            yield _family("public_page_age_seconds", "Since the newest public page was written.", age_s)


def _states() -> dict[str, float]:
    rows = Rollout.objects.values("state").annotate(many=Count("pk")).order_by("state")
    return dict(rows.values_list("state", "many"))


def _refusals() -> CounterMetricFamily:
    says = "Decisions that were refused, by command and code."
    family = CounterMetricFamily("gatehouse_decisions_refused", says, labels=["command", "code"])
    for (action, code), many in refusals().items():
        family.add_metric([action, code], many)
    return family


def _family(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gatehouse_{name}", says, value=value)


def _labelled(name: str, says: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"gatehouse_{name}", says, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _due(now: datetime) -> Iterator[GaugeMetricFamily]:
    rows: dict[str, float] = {}
    late: dict[str, float] = {}
    for work in due_work.values():
        rows[work.name] = len(work.due(now, MOST))
        late[work.name] = 0
        for seconds in LATE_S if rows[work.name] else ():
            if not work.due(now - timedelta(seconds=seconds), 1):
                break
            late[work.name] = seconds
    yield _labelled("due_rows", f"Rows that are due now, at most {MOST} counted.", "work", rows)
    steps = ", ".join(str(step) for step in LATE_S)
    yield _labelled(
        "due_late_seconds", f"The oldest due row is at least so late (in steps: {steps}).", "work", late
    )


def _followups(now: datetime) -> Iterator[GaugeMetricFamily]:
    ages = {name: (now - at).total_seconds() for name, at in oldest_open().items()}
    yield _labelled("followup_age_seconds", "Age of the oldest open follow-up.", "follower", ages)
    yield _labelled(
        "followups_parked", "Follow-ups that failed and wait for a person.", "follower", parked_by_follower()
    )


def _sources(now: datetime) -> Iterator[GaugeMetricFamily]:
    found = lags(now)
    yield _labelled(
        "collection_lag_seconds",
        "Since the end of the last closed window of a metric source.",
        "source",
        {slug: lag.behind_s for slug, lag in found.items()},
    )
    yield _labelled(
        "collection_targets_failing",
        "Addresses of a metric source whose last reading failed.",
        "source",
        {slug: lag.failing for slug, lag in found.items()},
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything, to whoever holds the token; without one in the settings, to everybody in development."""
    if not _allowed(request):
        response = HttpResponse("Send GATEHOUSE_METRICS_TOKEN as Authorization: Bearer.\n", status=401)
        response["WWW-Authenticate"] = "Bearer"
        return response
    registry = CollectorRegistry(auto_describe=False)
    try:
        registry.register(_Own())
        body = generate_latest(registry)  # type: ignore[no-untyped-call]
    except DatabaseError as error:
        return HttpResponse(f"The database does not answer: {error}\n", status=503, content_type="text/plain")
    response = HttpResponse(body, content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def _allowed(request: HttpRequest) -> bool:
    token: str = settings.GATEHOUSE_METRICS_TOKEN
    if not token:
        return bool(settings.GATEHOUSE_METRICS_OPEN)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), token.encode())
