"""Facts as the JSON that `facts` reads, so that an answer can be given again from them. Django-free."""

from typing import Any

from rollouts.contracts.questions import facts
from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.retiring import can_retire
from rollouts.contracts.questions.values import Answer, Caller, Evidence, PromoteFacts, RetireFacts

Facts = PromoteFacts | RetireFacts


def as_json(known: Facts) -> dict[str, Any]:
    """What `answered` gives the same answer from; what has its default is left out of callers."""
    return _promoting(known) if isinstance(known, PromoteFacts) else _retiring(known)


def answered(given: dict[str, Any]) -> Answer:
    """The answer from facts as JSON, by what they hold: a time for one question, a day for the other."""
    if "now" in given:
        return can_promote(facts.promote_facts(given))
    return can_retire(facts.retire_facts(given))


def _promoting(known: PromoteFacts) -> dict[str, Any]:
    return {
        "contract": known.contract,
        "version": known.version,
        "now": known.now.isoformat(),
        "old_version_stays": known.beside,
        "policy": {"evidence_required": known.wants_evidence, "evidence_days": known.evidence_for.days},
        "unnamed_calls_last_hour": known.unnamed_last_hour,
        "consumers": [_caller(each) for each in known.consumers],
    }


def _retiring(known: RetireFacts) -> dict[str, Any]:
    return {
        "contract": known.contract,
        "version": known.version,
        "today": known.today.isoformat(),
        "deprecated": known.deprecated,
        "sunset": known.sunset.isoformat() if known.sunset else None,
        "rollbacks": list(known.returns),
        "days": known.days,
        "coverage": known.coverage,
        "quiet_days": known.quiet_days,
        "calls": [{"caller": each.caller or None, "count": each.count} for each in known.calls],
        "consumers": [_caller(each) for each in known.consumers],
    }


def _caller(caller: Caller) -> dict[str, Any]:
    usual = _told(Caller(caller.name))
    found = {name: value for name, value in _told(caller).items() if value != usual[name]}
    if caller.evidence:
        found["evidence"] = [_evidence(each) for each in caller.evidence]
    return {"name": caller.name, **found}


def _told(caller: Caller) -> dict[str, Any]:
    return {
        "owner": caller.owner,
        "build": caller.build,
        "exposed": caller.exposed,
        "declared": caller.declared,
        "confidence": caller.confidence,
        "readiness": caller.readiness.value,
        "difference": caller.touch.value,
        "touched_by": caller.touched_by,
        "calls_last_hour": caller.calls_last_hour,
        "excludes_version": caller.excludes,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    told = {
        "build": evidence.build,
        "version": evidence.version,
        "source": evidence.source,
        "reference": evidence.reference,
        "expires_at": evidence.expires_at.isoformat() if evidence.expires_at else "",
    }
    return {
        "result": "passed" if evidence.passed else "failed",
        "at": evidence.at.isoformat(),
        **{name: text for name, text in told.items() if text},
    }
