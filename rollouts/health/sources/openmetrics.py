"""The kind `openmetrics`: every target is asked for what it counted itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, ClassVar

from rollouts.health import counters, scraping, signals
from rollouts.health.exemplars.values import Exemplar, bounded
from rollouts.health.models import Source, Target
from rollouts.health.scraping import Scraped
from rollouts.health.sources.protocol import Claim, Question, Taken
from rollouts.lib.clock import database_now

LATE = Scraped(None, "The target did not answer in time.")


class OpenMetrics:
    kind: ClassVar[str] = "openmetrics"
    in_flight: ClassVar[int] = 8

    def questions(self, claims: Sequence[Claim]) -> Mapping[int, Sequence[Question]]:
        """See MetricSource."""
        return {
            claim.source.pk: [Question(str(target.pk), partial(_ask, target.url)) for target in claim.targets]
            for claim in claims
        }

    def take(self, claim: Claim, source: Source, answers: Mapping[str, Any], *, end: datetime) -> Taken:
        """See MetricSource; each target's row keeps its counters."""
        now = database_now()
        heard = [(target, answers.get(str(target.pk), LATE)) for target in claim.targets]
        readings = [_take(target, answer, now) for target, answer in heard]
        shown = [one for target, answer in heard for one in _exemplified(target, answer)]
        Target.objects.bulk_update(claim.targets, ["state", "last_success_at", "last_error", "last_error_at"])
        failed = [target for target in claim.targets if target.last_error]
        more = f" ({len(failed)} of {len(readings)} targets)" if len(readings) > 1 else ""
        return Taken(
            measured=signals.together(reading for reading in readings if reading is not None),
            silent=frozenset(target.service.slug for target in failed),
            services=frozenset(target.service_id for target in claim.targets),
            answered=len(failed) < len(readings) or not readings,
            error=f"{failed[0].last_error}{more}" if failed else "",
            requests=len(answers),
            exemplars=bounded(shown, now.timestamp()),
        )


def _ask(url: str, deadline: float) -> Scraped:
    left = deadline - monotonic()
    return scraping.scrape(url, timeout_s=left) if left > 0 else LATE


def _exemplified(target: Target, answer: Scraped) -> list[tuple[signals.Subject, Exemplar]]:
    if answer.exposed is None:
        return []
    about = {"service": target.service.slug, "version": target.version}
    return signals.exemplified(answer.exposed.exemplars, **about)


def _take(target: Target, answer: Scraped, now: datetime) -> dict[signals.Subject, signals.Measured] | None:
    """Takes the answer into the target's row; what it measured, None if it could not be asked."""
    if answer.exposed is None:
        target.last_error, target.last_error_at = answer.error, now
        return None
    step = counters.take(target.state, answer.exposed, at=now.timestamp())
    target.state, target.last_success_at, target.last_error = step.state, now, ""
    return signals.measure(step.increases, step.gauges, service=target.service.slug, version=target.version)
