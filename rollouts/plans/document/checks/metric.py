"""Metric gates: the judge has what it needs, and nothing that it would not look at."""

from collections.abc import Collection, Mapping
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.names import unknown
from rollouts.plans.document.gate import DEFAULT_ALPHA, LEAST_ALPHA, SHARES, SIGNALS, STATISTICAL, judge_of

COUNTED = frozenset({"compare", "limit-e", "budget", "last-week"})
"""Judges that work on counts of requests."""
ONLY_FOR: Mapping[str, Collection[str]] = {
    "limit": ("limit", "limit-e"),
    "breaches": ("limit",),
    "margin": ("compare", "last-week"),
    "min_windows": ("compare", "limit-e", "last-week"),
    "assure": ("compare",),
    "guard": ("compare", "limit-e"),
    "slo": ("budget",),
    "cost_cap": ("budget",),
    "weeks": ("last-week",),
}


def check(gate: look.Given, path: Path, document: Any, problems: Problems, judges: Collection[str]) -> None:
    settings, place = look.section(gate, "settings"), (*path, "settings")
    named = look.text(settings, "judge")
    if named and named not in judges:
        problems.add((*place, "judge"), *unknown(named, "judge", judges))
    signal = look.text(settings, "signal")
    if signal == "latency" and "slower_than" not in settings:
        message = "A latency gate must say what is slow."
        problems.add((*place, "slower_than"), message, "Add `slower_than: 300ms`, say.")
    if signal and signal != "latency" and "slower_than" in settings:
        problems.add((*place, "slower_than"), f"slower_than has no meaning for {signal}.", "Remove it.")
    if "worse" in settings and signal in SIGNALS - {"saturation"}:
        problems.add((*place, "worse"), f"It is known which side of {signal} is worse.", "Remove `worse`.")
    if "probe" in settings:
        _probe(settings, signal, place, problems)
    _limit(settings, signal, place, problems)
    _judge(settings, signal, place, problems)
    if "points" in look.section(settings, "must_see") and signal in ("traffic", "saturation"):
        message = f"{signal} is no share, so that points say nothing of it."
        problems.add((*place, "must_see", "points"), message, "Write `must_see: {times: 2}`, say.")
    breaches = look.section(settings, "breaches")
    count, of = look.number(breaches, "count"), look.number(breaches, "of")
    if count is not None and of is not None and count > of:
        message = f"{count:g} breaches cannot be among {of:g} windows."
        problems.add((*place, "breaches"), message, "Write a count that is at most `of`.")
    if "service" not in settings:
        _one_service(document, place, problems)


def _probe(settings: look.Given, signal: str | None, place: Path, problems: Problems) -> None:
    """A check asks one version, so its runs are set against a limit."""
    if signal and signal not in SHARES:
        message = f"A synthetic check's runs have no {signal}."
        remedy = "Write `signal: errors` for runs that failed, or `latency` with `slower_than` for slow ones."
        problems.add((*place, "signal"), message, remedy)
    if judge_of(settings) not in ("limit", "limit-e"):
        message = "Runs of a synthetic check are set against a limit: it asks one version, not two."
        problems.add((*place, "limit"), message, 'Add `limit: "10 %"`, say, with the judge limit or limit-e.')


def _judge(settings: look.Given, signal: str | None, place: Path, problems: Problems) -> None:
    judge = judge_of(settings)
    if judge in ("limit", "limit-e") and "limit" not in settings:
        message = f"The judge {judge} needs a limit."
        problems.add((*place, "limit"), message, 'Add `limit: "2 %"`, say, or use `judge: compare`.')
    if judge == "limit-e" and settings.get("limit") in (0, "0 %", "0%"):
        message = "No evidence can be weighed against a limit of 0."
        problems.add((*place, "limit"), message, "Write a small share, or use `judge: limit`.")
    if judge == "budget" and "slo" not in settings:
        message = "A budget gate must name the SLO whose budget it caps."
        problems.add((*place, "slo"), message, "Add `slo`, the name of an SLO in /slos/.")
    if judge in COUNTED and signal in SIGNALS - SHARES:
        message = f"The judge {judge} compares counts of requests, and {signal} is none."
        problems.add((*place, "judge"), message, "Use it for errors or latency, or `judge: limit` here.")
    version = look.text(settings, "version")
    if judge in ("compare", "budget") and version in ("baseline", "all"):
        message = f"The judge {judge} looks at the new version, beside the old one."
        problems.add((*place, "version"), message, "Remove `version`.")
    for key, fitting in ONLY_FOR.items():
        if key in settings and judge in COUNTED | {"limit"} and judge not in fitting:
            message = f"{key} does nothing for the judge {judge}."
            problems.warn((*place, key), message, f"Remove it; it is for {' and '.join(fitting)}.")


def _limit(settings: look.Given, signal: str | None, place: Path, problems: Problems) -> None:
    if signal not in SHARES:
        return
    limit, value = settings.get("limit"), look.number(settings, "limit")
    if value is not None and value >= 1:
        message = f"The limit {value:g} is a share of all requests and must be below 1."
        problems.add((*place, "limit"), message, f'Write "{value:g} %" if you mean percent.')
    if isinstance(limit, str) and _percent(limit) >= 100:
        problems.add((*place, "limit"), f"The limit {limit} can never be broken.", "Write less than 100 %.")


def _percent(text: str) -> float:
    try:
        return float(text.rstrip("% "))
    except ValueError:
        return 0.0


def _one_service(document: Any, place: Path, problems: Problems) -> None:
    services = {look.text(change, "service") for _, change in look.entries(document, "changes")}
    if len(services - {None}) > 1:
        message = "The plan changes several services, and the gate does not say which one it measures."
        problems.add((*place, "service"), message, "Add `service` to its settings.")


def together(document: Any, problems: Problems) -> None:
    """What all gates make of the plan's `alpha`, and stages that leave nothing to compare with."""
    shared = {look.text(gate, "name"): gate for _, gate in look.entries(document, "gates")}
    uses = 0
    for path, stage in look.entries(document, "stages"):
        everybody = _everybody(stage)
        for place, use in look.stage_gates(stage, path):
            for gate in _meant(use, shared):
                if look.text(gate, "kind") != "metric":
                    continue
                judge = judge_of(look.section(gate, "settings"))
                uses += judge in STATISTICAL
                if judge == "compare" and everybody and "exit" in place:
                    message = "At 100 % no old version is left to compare with: the gate would never pass."
                    problems.add(place, message, "Use a gate with `judge: limit` or `limit-e` in this stage.")
    alpha = look.number(document, "alpha") if isinstance(document, Mapping) else None
    each = (DEFAULT_ALPHA if alpha is None else alpha) / max(1, uses)
    if 0 < each < LEAST_ALPHA:
        message = (
            f"Divided among {uses} gates, alpha leaves each {each:.1g}: very much evidence is asked of them."
        )
        problems.warn(("alpha",), message, "Write a larger alpha, or compare in fewer gates.")


def _meant(use: str | look.Given, shared: Mapping[str | None, look.Given]) -> list[look.Given]:
    """The gate that is used; of a shared one that is named, those inside it too."""
    if not isinstance(use, str):
        return [use]
    gate = shared.get(use)
    return [] if gate is None else [gate, *(inner for _, inner in look.inline_parts(gate, ()))]


def _everybody(stage: look.Given) -> bool:
    exposure = look.section(stage, "exposure")
    percent = look.number(exposure, "percent")
    whole = percent is None or percent >= 100
    return bool(exposure) and whole and not exposure.get("consumers") and not exposure.get("regions")
