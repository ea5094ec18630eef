"""Gates that only observe: what they would do now, would have done, and how often they were right."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.dashboard import wording
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.decisions import queries as decisions
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Then, Word
from rollouts.plans.models import Rollout

WOULD: Mapping[Then, Callable[[], str]] = {
    Then.HALT: lambda: _("It would halt the rollout now."),
    Then.HOLD: lambda: _("It would hold the stage now."),
    Then.EXTEND: lambda: _("It would let the bake grow now."),
    Then.ASK: lambda: _("It would ask people to decide now."),
}
STOPS: Mapping[str, Callable[[], str]] = {
    "halt": lambda: _("Would have halted stage %(n)s, %(at)s."),
    "hold": lambda: _("Would have held stage %(n)s, %(at)s."),
    "ask": lambda: _("Would have asked people about stage %(n)s, %(at)s."),
}


@dataclass(frozen=True)
class ObservedRow:
    """One gate of one stage: what it would have done, and whether that was right (None: nobody knows)."""

    title: str
    href: str
    rollout: str
    rollout_href: str
    stage: int
    did: str
    right: bool | None
    went: str
    at: datetime | None
    words: str
    sentence: str
    tone: str
    judgement: str


@dataclass(frozen=True)
class Added:
    """What the gates of one name, or whole rollouts, would have done, added up."""

    title: str
    tally: gates.Tally
    words: str


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/observed.html. Nothing is drawn where no gate observes."""
    standing = standing_of(request, rollout.slug)
    found = of_rollout(standing)
    return {
        "observed": [row(each, standing.now) for each in found],
        "observed_words": words_of(gates.tally(each.occasion for each in found)),
        "whole": whole_words(found, standing) if standing.seen.observe else "",
    }


def of_rollout(standing: Standing) -> list[gates.Observed]:
    """What the rollout's observing gates would have done; asks nothing where none observes."""
    if not any(gate.observe for gate in standing.gates):
        return []
    return gates.observed([standing.rollout.pk])


def alike(person: Person, gate: Gate) -> list[gates.Observed]:
    """The gate and those of its name and kind in rollouts of the same services that the person may see."""
    return gates.observed_like(gate, Rollout.objects.accessible_to(person))


def of_service(person: Person, service: Service) -> list[gates.Observed]:
    """What observing gates would have done in the rollouts of a service that the person may see."""
    return gates.observed(Rollout.objects.accessible_to(person).filter(changes__service=service))


def near(person: Person, rollout: Rollout) -> list[gates.Observed]:
    """What observing gates would have done in rollouts of the same services that the person may see."""
    services = rollout.changes.values("service")
    return gates.observed(Rollout.objects.accessible_to(person).filter(changes__service__in=services))


def by_name(found: Iterable[gates.Observed]) -> dict[str, str]:
    """The sums of the gates of each name, in words."""
    names: dict[str, list[gates.Occasion]] = {}
    for each in found:
        names.setdefault(each.gate.name, []).append(each.occasion)
    return {name: words_of(gates.tally(mine)) for name, mine in names.items()}


def whole_words(found: Iterable[gates.Observed], standing: Standing) -> str:
    """What a rollout that only observes would have done as a whole. One sentence."""
    said = gates.entire_rollouts(found).get(standing.rollout.pk)
    if said is None or said.did is not gates.Did.STOP or said.at is None:
        return _("The whole rollout only observes: nothing would have stopped it so far.")
    at = wording.moment(said.at, now=standing.now, shape="near")
    return _("The whole rollout only observes: it would have been stopped at %(at)s UTC.") % {"at": at}


def would(standing: Standing, gate: Gate) -> str:
    """What an observing gate would do at this moment if it bound; empty where it would do nothing."""
    if not gate.observe or standing.state.ended:
        return ""
    stage = standing.seen.stage(gate.stage.number)
    if stage is None:
        return ""
    mine = (each for each in stage.gates if (each.name, each.position) == (gate.name, gate.position))
    seen = next(mine, None)
    if seen is None or decisions.word_of(standing.seen, seen) is Word.PASS:
        return ""
    if gate.position == Position.ENTRY:
        return _("It would keep the stage from being entered.") if stage is standing.seen.upcoming else ""
    if stage is not standing.seen.current:
        return ""
    calls = decisions.calls_for(standing.seen, stage, seen) if standing.state.moving else None
    return WOULD[calls]() if calls and calls in WOULD else _("It would keep the stage from being left.")


def row(each: gates.Observed, now: datetime) -> ObservedRow:
    """One occasion in words."""
    gate, seen = each.gate, each.occasion
    tone, judgement = judged(seen)
    return ObservedRow(
        title=gate.title or gate.name,
        href=reverse("dashboard:gate", args=[gate.rollout.slug, gate.pk]),
        rollout=gate.rollout.title,
        rollout_href=gate.rollout.get_absolute_url(),
        stage=gate.stage.number,
        did=seen.did.value,
        right=seen.right,
        went=seen.went.value,
        at=seen.at,
        words=done(each, now),
        sentence=each.sentence,
        tone=tone,
        judgement=judgement,
    )


def done(each: gates.Observed, now: datetime) -> str:
    """What it would have done. One sentence."""
    gate, seen = each.gate, each.occasion
    at = f"{wording.moment(seen.at, now=now, shape='near')} UTC" if seen.at else ""
    words = {"n": gate.stage.number, "at": at}
    if seen.did is gates.Did.LET_THROUGH:
        return _("Would have let stage %(n)s through.") % words
    if seen.did is gates.Did.WATCHING:
        return _("Found nothing in stage %(n)s to stop so far.") % words
    if seen.did is gates.Did.UNDECIDED:
        return _("Says neither yes nor no about stage %(n)s.") % words
    if gate.position == Position.ENTRY:
        return _("Would have kept stage %(n)s from being entered, %(at)s.") % words
    return STOPS[seen.on_fail]() % words


def judged(seen: gates.Occasion) -> tuple[str, str]:
    """Tone and word of whether it would have been right."""
    if seen.right is None:
        if seen.did is gates.Did.WATCHING:
            return "none", _("under way")
        return "none", _("not known yet") if seen.went is gates.Went.UNKNOWN else _("not counted")
    return ("pass", _("right")) if seen.right else ("wait", _("wrong"))


def words_of(found: gates.Tally) -> str:
    """The sum as sentences; empty where nothing was looked at."""
    parts = []
    if found.stops:
        text = ngettext("Would have stopped %(n)s time", "Would have stopped %(n)s times", found.stops)
        parts.append(f"{text % {'n': found.stops}}{_weighed(found.stops_right, found.stops_wrong)}")
    elif found.occasions:
        parts.append(_("Would never have stopped anything."))
    if found.passes:
        text = ngettext("Let through %(n)s time", "Let through %(n)s times", found.passes)
        parts.append(f"{text % {'n': found.passes}}{_weighed(found.passes_right, found.passes_wrong)}")
    if found.undecided:
        text = ngettext("Undecided %(n)s time.", "Undecided %(n)s times.", found.undecided)
        parts.append(text % {"n": found.undecided})
    return " ".join(parts)


def _weighed(right: int, wrong: int) -> str:
    """ ", right in 2, wrong in 1." """
    words = {"right": right, "wrong": wrong}
    if not right and not wrong:
        return f", {_('whether rightly is not known yet')}."
    return f", {_('right in %(right)s, wrong in %(wrong)s') % words}."


def added(found: Iterable[gates.Observed]) -> list[Added]:
    """By the gates' names, what is known most often first; whole rollouts that observe come before them."""
    rows = list(found)
    by_name: dict[str, list[gates.Observed]] = {}
    for each in rows:
        by_name.setdefault(each.gate.name, []).append(each)
    sums = [
        Added(mine[0].gate.title or name, total := gates.tally(one.occasion for one in mine), words_of(total))
        for name, mine in by_name.items()
    ]
    sums = [each for each in sums if each.tally.occasions]
    sums.sort(key=lambda each: (-each.tally.known, each.title))
    total = gates.tally(gates.entire_rollouts(rows).values())
    if total.occasions:
        sums.insert(0, Added(_("Rollouts that only observe"), total, words_of(total)))
    return sums
