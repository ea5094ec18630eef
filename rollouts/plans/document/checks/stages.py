"""Stages: exposure never falls, bakes fit their limits, and every stage has a way back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollouts.lib.documents import durations
from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look


def check(document: Any, problems: Problems) -> None:
    _lengths(document, problems)
    _undecided(document, problems)
    _rising(document, problems)
    _way_back(document, problems)


def _lengths(document: Any, problems: Problems) -> None:
    for path, key, value in _durations(document, ()):
        try:
            durations.parse(value)
        except ValueError as error:
            problems.add(path, f"{key}: {error}", "Write a shorter time.")
    for path, stage in look.entries(document, "stages"):
        bake, longest = look.length(stage, "bake"), look.length(stage, "max_duration")
        if bake is not None and longest is not None and bake > longest:
            said = f"bakes for {durations.spoken(bake)}, longer than its max_duration"
            remedy = f"Allow more than {durations.spoken(bake)}, or bake shorter."
            problems.add((*path, "max_duration"), f"The stage {said} of {durations.spoken(longest)}.", remedy)
        if longest is None and "on_overdue" in stage:
            message = "on_overdue does nothing without a max_duration."
            problems.warn((*path, "on_overdue"), message, "Add `max_duration`.")


def _undecided(document: Any, problems: Problems) -> None:
    """Policies for no data and inconclusive: an extension says how long, and only an extension."""
    for path, holder in (*look.entries(document, "stages"), *look.all_gates(document)):
        for key in ("no_data", "inconclusive"):
            policy, place = look.section(holder, key), (*path, key)
            extends = look.text(policy, "then") == "extend"
            if extends and "extend" not in policy:
                message = "An extension must say by how much the bake may grow."
                problems.add((*place, "extend"), message, "Add `extend: 30m`, say.")
            if not extends and "extend" in policy:
                message = "extend does nothing unless the policy extends the bake."
                problems.warn((*place, "extend"), message, "Add `then: extend`, or remove it.")
            if policy.keys() == {"after"} and key == "inconclusive":
                message = "after does nothing without saying what follows."
                problems.warn((*place, "after"), message, "Add `then`, such as `then: ask`.")
        longest, bake = look.length(holder, "max_duration"), look.length(holder, "bake")
        grown = max((_growth(holder, key) for key in ("no_data", "inconclusive")), default=timedelta())
        if longest is not None and bake is not None and bake <= longest < bake + grown:
            message = "With its extension the bake can take longer than max_duration: it is overdue then."
            problems.warn((*path, "max_duration"), message, f"Allow {durations.spoken(bake + grown)}, say.")


def _growth(holder: look.Given, key: str) -> timedelta:
    policy = look.section(holder, key)
    extends = look.text(policy, "then") == "extend"
    return (look.length(policy, "extend") if extends else None) or timedelta()


DURATION_KEYS = frozenset(
    {
        "bake",
        "max_duration",
        "after",
        "expected_duration",
        "expires",
        "slower_than",
        "every",
        "due_within",
        "extend",
    }
)


def _durations(value: Any, path: Path) -> Iterable[tuple[Path, str, str]]:
    """Well-spelt durations anywhere in the document; only their size can still be wrong."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in DURATION_KEYS and isinstance(inner, str) and durations.spelt(inner):
                yield (*path, key), key, inner
            else:
                yield from _durations(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _durations(inner, (*path, index))


@dataclass(frozen=True, slots=True)
class _Granted:
    """What a change had in the last stage that targeted it. No consumers or regions: all."""

    stage: str
    percent: float
    consumers: frozenset[str]
    regions: frozenset[str]

    def loses(self, now: "_Granted") -> str | None:
        if now.percent < self.percent:
            return f"{now.percent:g} % is less than the {self.percent:g} % of stage {self.stage}"
        for before, after in ((self.consumers, now.consumers), (self.regions, now.regions)):
            gone = sorted(before - after) if after else []
            if not before and after:
                return f"stage {self.stage} granted it to all, this one only to {', '.join(sorted(after))}"
            if gone:
                return f"{', '.join(gone)} had it in stage {self.stage}"
        return None


def _rising(document: Any, problems: Problems) -> None:
    last: dict[str | None, _Granted] = {}
    for path, stage in look.entries(document, "stages"):
        given = stage.get("exposure")
        if not isinstance(given, dict):
            continue
        percent = look.number(given, "percent")
        now = _Granted(
            stage=look.text(stage, "name") or "before",
            percent=100.0 if percent is None else percent,
            consumers=frozenset(text for _, text in look.texts(given, "consumers")),
            regions=frozenset(text for _, text in look.texts(given, "regions")),
        )
        targets: list[str | None] = [target for _, target in look.texts(stage, "targets")]
        # A stage without targets moves every change, so it is measured against all before it.
        for target in targets or [None, *last]:
            before = last.get(target) or last.get(None)
            if before is not None and (loss := before.loses(now)):
                remedy = "Raise it, or move the stages; a rollback takes exposure away."
                problems.add((*path, "exposure"), f"Exposure must not fall: {loss}.", remedy)
                break
        for target in targets or [None, *last]:
            last[target] = now


def _way_back(document: Any, problems: Problems) -> None:
    if not isinstance(document, dict) or isinstance(document.get("rollback"), dict):
        return
    for path, stage in look.entries(document, "stages"):
        if not isinstance(stage.get("rollback"), dict):
            name = look.text(stage, "name") or "This stage"
            problems.warn(path, f"Stage {name} has no rollback plan.", "Add `rollback` to it or to the plan.")
