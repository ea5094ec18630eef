"""The rule of a gate in words: what it looks at, what fails it, and what follows. As term and sentence."""

from collections.abc import Callable

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import undecided, wording
from rollouts.dashboard.parts.gates import ON_FAIL
from rollouts.evidence.values import Kind
from rollouts.gates.models import Gate
from rollouts.gates.values import Position
from rollouts.health.values import Signal
from rollouts.plans.document.budget import ErrorBudgetPlan
from rollouts.plans.document.composite import CompositeSettings
from rollouts.plans.document.contract import RETIRE, ContractSettings
from rollouts.plans.document.evidence import OF_ROLLOUT, EvidenceSettings
from rollouts.plans.document.gate import (
    DEFAULT_ALPHA,
    DEFAULT_TOLERANCE,
    STATISTICAL,
    ApprovalSettings,
    MetricSettings,
    ScheduleSettings,
)

Facts = list[tuple[str, str]]
BAD = {"errors": "failed requests", "latency": "slow answers"}


def rule(gate: Gate) -> Facts:
    """Everything that the plan says of the gate, most important first."""
    own = RULES.get(gate.kind)
    found = own(gate) if own else []
    if gate.kind in ("metric", "exposure"):
        found += _waiting(gate)
    return [*found, (_("What follows"), follows(gate))]


def follows(gate: Gate) -> str:
    """What its failure does, by itself or to the next step."""
    where = _("entering") if gate.position == Position.ENTRY else _("leaving")
    stage = _("It guards %(what)s stage %(n)s.") % {"what": where, "n": gate.stage.number}
    if gate.observe:
        return f"{stage} {_('It is observed only: it binds nobody, and says what it would have done.')}"
    if not gate.required:
        return f"{stage} {_('It is not required: it advises.')}"
    halts = gate.kind in ("contract", "evidence") and gate.position == Position.EXIT
    if gate.kind in ("metric", "exposure") or halts:
        return f"{stage} {ON_FAIL.get(gate.on_fail, '')}"
    return f"{stage} {_('Until it passes, the rollout does not go on.')}"


def _waiting(gate: Gate) -> Facts:
    warm_up = int(gate.settings.get("warm_up", 0))
    least = int(gate.settings.get("min_requests", 1))
    found: Facts = []
    # A value is a number of its own, however many requests there were.
    if gate.kind == "metric" and gate.settings.get("signal") != Signal.SATURATION:
        requests = ngettext("%(n)s request", "%(n)s requests", least)
        if gate.settings.get("probe"):
            requests = ngettext("%(n)s run", "%(n)s runs", least)
        found.append((_("Least traffic"), requests % {"n": wording.number(least)}))
    windows = ngettext(
        "The first window after every change of exposure is discarded.",
        "The first %(n)s windows after every change of exposure are discarded.",
        warm_up,
    )
    found.append((_("Warm-up"), windows % {"n": warm_up} if warm_up else _("None")))
    silent = _("It does not pass while the newest window is silent; after %(span)s %(follows)s.")
    words = {"span": wording.span(gate.no_data_after), "follows": undecided.after_silence(gate)}
    found.append((_("Without data"), silent % words))
    found.append((_("If inconclusive"), undecided.when_unclear(gate)))
    return found


def _metric(gate: Gate) -> Facts:
    settings = MetricSettings.read(gate.settings)
    what = BAD.get(settings.signal, settings.signal)
    if settings.named:
        what = _("the signal %(name)s") % {"name": settings.named}
    if settings.probe:
        what = _("failed runs of the check %(name)s") % {"name": settings.probe}
    if settings.slower_than:
        slow = wording.number(settings.slower_than.total_seconds() * 1000)
        what = _("requests slower than %(ms)s ms") % {"ms": slow}
        if settings.probe:
            words = {"name": settings.probe, "ms": slow}
            what = _("runs of the check %(name)s that failed or took more than %(ms)s ms") % words
    service = gate.evidence.get("service") or settings.service or _("the changed service")
    found = [
        (_("Looks at"), _("%(what)s of %(service)s") % {"what": what, "service": service}),
        (_("Judge"), settings.judge),
        (_("Fails when"), _fails(gate, settings)),
    ]
    if settings.must_see:
        found.append((_("Must see"), str(settings.must_see)))
    if settings.judge in STATISTICAL:
        alpha = gate.settings.get("alpha", DEFAULT_ALPHA)
        said = _("If it is not worse than allowed, it is failed in at most %(alpha)s of rollouts.")
        found.append((_("False alarms"), said % {"alpha": wording.percent(alpha)}))
        if settings.guard:
            guard = _(
                "At least 10 bad requests in one window, a tenth of all, and five times what is normal."
            )
            found.append((_("Fails at once"), guard))
    return found


def _fails(gate: Gate, settings: MetricSettings) -> str:
    words = {
        "limit": _limit(settings),
        "times": f"{settings.margin:g}",
        "windows": settings.min_windows,
        "count": settings.breach_count,
        "of": settings.breach_of,
        "cap": wording.percent(settings.cost_cap),
        "slo": settings.slo,
    }
    if settings.judge == "budget":
        if gate.position == Position.ENTRY:
            text = _("Less than a tenth of the error budget of “%(slo)s” is left, or it burns fast.")
        else:
            text = _("The new version has spent more than %(cap)s of the error budget of “%(slo)s”.")
    elif settings.judge == "limit-e":
        text = _(
            "It is proven that the share is above %(limit)s. A verdict takes %(windows)s windows at least."
        )
    elif settings.judge == "last-week":
        text = _(
            "Never: it advises when the share is proven to be more than %(times)s times that of weeks before."
        )
    elif settings.judge == "compare":
        text = _(
            "It is proven that the new version's share is more than %(times)s times the old version's "
            "in the same windows. A verdict takes %(windows)s windows at least."
        )
    elif settings.worse == "below":
        text = _("%(count)s of the last %(of)s measurements are under %(limit)s.")
    else:
        text = _("%(count)s of the last %(of)s measurements are over %(limit)s.")
    return text % words


def _limit(settings: MetricSettings) -> str:
    if settings.limit is None:
        return _("the limit")
    if settings.signal in BAD:
        return wording.percent(settings.limit)
    return f"{wording.number(settings.limit, 2)} {settings.unit}".strip()


def _exposure(gate: Gate) -> Facts:
    tolerance = float(gate.settings.get("tolerance", DEFAULT_TOLERANCE))
    fails = _(
        "In two windows in a row the measured share of traffic is more than %(n)s points off what was "
        "granted, and further than chance explains (99.9 %%)."
    )
    return [
        (_("Looks at"), _("The share of traffic on the new version, beside what the stage grants")),
        (_("Fails when"), fails % {"n": f"{tolerance:g}"}),
    ]


def _approval(gate: Gate) -> Facts:
    settings = ApprovalSettings.read(gate.settings)
    policy = _("As the policy of the environment says")
    found = [(_("Approvals"), str(settings.quorum) if settings.quorum is not None else policy)]
    for term, values in (
        (_("By teams"), settings.teams),
        (_("Each of these teams"), settings.required_teams),
        (_("By roles"), settings.roles),
    ):
        if values:
            found.append((term, ", ".join(values)))
    if settings.expires:
        found.append((_("A request expires after"), wording.span(settings.expires)))
    return found


def _schedule(gate: Gate) -> Facts:
    settings = ScheduleSettings.read(gate.settings)
    found: Facts = []
    if settings.not_before:
        found.append((_("Not before"), f"{settings.not_before.local} {settings.not_before.zone}"))
    if settings.hours:
        begin, end = (
            f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (settings.hours.start, settings.hours.end)
        )
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in settings.hours.days)
        hours = _("%(days)s from %(begin)s to %(end)s %(zone)s")
        words = {"days": days, "begin": begin, "end": end, "zone": settings.zone}
        found.append((_("Only"), hours % words))
    freeze = _("Waits while a freeze is in force") if settings.freeze else _("Does not wait for freezes")
    return [*found, (_("Freezes"), freeze)]


def _checklist(gate: Gate) -> Facts:
    many = len(gate.settings.get("items", ()))
    text = ngettext(
        "Somebody says that %(n)s item is done", "Somebody says of each of %(n)s items that it is done", many
    )
    return [(_("Passes when"), text % {"n": many})]


def _composite(gate: Gate) -> Facts:
    settings = CompositeSettings.read(gate.settings)
    passes = {
        "all": _("All its parts pass."),
        "any": _("One of its important parts passes, and every required one."),
        "weighted": _("Parts with %(mark)s of the weight pass, and every required one."),
    }[settings.combination]
    fails = {
        "all": _("A required part fails. An important one that fails leaves it inconclusive."),
        "any": _("A required part fails, or all important ones do."),
        "weighted": _("A required part fails, or %(mark)s of the weight cannot pass any more."),
    }[settings.combination]
    words = {"mark": wording.percent(settings.pass_mark)}
    parts = ", ".join(f"{part.gate} ({part.importance})" for part in settings.parts)
    return [
        (_("Parts"), parts),
        (_("Passes when"), passes % words),
        (_("Fails when"), fails % words),
        (_("If inconclusive"), undecided.when_unclear(gate)),
    ]


def _contract(gate: Gate) -> Facts:
    settings = ContractSettings.read(gate.settings)
    words = {"contract": settings.contract, "version": settings.version}
    if settings.question == RETIRE:
        return [
            (_("Asks"), _("Can %(contract)s %(version)s be retired?") % words),
            (
                _("Fails when"),
                _("It was called of late, may be returned to, or its last day has not passed."),
            ),
            (_("Without data"), _("Calls were counted in less than 95 % of the days.")),
        ]
    return [
        (_("Asks"), _("Can %(contract)s %(version)s be promoted?") % words),
        (_("Fails when"), _("It breaks a consumer that is not ready, or whose tests failed.")),
        (_("Waits while"), _("A consumer that it breaks has no fresh result of its tests.")),
        (_("Inconclusive when"), _("It was not decided whether it breaks one that is not ready.")),
    ]


def _evidence(gate: Gate) -> Facts:
    settings = EvidenceSettings.read(gate.settings)
    whose = ", ".join(settings.consumers or ())
    if not whose and settings.kind in OF_ROLLOUT:
        whose = _("Of the rollout, or of its stage")
    elif not whose:
        whose = _("Everybody who relies on it and is reached") if settings.contract else _("What is changed")
    found: Facts = [(_("Asks for"), Kind(settings.kind).label), (_("Of"), whose)]
    if settings.contract:
        found.append((_("Against"), f"{settings.contract} {settings.version}"))
    if settings.environment:
        found.append((_("In"), settings.environment))
    for flags in settings.flags:
        found.append((_("With"), ", ".join(f"{name}: {value}" for name, value in flags.items())))
    return [
        *found,
        (_("Not older than"), wording.span(settings.within)),
        (_("Fails when"), _("The newest result that counts has failed.")),
        (_("Waits while"), _("One is missing, has expired, or is of another build.")),
    ]


def _error_budget(gate: Gate) -> Facts:
    asked = ErrorBudgetPlan.read(gate.settings)
    fails = _("The rollout has burned more than %(burn)s of a budget since it began, all stages together.")
    waits = _("Less than %(left)s of the budget is left, or it burns so fast that somebody is woken.")
    slos = ", ".join(asked.slos) or _("Every SLO of the services that the plan changes")
    return [
        (_("Looks at"), slos),
        (_("Fails when"), fails % {"burn": wording.percent(asked.burn)}),
        (_("Waits while"), waits % {"left": wording.percent(asked.left)}),
    ]


RULES: dict[str, Callable[[Gate], Facts]] = {
    "metric": _metric,
    "exposure": _exposure,
    "approval": _approval,
    "schedule": _schedule,
    "checklist": _checklist,
    "error_budget": _error_budget,
    "composite": _composite,
    "contract": _contract,
    "evidence": _evidence,
}
