"""The answer of what a version would take, for programs and for the command."""

from typing import Any

from rollouts.plans.whatif.asking import Answer, Question


def as_json(question: Question, answer: Answer) -> dict[str, Any]:
    """All of it; times as they are."""
    found = answer.estimate
    return {
        "service": question.service.slug,
        "environment": question.environment.slug,
        "contract": question.contract.slug if question.contract else "",
        "old": question.old,
        "version": question.new,
        "split": answer.split,
        "because": answer.because,
        "waves": [
            {"number": w.number, "changes": w.changes, "reasons": w.reasons, "cycles": w.cycles}
            for w in answer.waves
        ],
        "consumers": [
            {
                "service": each.consumer.service.slug,
                "readiness": each.standing.readiness.value,
                "ready": each.standing.readiness.ready,
                "known_by": each.standing.source.value,
            }
            for each in answer.consumers
        ],
        "unready": [each.consumer.service.slug for each in answer.unready],
        "blast_radius": {
            "services": answer.reach.many,
            "farthest": answer.reach.farthest,
            "nearest": [service.slug for service, _steps, _through in answer.reach.shown],
        },
        "freezes": [freeze.name for freeze in answer.freezes],
        "estimate": found
        and {
            "early": found.early,
            "middle": found.middle,
            "late": found.late,
            "trials": found.trials,
            "history": list(answer.history),
        },
        "too_little": answer.too_little,
    }


def told(question: Question, answer: Answer) -> str:
    """The answer in lines."""
    lines = [str(wave) for wave in answer.waves]
    if answer.split:
        lines.insert(0, f"It goes in no order: expand, migrate, contract. {answer.because}".strip())
    elif answer.because:
        lines.insert(0, answer.because)
    lines.append(f"Reaches {answer.reach.many} services, the farthest in {answer.reach.farthest} steps.")
    if answer.unready:
        named = (f"{r.consumer.service.slug} ({r.standing.readiness.label.lower()})" for r in answer.unready)
        lines.append(f"Not ready: {', '.join(named)}.")
    found = answer.estimate
    if found is None:
        lines.append(f"By when: there is too little history ({answer.too_little}).")
    else:
        times = [f"{at:%Y-%m-%d %H:%M}" for at in (found.early, found.middle, found.late)]
        lines.append(
            f"Through by {times[1]} UTC (a tenth of {found.trials:,} trials by {times[0]}, nine of ten by "
            f"{times[2]}), by how long {' and '.join(answer.history)} took."
        )
    return "\n".join(lines)
