"""Signals and synthetic checks that gates name: they exist, and measure what the gate means."""

from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.facts import Facts, NamedProbe, NamedSignal
from rollouts.plans.document.checks.names import unknown
from rollouts.plans.document.gate import SIGNALS, judge_of

DEFINE = "Define it on a metric source's page (/sources/), or write errors, latency, traffic or saturation."


def check(document: Any, problems: Problems, facts: Facts) -> None:
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") != "metric":
            continue
        settings, place = look.section(gate, "settings"), (*path, "settings")
        places = _places(document, settings)
        signal, probe = look.text(settings, "signal"), look.text(settings, "probe")
        if probe and facts.probes is not None:
            if probe in facts.probes:
                _probe(document, settings, facts.probes[probe], places, place, problems)
            else:
                problems.add((*place, "probe"), *unknown(probe, "synthetic check", facts.probes))
        elif signal and signal not in SIGNALS and facts.signals is not None:
            _signal(settings, signal, facts, places, place, problems)


def _places(document: Any, settings: look.Given) -> set[tuple[str, str]]:
    """Services and environments that the gate may measure; several where the plan does not say which."""
    wanted, everywhere = look.text(settings, "service"), look.text(document, "environment") or ""
    return {
        (service, look.text(change, "environment") or everywhere)
        for _, change in look.entries(document, "changes")
        if (service := look.text(change, "service")) and wanted in (None, service)
    }


def _signal(
    settings: look.Given,
    name: str,
    facts: Facts,
    places: set[tuple[str, str]],
    place: Path,
    problems: Problems,
) -> None:
    known = facts.signals or {}
    if name not in known:
        message, remedy = unknown(name, "signal", {*known, *SIGNALS})
        problems.add((*place, "signal"), message, f"{remedy} {DEFINE}" if "mean" in remedy else DEFINE)
        return
    for service, environment in sorted(places):
        if not any(_tells(one, service, environment) for one in known[name]):
            message = f"The signal {name} is not measured of {service} in {environment}."
            problems.add((*place, "signal"), message, _where(name, known[name]))
    if not all(one.counted for one in known[name]):
        _value(settings, name, place, problems)
    elif (limit := look.number(settings, "limit")) is not None and limit >= 1:
        message = f"The signal {name} is a share, and a limit of {limit:g} can never be broken."
        problems.add((*place, "limit"), message, f'Write "{limit:g} %" if you mean percent.')


def _tells(one: NamedSignal, service: str, environment: str) -> bool:
    return one.environment == environment and (not one.services or service in one.services)


def _where(name: str, known: tuple[NamedSignal, ...]) -> str:
    said = [f"{', '.join(sorted(one.services)) or 'all services'} in {one.environment}" for one in known]
    return f"It is measured of {' and of '.join(said)}. Add the service to it, or name another signal."


def _value(settings: look.Given, name: str, place: Path, problems: Problems) -> None:
    """A number is no share: it has a plain limit, and no versions are compared by it."""
    if judge_of(settings) != "limit":
        message = f"The signal {name} is a value, which only the judge limit takes."
        problems.add((*place, "judge"), message, "Write a `limit` in its own unit, and no judge or `limit`.")
    if isinstance(settings.get("limit"), str):
        message = f"The signal {name} is a value, and no share that percent could be of."
        problems.add((*place, "limit"), message, "Write the limit as a number in its own unit.")


def _probe(
    document: Any,
    settings: look.Given,
    probe: NamedProbe,
    places: set[tuple[str, str]],
    place: Path,
    problems: Problems,
) -> None:
    if places and (probe.service, probe.environment) not in places:
        message = (
            f"The check asks {probe.service} in {probe.environment}, which is not what the gate measures."
        )
        remedy = f"Name a check of {' or '.join(f'{one} in {where}' for one, where in sorted(places))}."
        problems.add((*place, "probe"), message, remedy)
        return
    version = look.text(settings, "version") or "canary"
    if version == "all":
        return
    if not probe.version:
        message = "The check asks whatever version answers."
        remedy = "Write `version: all`, or give the check a version to ask for."
        problems.add((*place, "version"), message, remedy)
        return
    key = "to" if version == "canary" else "from"
    brought = {
        look.text(change, key)
        for _, change in look.entries(document, "changes")
        if look.text(change, "service") == probe.service
    }
    if brought - {None} and probe.version not in brought:
        named = ", ".join(sorted(one for one in brought if one))
        message = f"The check asks version {probe.version}, and the gate looks at {named}."
        problems.add(
            (*place, "probe"), message, "Name a check of that version, or give this one that version."
        )
