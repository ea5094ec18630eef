"""Gates as a plan states them, with typed settings for the kinds that the document knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollouts.health.values import check_series, own_series
from rollouts.lib.documents import durations
from rollouts.plans.document.local_time import Moment, resolve

BUILT_IN_KINDS = frozenset(
    {"metric", "exposure", "approval", "schedule", "checklist", "composite", "contract", "evidence", "health"}
)
BUILT_IN_JUDGES = frozenset({"limit", "limit-e", "compare", "budget", "last-week"})
STATISTICAL = frozenset({"limit-e", "compare"})
"""Judges that share the plan's `alpha`: each may fail by chance."""
SHARES = frozenset({"errors", "latency"})
SIGNALS = SHARES | {"traffic", "saturation"}
"""The known signals; any other name is that of a signal that somebody defined at a metric source."""
DEFAULT_ALPHA = 0.05
LEAST_ALPHA = 1e-6
"""Below it a gate asks for more evidence than most services can give in a bake."""
DEFAULT_MARGIN = 1.25
"""A quarter more than the old version is fine."""
DEFAULT_MIN_WINDOWS = 3
"""As many as it takes evidence to fail: a pass after fewer would say nothing."""
DEFAULT_COST_CAP = 0.02
DEFAULT_WEEKS = 4
DEFAULT_TOLERANCE = 5.0
"""Percentage points between granted and measured exposure."""
DEFAULT_MIN_REQUESTS = 20
DEFAULT_MIN_RUNS = 1
"""Of a synthetic check, which is made a few times a minute at most."""
DEFAULT_WARM_UP = 1
DEFAULT_NO_DATA_AFTER = timedelta(minutes=15)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Public:
    """What outsiders read; an empty part is not shown."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """What the system does about a gate without data, or an inconclusive one, after a while.

    `extend`: by how much the bake may grow in all, where `then` is extend.
    """

    after: timedelta
    then: str
    extend: timedelta = timedelta()


SILENT = Undecided(DEFAULT_NO_DATA_AFTER, "hold")
UNCLEAR = Undecided(timedelta(), "wait")


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
    no_data: Undecided
    inconclusive: Undecided
    tolerance: float
    min_requests: int
    warm_up: int
    settings: Mapping[str, Any]
    public: Public | None

    @property
    def metric(self) -> "MetricSettings":
        return MetricSettings.read(self.settings)

    @property
    def statistical(self) -> bool:
        """Whether it takes a part of the plan's `alpha`."""
        return self.kind == "metric" and judge_of(self.settings) in STATISTICAL

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
class MustSee:
    """The least effect that a gate has to see: so many times worse, or so many percentage points more."""

    times: float | None = None
    points: float | None = None

    def __str__(self) -> str:
        return f"{self.times:g} times" if self.times is not None else f"{self.points:g} points more"


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """One signal, and what judges it.

    `limit` is a share between 0 and 1 for errors and latency, else in the signal's own unit; None where
    the judge knows none. `breach_count` of `breach_of` windows fail by the judge `limit`. `margin`: so many
    times the old version's share is fine. `cost_cap`: the share of the error budget of `slo` to be spent.
    `named`: a signal that somebody defined; in a gate's row `signal` is then its shape (errors for a share,
    saturation for a value in `unit`). `worse`: whether more or less of a value is worse. `probe`: the
    synthetic check whose runs are counted instead of requests.
    """

    judge: str
    signal: str
    service: str | None
    version: str
    limit: float | None
    slower_than: timedelta | None
    breach_count: int
    breach_of: int
    margin: float = DEFAULT_MARGIN
    min_windows: int = DEFAULT_MIN_WINDOWS
    assure: bool = False
    guard: bool = True
    slo: str = ""
    cost_cap: float = DEFAULT_COST_CAP
    weeks: int = DEFAULT_WEEKS
    options: Mapping[str, Any] = field(default_factory=dict)
    named: str = ""
    unit: str = ""
    worse: str = "above"
    must_see: MustSee | None = None
    probe: str = ""

    @property
    def series(self) -> str:
        """The name of the series that it looks at; empty for the known signals."""
        if self.probe:
            return check_series(self.probe)
        return own_series(self.named) if self.named else ""

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "MetricSettings":
        breaches = settings.get("breaches", {})
        of = breaches.get("of", max(5, breaches.get("count", 3)))
        signal = settings["signal"]
        return cls(
            judge=judge_of(settings),
            signal=signal,
            service=settings.get("service"),
            version=settings.get("version", "canary"),
            limit=ratio(settings["limit"]) if "limit" in settings else None,
            slower_than=durations.parse(settings["slower_than"]) if "slower_than" in settings else None,
            breach_count=breaches.get("count", min(3, of)),
            breach_of=of,
            margin=float(settings.get("margin", DEFAULT_MARGIN)),
            min_windows=settings.get("min_windows", DEFAULT_MIN_WINDOWS),
            assure=settings.get("assure", False),
            guard=settings.get("guard", True),
            slo=settings.get("slo", ""),
            cost_cap=ratio(settings.get("cost_cap", DEFAULT_COST_CAP)),
            weeks=settings.get("weeks", DEFAULT_WEEKS),
            options=settings.get("options", {}),
            named=settings.get("named") or ("" if signal in SIGNALS else signal),
            unit=settings.get("unit", ""),
            probe=settings.get("probe", ""),
            worse=settings.get("worse", "below" if signal == "traffic" else "above"),
            must_see=MustSee(**settings["must_see"]) if "must_see" in settings else None,
        )


def judge_of(settings: Mapping[str, Any]) -> str:
    """The judge that a metric gate names; else `limit` with a limit, and `compare` for shares without.

    A signal that somebody defined counts as a share here; one that is a value has to have a limit.
    """
    named = settings.get("judge")
    if isinstance(named, str):
        return named
    numbers = SIGNALS - SHARES
    return "compare" if "limit" not in settings and settings.get("signal") not in numbers else "limit"


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
