"""Gates as a plan states them, with typed settings for the kinds that the document knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollouts.lib.documents import durations
from rollouts.plans.document.local_time import Moment, resolve

BUILT_IN_KINDS = frozenset({"metric", "exposure", "approval", "schedule", "checklist"})
BUILT_IN_JUDGES = frozenset({"limit"})
DEFAULT_TOLERANCE = 5.0
"""Percentage points between granted and measured exposure."""
DEFAULT_MIN_REQUESTS = 20
DEFAULT_WARM_UP = 1
DEFAULT_NO_DATA_AFTER = timedelta(minutes=15)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Public:
    """What outsiders read; an empty part is not shown."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class GatePlan:
    """A condition on entering or leaving a stage. `settings` are as given; see the readers below."""

    name: str
    title: str
    kind: str
    owner: str
    runbook: str
    on_fail: str
    observe: bool
    required: bool
    no_data_after: timedelta
    tolerance: float
    min_requests: int
    warm_up: int
    settings: Mapping[str, Any]
    public: Public | None

    @property
    def metric(self) -> "MetricSettings":
        return MetricSettings.read(self.settings)

    @property
    def approval(self) -> "ApprovalSettings":
        return ApprovalSettings.read(self.settings)

    @property
    def schedule(self) -> "ScheduleSettings":
        return ScheduleSettings.read(self.settings)

    @property
    def checklist(self) -> tuple["ChecklistItem", ...]:
        return ChecklistItem.read_all(self.settings)


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """One signal against a limit: fails at `breach_count` breaches of the last `breach_of` windows.

    `limit` is a share between 0 and 1 for errors and latency, else in the signal's own unit.
    """

    judge: str
    signal: str
    service: str | None
    version: str
    limit: float
    slower_than: timedelta | None
    breach_count: int
    breach_of: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "MetricSettings":
        breaches = settings.get("breaches", {})
        of = breaches.get("of", max(5, breaches.get("count", 3)))
        return cls(
            judge=settings.get("judge", "limit"),
            signal=settings["signal"],
            service=settings.get("service"),
            version=settings.get("version", "canary"),
            limit=ratio(settings["limit"]),
            slower_than=durations.parse(settings["slower_than"]) if "slower_than" in settings else None,
            breach_count=breaches.get("count", min(3, of)),
            breach_of=of,
            options=settings.get("options", {}),
        )


@dataclass(frozen=True, slots=True)
class ApprovalSettings:
    """Who must approve. None and empty mean: as the environment's policy says."""

    quorum: int | None
    teams: tuple[str, ...]
    required_teams: tuple[str, ...]
    roles: tuple[str, ...]
    expires: timedelta | None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "ApprovalSettings":
        return cls(
            quorum=settings.get("quorum"),
            teams=tuple(settings.get("teams", ())),
            required_teams=tuple(settings.get("required_teams", ())),
            roles=tuple(settings.get("roles", ())),
            expires=durations.parse(settings["expires"]) if "expires" in settings else None,
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """Business hours: days (0 is Monday) and minutes since local midnight, the end not included."""

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    not_before: Moment | None
    zone: str
    freeze: bool
    hours: Hours | None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "ScheduleSettings":
        zone = settings.get("zone", "UTC")
        hours = settings.get("hours")
        return cls(
            not_before=resolve(settings["not_before"], zone) if "not_before" in settings else None,
            zone=zone,
            freeze=settings.get("freeze", True),
            hours=_hours(hours) if hours else None,
        )


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """`name` is kept over revisions, so that a tick survives a new wording."""

    name: str
    title: str

    @classmethod
    def read_all(cls, settings: Mapping[str, Any]) -> "tuple[ChecklistItem, ...]":
        items = settings.get("items", ())
        return tuple(
            cls(name=item, title=item) if isinstance(item, str) else cls(item["name"], item["title"])
            for item in items
        )


def ratio(given: float | str) -> float:
    """0.02 for both `0.02` and `"2 %"`."""
    if isinstance(given, str):
        # Through the decimal text: 2 % must equal 0.02, not 0.020000000000000004.
        return float(f"{given.rstrip('% ')}e-2")
    return float(given)


def _hours(given: Mapping[str, Any]) -> Hours:
    days = tuple(DAYS.index(day) for day in given.get("days", DAYS[:5]))
    return Hours(tuple(sorted(days)), _minutes(given["from"]), _minutes(given["to"]))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
