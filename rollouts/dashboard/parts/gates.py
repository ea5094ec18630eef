"""The gates that stand before the next step, open ones first, with bake, approvals and freezes among them."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.approvals.models import Request
from rollouts.dashboard import wording
from rollouts.dashboard.parts.observed import would
from rollouts.dashboard.parts.rail import baked_share
from rollouts.dashboard.parts.votes import asks_reader, heard
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import CheckItem, GateRow
from rollouts.decisions import queries as decisions
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word
from rollouts.plans.document.composite import CompositeSettings
from rollouts.plans.models import Rollout
from rollouts.plans.values import RolloutState, StageState

ORDER = {Word.FAIL: 0, Word.NO_DATA: 1, Word.INCONCLUSIVE: 2, Word.PENDING: 3, Word.PASS: 4}
ON_FAIL = {
    "halt": "Halts the stage when it fails.",
    "hold": "Holds the stage when it fails.",
    "ask": "Asks people when it fails.",
}


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/gate_list.html."""
    standing = standing_of(request, rollout.slug)
    rows = gate_rows(standing)
    judged = [gate.judged_at for gate in guarding(standing) if gate.judged_at]
    return {
        "gates": rows,
        "gates_title": title(standing),
        "gates_note": note(rows),
        "judged_at": max(judged, default=None),
        "announce": failed_words(rows),
        "urgent": any(row.word == Word.FAIL and not row.observe for row in rows),
    }


def failed_words(rows: list[GateRow]) -> str:
    """What is said aloud: the gates that fail."""
    names = [row.title for row in rows if row.word == Word.FAIL and not row.observe]
    return _("Failing: %(gates)s.") % {"gates": ", ".join(names)} if names else _("No gate fails.")


def title(standing: Standing) -> str:
    """What the gates stand before."""
    if standing.state.ended or standing.state in (RolloutState.ROLLING_BACK, RolloutState.ROLLBACK_FAILED):
        return _("Gates as they last stood")
    if standing.seen.upcoming:
        return _("Gates before stage %(number)s") % {"number": standing.seen.upcoming.number}
    return _("Gates before completion")


def note(rows: list[GateRow]) -> str:
    """How many pass and what the others say."""
    binding = [row for row in rows if not row.observe]
    passed = sum(row.word == Word.PASS for row in binding)
    parts = [ngettext("%(n)s passes", "%(n)s pass", passed) % {"n": passed}]
    for word in (Word.FAIL, Word.NO_DATA, Word.INCONCLUSIVE, Word.PENDING):
        some = sum(row.word == word for row in binding)
        if some:
            parts.append(f"{some} {word.label.lower()}")
    return ", ".join(parts)


def guarding(standing: Standing) -> list[Gate]:
    """Rows of the gates on leaving the current stage and on entering the next one."""
    leaving = standing.seen.current.number if standing.seen.current else _last_begun(standing)
    entering = standing.seen.upcoming.number if standing.seen.upcoming else 0
    return [
        gate
        for gate in standing.gates
        if (gate.stage.number == leaving and gate.position == Position.EXIT)
        or (gate.stage.number == entering and gate.position == Position.ENTRY)
    ]


def _last_begun(standing: Standing) -> int:
    begun = [row.number for row in standing.stages if row.entered_at]
    return 0 if standing.state.value in ("draft", "proposed", "approved") else max(begun, default=0)


def gate_rows(standing: Standing) -> list[GateRow]:
    """Every gate before the next step."""
    rows = [gate_row(standing, gate) for gate in guarding(standing)]
    rows += [*bake_row(standing), *policy_rows(standing), *freeze_rows(standing)]
    return sorted(rows, key=lambda row: (row.observe, ORDER.get(Word(row.word), 9)))


def gate_row(standing: Standing, gate: Gate) -> GateRow:
    """One gate of the plan with its newest verdict."""
    asked = request_of(standing, gate)
    word = seen_word(standing, gate)
    return GateRow(
        name=gate.name,
        title=gate.title or gate.name,
        kind=gate.kind,
        word=word.value,
        sentence=approval_sentence(standing, asked) if asked else gate.sentence,
        at=gate.judged_at,
        until_at=(asked.expires_at if asked and word is not Word.PASS else silent_until(gate)),
        until_word=_("expires") if asked else _("holds at") if gate.no_data_since_at else "",
        observe=gate.observe or not gate.required,
        part_of=part_of(standing, gate),
        would=would(standing, gate),
        warning=gate.warning,
        runbook=gate.runbook,
        owner=standing.called(gate.owner),
        value=value_of(gate),
        on_fail=on_fail(gate),
        checklist=check_items(standing, gate),
        href=reverse("dashboard:gate", args=[standing.rollout.slug, gate.pk]),
    )


def on_fail(gate: Gate) -> str:
    """What its failure does by itself; empty where that is nothing."""
    fails = gate.kind in ("metric", "exposure") or (
        gate.kind in ("contract", "evidence") and gate.position == Position.EXIT
    )
    binds = fails and gate.required and not gate.observe
    return str(ON_FAIL.get(gate.on_fail, "")) if binds else ""


def part_of(standing: Standing, gate: Gate) -> str:
    """The composite beside it through which alone a gate binds; empty for any other gate."""
    if gate.required or gate.observe:
        return ""
    for each in standing.gates:
        beside = (each.stage_id, each.position, each.kind) == (gate.stage_id, gate.position, "composite")
        if beside and gate.name in {part.gate for part in CompositeSettings.read(each.settings).parts}:
            return each.title or each.name
    return ""


def seen_word(standing: Standing, gate: Gate) -> Word:
    """The word that the machine goes by: an approval gate's follows the votes."""
    stage = standing.seen.stage(gate.stage.number)
    for each in stage.gates if stage else ():
        if each.name == gate.name and each.position == gate.position:
            return decisions.word_of(standing.seen, each)
    return gate.word


def silent_until(gate: Gate) -> Any:
    """When silence turns into a hold."""
    if gate.verdict == Word.NO_DATA and gate.no_data_since_at and gate.stage.state == StageState.BAKING:
        return gate.no_data_since_at + gate.no_data_after
    return None


def value_of(gate: Gate) -> str:
    """The newest number of a measured gate, for the short list on phones."""
    recent = gate.evidence.get("recent") or [{}]
    value = recent[-1].get("value")
    if not isinstance(value, int | float):
        return ""
    counted = gate.evidence.get("signal") in ("errors", "latency")
    return wording.percent(value) if counted else wording.number(value, 2)


def check_items(standing: Standing, gate: Gate) -> tuple[CheckItem, ...]:
    """The lines of a checklist with who ticked them."""
    if gate.kind != "checklist":
        return ()
    ticks = {tick.item: tick for tick in gate.ticks.all()}
    may = decisions.Right.MEMBER in standing.seen.rights
    found = []
    for item in gate.settings.get("items", ()):
        name, words = (item, item) if isinstance(item, str) else (item["name"], item["title"])
        tick = ticks.get(name)
        href = reverse("dashboard:tick", args=[standing.rollout.slug, gate.pk]) if may and not tick else ""
        by = f"{tick.person_name}, {wording.moment(tick.at, now=standing.now)}" if tick else ""
        found.append(
            CheckItem(
                words, tick is not None, by, f"{href}?{urlencode({'item': name})}" if href else "", name
            )
        )
    return tuple(found)


def request_of(standing: Standing, gate: Gate) -> Request | None:
    """The open request that an approval gate stands for."""
    if gate.kind != "approval":
        return None
    stage = gate.stage.number + (1 if gate.position == Position.EXIT else 0)
    return next((row for row in standing.requests if row.stage == stage and row.gate == gate.name), None)


def approval_sentence(standing: Standing, asked: Request) -> str:
    """What the votes add up to, who gave them, and who may still."""
    seen = next((each for each in standing.seen.requests if each.id == str(asked.pk)), None)
    if seen is None:
        return ""
    outcome = decisions.standing(standing.seen, seen)
    names = [
        vote.person.name for vote in asked.votes.all() if vote.voided_at is None and vote.ballot == "approve"
    ]
    parts = [heard(outcome, standing.names)]
    if names:
        parts.append(_("Approved by %(names)s.") % {"names": ", ".join(names)})
    if asks_reader(standing, [asked]) and standing.person.name not in names:
        parts.append(_("You are asked."))
    return " ".join(parts)


def bake_row(standing: Standing) -> list[GateRow]:
    """The bake of the current stage as a row of its own."""
    row = standing.current
    if row is None or not row.bake or not row.entered_at:
        return []
    length = wording.span(row.bake)
    share = baked_share(row, standing.now)
    seen = standing.seen.current
    done = row.state == StageState.READY or (seen is not None and seen.baked)
    if row.needed_windows:
        words = {"done": min(row.baked_windows, row.needed_windows), "all": row.needed_windows}
        sentence = _("%(done)s of %(all)s windows had enough data and no failure.") % words
        left = row.bake / row.needed_windows * max(0, row.needed_windows - row.baked_windows)
        if not done and standing.state is RolloutState.RUNNING:
            sentence += " " + _("About %(span)s left.") % {"span": wording.span(left)}
    else:
        passed = min(row.bake, standing.now - (row.bake_started_at or row.entered_at))
        sentence = _("%(span)s done.") % {"span": wording.rough(max(passed, timedelta(0)))}
    return [
        GateRow(
            name="bake",
            title=_("Bake: stay healthy for %(span)s") % {"span": length},
            kind="bake",
            word=(Word.PASS if done else Word.PENDING).value,
            sentence=sentence if done else sentence + " " + _("Restarts if the stage is halted."),
            until_at=row.bake_ends_at if not done and standing.state is RolloutState.RUNNING else None,
            until_word=_("ends"),
            share=None if done else share,
        )
    ]


def policy_rows(standing: Standing) -> list[GateRow]:
    """Approvals that a policy wants and no gate of the plan stands for."""
    by_gate = {gate.name for gate in standing.gates if gate.kind == "approval"}
    found = []
    for asked in standing.requests:
        if asked.gate in by_gate and asked.gate:
            continue
        seen = next((each for each in standing.seen.requests if each.id == str(asked.pk)), None)
        if seen is None:
            continue
        outcome = decisions.standing(standing.seen, seen)
        words = {"revision": asked.revision.number, "stage": asked.stage}
        name = _("Approval of stage %(stage)s") if asked.stage else _("Approval of revision %(revision)s")
        found.append(
            GateRow(
                name=seen.name,
                title=name % words,
                kind="approval",
                word=(Word.PASS if outcome.standing.value == "filled" else Word.PENDING).value,
                sentence=approval_sentence(standing, asked),
                until_at=asked.expires_at,
                until_word=_("expires"),
            )
        )
    return found


def freeze_rows(standing: Standing) -> list[GateRow]:
    """Freezes in force, or the next one as what is known ahead."""
    if standing.state.ended:
        return []
    found = [
        GateRow(
            name=freeze.name,
            title=_("Freeze: %(name)s") % {"name": freeze.name},
            kind="schedule",
            word=Word.PENDING.value,
            sentence=freeze.reason
            or (_("Absolute: only its owner lifts it.") if freeze.absolute else _("Yields to its owner.")),
            until_at=freeze.ends_at,
            until_word=_("ends"),
            owner=freeze.team.name,
        )
        for freeze in standing.freezes
        if freeze.starts_at <= standing.now
    ]
    ahead = next((freeze for freeze in standing.freezes if freeze.starts_at > standing.now), None)
    if not found and ahead:
        begins = wording.moment(ahead.starts_at, now=standing.now)
        ends = wording.moment(ahead.ends_at, now=standing.now)
        words = {"name": ahead.name, "begins": begins, "ends": ends}
        found.append(
            GateRow(
                name="freeze",
                title=_("No freeze"),
                kind="schedule",
                word=Word.PASS.value,
                sentence=_("Next: %(name)s, %(begins)s to %(ends)s.") % words,
            )
        )
    return found
