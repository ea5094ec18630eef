"""The kind `contract`: whether a version of a contract can be promoted, or can be retired."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from rollouts.contracts.questions import writing
from rollouts.contracts.questions.values import Asked, PromoteFacts, Question, RetireFacts, Unanswerable
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import Gate
from rollouts.gates.questions.answering import Answered, answers
from rollouts.gates.questions.judging import judged
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.plans.document.contract import ContractSettings
from rollouts.plans.models import Change, Stage
from rollouts.plans.values import ChangeKind

AGAIN, AGAIN_BEFORE = timedelta(minutes=5), timedelta(hours=1)
"""Calls come without telling anybody: how often they are looked at, and how often before the start."""


class Contract:
    """Asks all questions of a batch at once. Nothing is compared here, which could take seconds."""

    name = "contract"
    measured = False  # a decision asks anew, and a restart of a stage forgets nothing

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        rows = list(gates)
        exposed = _exposed(rows)
        asked = [asked_by(gate, context, exposed.get(gate.stage_id)) for gate in rows]
        found = answers(asked, now=context.now)
        return {gate.pk: Ruling(opinion(each)) for gate, each in zip(rows, found, strict=True)}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """When what the verdict rests on ends by itself, and when calls are looked at again."""
        begun = context.rollout(gate).started_at is not None
        known = [datetime.fromisoformat(at) for at in gate.evidence.get("due", ())]
        return [*(at for at in known if at > context.now), context.now + (AGAIN if begun else AGAIN_BEFORE)]


def _exposed(gates: Collection[Gate]) -> dict[int, frozenset[str]]:
    """The consumers that stages reach, by the stage's key, where these name some. One query."""
    rows = Stage.objects.filter(pk__in={gate.stage_id for gate in gates}).values_list("pk", "exposure")
    return {pk: frozenset(exposure["consumers"]) for pk, exposure in rows if exposure.get("consumers")}


def asked_by(gate: Gate, context: Context, consumers: frozenset[str] | None) -> Asked:
    """The gate's question, in the environment of its rollout, which itself may always go back."""
    settings, rollout = ContractSettings.read(gate.settings), context.rollout(gate)
    changes = [
        change
        for change in context.changes.get(gate.rollout_id, [])
        if change.name in gate.settings.get("targets", ())
    ]
    stays = _expands(changes, settings.contract) if settings.old_stays is None else settings.old_stays
    environments = {change.environment.slug for change in changes}
    return Asked(
        Question(settings.question),
        settings.contract,
        settings.version,
        environment=environments.pop() if len(environments) == 1 else "",
        consumers=consumers,
        beside=stays,
        without=rollout.pk,
    )


def _expands(changes: Collection[Change], contract: str) -> bool:
    """Whether the provider only adds the version beside those that are there."""
    kinds = [
        change.kind
        for change in changes
        if change.contract
        and change.contract.slug == contract
        and change.contract.provider_id == change.service_id
    ]
    return bool(kinds) and all(kind == ChangeKind.EXPAND for kind in kinds)


def opinion(found: Answered | Unanswerable) -> Opinion:
    """The verdict with the facts that it is made from, and nothing else."""
    if isinstance(found, Unanswerable):
        return Opinion(Word.INCONCLUSIVE, found.sentence, {"remedy": found.remedy})
    facts = writing.as_json(found.facts)
    said = judged(facts)
    uncompared = found.feeling.uncompared if found.feeling else ()
    evidence = {
        "question": found.asked.question.value,
        "contract": found.asked.contract,
        "version": found.asked.version,
        "facts": facts,
        **said.evidence,
        "uncompared": [list(pair) for pair in uncompared],
        "due": [at.isoformat() for at in sorted(set(_ends(found)))],
    }
    return Opinion(said.word, said.sentence, evidence, said.warning)


def _ends(found: Answered) -> Iterator[datetime]:
    """When results and statements end, the last day comes, and the last call falls out of the days."""
    facts = found.facts
    if isinstance(facts, PromoteFacts):
        yield from _results_end(facts)
    else:
        yield from _days_end(facts, found)
    for standing in found.standings.values():
        if standing.expires_at is not None:
            yield standing.expires_at


def _results_end(facts: PromoteFacts) -> Iterator[datetime]:
    for caller in facts.consumers:
        for each in caller.evidence:
            ends = each.at + facts.evidence_for
            yield min(ends, each.expires_at) if each.expires_at else ends


def _days_end(facts: RetireFacts, found: Answered) -> Iterator[datetime]:
    yield datetime.combine(facts.today + timedelta(days=1), time(), UTC)
    if facts.sunset is not None:
        yield datetime.combine(facts.sunset, time(), UTC)
    if found.calls.total and found.calls.last_at is not None:
        # Calls are looked at by the whole hour.
        yield found.calls.last_at + timedelta(days=facts.days, hours=1)
