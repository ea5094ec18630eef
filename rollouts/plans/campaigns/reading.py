"""How far a campaign is: its rollouts, who has moved since when, and the share of calls on each version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from rollouts.contracts.models import ContractVersion
from rollouts.contracts.queries import Ready, calls_by_version, ready_consumers
from rollouts.contracts.values import Readiness
from rollouts.plans.campaigns.forecasting import Forecast, forecast, moved_by
from rollouts.plans.campaigns.models import Campaign
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState

DAYS = 30
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Mover:
    """A consumer: how ready it is for the new version, and since when it has moved, if that is known."""

    ready: Ready
    moved: bool
    moved_on: date | None


@dataclass(frozen=True)
class Progress:
    """`days` are the last thirty, oldest first; `calls` by version and day; `moved` by day.

    `forecast` is None with too few days that have calls.
    """

    rollouts: tuple[tuple[Rollout, tuple[Change, ...]], ...]
    movers: tuple[Mover, ...]
    days: tuple[date, ...]
    calls: Mapping[str, Mapping[date, int]]
    moved: tuple[int, ...]
    forecast: Forecast | None
    sunset: date | None

    @property
    def moved_now(self) -> int:
        return sum(each.moved for each in self.movers)

    def shares(self, day: date) -> dict[str, float]:
        """The share of each version in the calls of a day; empty on a day without."""
        counts = {version: by_day.get(day, 0) for version, by_day in self.calls.items()}
        whole = sum(counts.values())
        return {version: many / whole for version, many in counts.items()} if whole else {}


def progress(campaign: Campaign, now: datetime) -> Progress:
    """How far it is; a constant number of queries."""
    contract = campaign.contract
    today = now.astimezone(UTC).date()
    days = tuple(today - DAY * back for back in range(DAYS - 1, -1, -1))
    since = datetime.combine(days[0], time.min, UTC)
    counted = calls_by_version(contract, since, since + DAY * DAYS, DAY)
    calls = {
        version: {at.astimezone(UTC).date(): many for at, many in by_time.items()}
        for version, by_time in counted.items()
    }
    rollouts = _rollouts(campaign)
    movers = _movers(campaign, rollouts)
    rows = ContractVersion.objects.filter(contract=contract, version=campaign.old)
    sunset = rows.values_list("sunset_on", flat=True).first()
    found = Progress(
        rollouts=rollouts,
        movers=movers,
        days=days,
        calls=calls,
        moved=tuple(moved_by([each.moved_on for each in movers if each.moved], days)),
        forecast=None,
        sunset=sunset,
    )
    old = {day: shares.get(campaign.old, 0.0) for day in days if (shares := found.shares(day))}
    return replace(found, forecast=forecast(old, today, sunset))


def _rollouts(campaign: Campaign) -> tuple[tuple[Rollout, tuple[Change, ...]], ...]:
    """The rollouts that move it, with the changes that do; the first that began first."""
    rows = Change.objects.filter(
        contract=campaign.contract_id, contract_from=campaign.old, contract_to=campaign.new
    ).exclude(rollout__state=RolloutState.CANCELLED)
    found: dict[int, tuple[Rollout, list[Change]]] = {}
    for row in rows.select_related("rollout", "service").order_by("rollout__created_at", "pk"):
        found.setdefault(row.rollout_id, (row.rollout, []))[1].append(row)
    return tuple((rollout, tuple(changes)) for rollout, changes in found.values())


def _movers(
    campaign: Campaign, rollouts: tuple[tuple[Rollout, tuple[Change, ...]], ...]
) -> tuple[Mover, ...]:
    """Who has moved: by what is known of its readiness, since its rollout was completed where one was."""
    done = {
        change.service_id: rollout.ended_at.astimezone(UTC).date()
        for rollout, changes in rollouts
        if rollout.state == RolloutState.COMPLETED and rollout.ended_at
        for change in changes
    }
    movers = []
    for ready in ready_consumers(campaign.contract, campaign.new):
        moved = ready.standing.readiness is Readiness.MIGRATED
        since = done.get(ready.consumer.service_id)
        if since is None and ready.standing.at is not None:
            since = ready.standing.at.astimezone(UTC).date()
        movers.append(Mover(ready, moved, since if moved else None))
    return tuple(movers)
