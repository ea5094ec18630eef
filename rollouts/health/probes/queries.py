"""What is read of synthetic checks: how each stands, alone and with real users, and its last runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.health.models import Probe, ProbeRun, Window
from rollouts.health.probes.values import Seen, Standing, Users, standing, together, users_of
from rollouts.health.values import SIDES, Signal, check_series

USERS_OVER = timedelta(minutes=5)
LAST = 20


WORDS = {
    (Standing.PASS, Users.FINE): gettext_lazy("The check and real users agree: it works."),
    (Standing.PASS, Users.BAD): gettext_lazy("They disagree: the check passes, real users are served badly."),
    (Standing.PASS, Users.SILENT): gettext_lazy("The check passes; nothing is known of users."),
    (Standing.FAIL, Users.FINE): gettext_lazy("They disagree: the check fails, and users do not feel it."),
    (Standing.FAIL, Users.BAD): gettext_lazy("The check and real users agree: it does not work."),
    (Standing.FAIL, Users.SILENT): gettext_lazy("The check fails, and no user is there to tell otherwise."),
    (Standing.NO_DATA, Users.FINE): gettext_lazy("The check says nothing; real users are served."),
    (Standing.NO_DATA, Users.BAD): gettext_lazy("The check says nothing; real users are served badly."),
}


@dataclass(frozen=True)
class Stand:
    """A check alone, what real users saw in the last minutes, and both together."""

    probe: Probe
    check: Standing
    users: Users
    both: Standing
    last: ProbeRun | None

    @property
    def words(self) -> str:
        """What both say together; where they disagree, that stands in it."""
        return str(WORDS.get((self.check, self.users), _("Nothing is known of the check or of users.")))


def probes() -> QuerySet[Probe]:
    """The checks that there are, by name."""
    rows = Probe.objects.filter(gone_at=None).select_related("service__team", "environment")
    return rows.order_by("title", "pk")


def stands(rows: Sequence[Probe], now: datetime) -> list[Stand]:
    """How each stands; two queries."""
    runs, users = _runs(rows, now), _users(rows, now)
    found = []
    for row in rows:
        mine = runs.get(row.pk, [])
        check = standing(
            [Seen(run.location, run.at, run.ok) for run in mine],
            locations=row.locations,
            in_a_row=row.in_a_row,
            interval=row.interval,
            now=now,
        )
        if not row.enabled:
            check = Standing.NO_DATA
        seen = users.get((row.service_id, row.environment_id, row.version), Users.SILENT)
        found.append(Stand(row, check, seen, together(check, seen), mine[0] if mine else None))
    return found


def _runs(rows: Sequence[Probe], now: datetime) -> dict[int, list[ProbeRun]]:
    """Runs that standing needs, newest first: as many intervals back as runs have to fail."""
    if not rows:
        return {}
    back = max((row.in_a_row + 3) * row.interval for row in rows)
    found: dict[int, list[ProbeRun]] = {}
    wanted = ProbeRun.objects.filter(probe__in=rows, at__gte=now - back).defer("steps")
    for run in wanted.order_by("-at", "-pk"):
        found.setdefault(run.probe_id, []).append(run)
    return found


def _users(rows: Collection[Probe], now: datetime) -> Mapping[tuple[int, int, str], Users]:
    """What real users saw of each service (of the version that is checked, where it is named)."""
    counted = (
        Window.objects.filter(
            series__service__in={row.service_id for row in rows},
            series__signal=Signal.ERRORS,
            series__name="",
            series__perspective__in=SIDES,
            start_at__gte=now - USERS_OVER,
            start_at__lte=now,
        )
        .values_list("series__service", "series__environment", "series__version", "series__perspective")
        .annotate(bad=Sum("bad"), total=Sum("total"))
        .order_by("series__service", "series__environment", "series__version", "series__perspective")
    )
    sides: dict[tuple[int, int, str], dict[str, tuple[float, float]]] = {}
    for service, environment, version, side, bad, total in counted:
        for named in {version, ""}:
            into = sides.setdefault((service, environment, named), {})
            before = into.get(side, (0.0, 0.0))
            into[side] = (before[0] + bad, before[1] + total)
    # Both sides tell of the same requests: the worse one is taken.
    order = (Users.BAD, Users.FINE, Users.SILENT)
    return {key: min((users_of(*one) for one in of.values()), key=order.index) for key, of in sides.items()}


@dataclass(frozen=True)
class Runs:
    """How many runs of a check ended in a time, and how many of them failed, as its windows hold them."""

    bad: int = 0
    total: int = 0

    @property
    def share(self) -> float | None:
        return self.bad / self.total if self.total else None


def runs_of(rows: Collection[Probe], since: datetime, until: datetime) -> dict[str, Runs]:
    """The runs of each check (by its slug) in windows that began in this time; one query."""
    names = {check_series(row.slug): row.slug for row in rows}
    counted = (
        Window.objects.filter(
            series__name__in=names,
            series__signal=Signal.ERRORS,
            start_at__gte=since,
            start_at__lt=until,
        )
        .values_list("series__name")
        .annotate(bad=Sum("bad"), total=Sum("total"))
        .order_by("series__name")
    )
    found = {names[name]: Runs(bad, total) for name, bad, total in counted}
    return {row.slug: found.get(row.slug, Runs()) for row in rows}


def last_runs(probe: Probe, now: datetime) -> list[ProbeRun]:
    """The newest runs, newest first, of the last two days."""
    rows = ProbeRun.objects.filter(probe=probe, at__gte=now - timedelta(days=2), at__lte=now)
    return list(rows.order_by("-at", "-pk")[:LAST])
