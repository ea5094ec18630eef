"""Which version of a contract calls speak, over a day, a week, a month: shares as bars, and as a table."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.dashboard import service_calls, wording
from rollouts.dashboard.drawings import bars
from rollouts.dashboard.service_trends import Range
from rollouts.health import queries as health
from rollouts.health.queries import Spoken

STEPS = {"24h": timedelta(hours=1), "7d": timedelta(hours=6), "30d": timedelta(days=1)}
"""By range, so that at most 30 bars stand beside each other."""


@dataclass(frozen=True)
class Shares:
    """One contract: its versions (oldest first), the share of each by step (newest first), and the bars.

    `steps` leave out those without a call.
    """

    contract: str
    slug: str
    versions: tuple[str, ...]
    steps: tuple[tuple[datetime, int, tuple[float, ...]], ...]
    sentence: str
    bars: bars.Bars


def step_of(over: Range) -> timedelta:
    """How long a bar of the range is."""
    return STEPS[over.name]


def read(service: Service, environment: Environment, over: Range, now: datetime) -> list[Spoken]:
    """The calls of the range by contract and version."""
    step = step_of(over)
    until = _end(now, step)
    return health.spoken(
        service.pk,
        environment.pk,
        since=until - over.length,
        until=until,
        step_s=int(step.total_seconds()),
    )


def _end(now: datetime, step: timedelta) -> datetime:
    """The end of the step that goes on."""
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds + seconds, UTC)


def context(
    service: Service, environment: Environment | None, over: Range, now: datetime
) -> dict[str, list[Shares]]:
    """See templates/dashboard/contract_shares.html."""
    if environment is None:
        return {"contract_shares": []}
    found = read(service, environment, over, now)
    names: dict[str, Any] = {}
    if found:
        known = Contract.objects.filter(slug__in=[each.contract for each in found], gone_at=None)
        names = dict(known.values_list("slug", "name"))
    first = _end(now, step_of(over)) - over.length
    return {"contract_shares": [shares(each, names, over, first) for each in found]}


def shares(found: Spoken, names: dict[str, Any], over: Range, first: datetime) -> Shares:
    """The shares of one contract."""
    versions = tuple(sorted(found.versions, key=lambda name: (service_calls.order(name), name)))
    times = sorted({at for counts in found.versions.values() for at in counts}, reverse=True)
    steps = []
    for at in times:
        counts = [found.versions[version].get(at, 0) for version in versions]
        steps.append((at, sum(counts), tuple(count / sum(counts) for count in counts)))
    title = names.get(found.contract, found.contract)
    sentence = _("%(contract)s: %(now)s in the newest step with calls, %(then)s in the first.") % {
        "contract": title,
        "now": _in_words(versions, steps[0][2]),
        "then": _in_words(versions, steps[-1][2]),
    }
    percent = {
        version: {at: round(parts[place] * 100) for at, _many, parts in steps}
        for place, version in enumerate(versions)
    }
    step = step_of(over)
    drawn = bars.draw(percent, first, over.length // step, _("others"), sentence, step=step)
    assert drawn is not None  # noqa: S101 - a contract without calls is not found
    return Shares(
        title, found.contract if found.contract in names else "", versions, tuple(steps), sentence, drawn
    )


def _in_words(versions: tuple[str, ...], parts: tuple[float, ...]) -> str:
    """ "2: 75 %, 3: 25 %"."""
    return ", ".join(
        f"{version}: {wording.percent(part, 0)}"
        for version, part in zip(versions, parts, strict=True)
        if part
    )
