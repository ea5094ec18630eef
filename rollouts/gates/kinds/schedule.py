"""The kind `schedule`: not before a time, only in some hours, and not in a freeze."""

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.plans.document.gate import DAYS, Hours, ScheduleSettings
from rollouts.plans.models import Freeze
from rollouts.plans.queries import freezes_ahead


class Schedule:
    """Pending while it is too early, out of hours or frozen; it never fails."""

    name = "schedule"
    measured = False

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        frozen = self._freezes(gates, context)
        return {
            gate.pk: Ruling(
                opinion(ScheduleSettings.read(gate.settings), frozen[gate.rollout_id], context.now)
            )
            for gate in gates
        }

    def _freezes(self, gates: Collection[Gate], context: Context) -> dict[int, list[Freeze]]:
        return {
            pk: freezes_ahead(context.rollouts[pk], context.now) for pk in {gate.rollout_id for gate in gates}
        }

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """When the next limit is passed."""
        settings = ScheduleSettings.read(gate.settings)
        times = [settings.not_before.at] if settings.not_before else []
        if settings.freeze:
            for freeze in freezes_ahead(context.rollout(gate), context.now):
                times += [freeze.starts_at, freeze.ends_at]
        if settings.hours:
            times.append(next_edge(settings.hours, settings.zone, context.now))
        return [at for at in times if at > context.now]


def opinion(settings: ScheduleSettings, freezes: Collection[Freeze], now: datetime) -> Opinion:
    """What the calendar says at `now`. `freezes` are those of now and later."""
    in_force = [freeze for freeze in freezes if freeze.starts_at <= now < freeze.ends_at]
    if settings.freeze and in_force:
        last = max(in_force, key=lambda freeze: freeze.ends_at)
        kind = "The absolute freeze" if last.absolute else "The freeze"
        said = f"{kind} “{last.name}” is in force until {_said(last.ends_at)}."
        return Opinion(Word.PENDING, said, {"freeze": last.name, "until": last.ends_at.isoformat()})
    if settings.not_before and now < settings.not_before.at:
        said = f"Not before {settings.not_before.local} {settings.not_before.zone}."
        return Opinion(Word.PENDING, said, {"not_before": settings.not_before.at.isoformat()})
    if settings.hours and not within(settings.hours, settings.zone, now):
        return Opinion(Word.PENDING, f"Only {in_words(settings.hours, settings.zone)}.")
    ahead = min((freeze.starts_at for freeze in freezes if freeze.starts_at > now), default=None)
    if settings.freeze and ahead:
        return Opinion(Word.PASS, f"No freeze is in force; the next begins {_said(ahead)}.")
    return Opinion(Word.PASS, "No freeze is in force." if settings.freeze else "The time is right.")


def within(hours: Hours, zone: str, now: datetime) -> bool:
    """Whether `now` lies in the hours of its local day."""
    local = now.astimezone(ZoneInfo(zone))
    return local.weekday() in hours.days and hours.start <= local.hour * 60 + local.minute < hours.end


def next_edge(hours: Hours, zone: str, now: datetime) -> datetime:
    """The next time at which the hours begin or end, within eight days."""
    place = ZoneInfo(zone)
    local = now.astimezone(place)
    edges = []
    for ahead in range(9):
        day = (local + timedelta(days=ahead)).date()
        for minutes in (hours.start, hours.end):
            midnight = datetime.combine(day, time(0), place)
            wall = (
                datetime.combine(day, time(minutes // 60, minutes % 60), place) if minutes < 24 * 60 else None
            )
            edges.append((wall or midnight + timedelta(days=1)).astimezone(now.tzinfo))
    return min(edge for edge in edges if edge > now)


def in_words(hours: Hours, zone: str) -> str:
    """ "mon, tue from 09:00 to 17:00 Europe/Berlin"."""
    days = ", ".join(DAYS[day] for day in hours.days)
    begin, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (hours.start, hours.end))
    return f"{days} from {begin} to {end} {zone}"


def _said(at: datetime) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"
