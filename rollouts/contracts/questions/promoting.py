"""Can this version be promoted? One line for each consumer: the first rule that holds. Django-free.

What counts is who is live: a provider needs no consumer, and with none it may move. A missing result where
something breaks holds; undecided is treated as breaking.
"""

from datetime import datetime

from rollouts.contracts.questions.values import Answer, Caller, Do, Evidence, Line, PromoteFacts, Touch, Word
from rollouts.contracts.values import Readiness

SURE = 0.5
"""The confidence from which on an observed caller counts as one."""


def can_promote(facts: PromoteFacts) -> Answer:
    """The answer for the version, from all consumers that the stage reaches."""
    reached = [each for each in facts.consumers if each.exposed]
    return Answer(
        f"Can {facts.contract} {facts.version} be promoted?",
        [_line(each, facts) for each in reached],
        [each.name for each in facts.consumers if not each.exposed],
    )


def _line(caller: Caller, facts: PromoteFacts) -> Line:
    newest = _newest(caller, facts)
    if newest is not None and not newest.passed and _counts(newest, caller, facts):
        said = f"Tests of {caller.name} against {facts.version} failed on {newest.at:%d %B}."
        return Line(caller.name, Word.NO, said, f"{_who(caller)}: mend what the tests found.", do=Do.TEST)
    tested = newest is not None and newest.passed and _counts(newest, caller, facts)
    if facts.beside or caller.touch in (Touch.COMPATIBLE, Touch.DANGEROUS):
        return _harmless(caller, facts, newest, tested)
    return _breaking(caller, facts, newest, tested)


def _harmless(caller: Caller, facts: PromoteFacts, newest: Evidence | None, tested: bool) -> Line:
    why = "the old version stays served" if facts.beside else "nothing that it uses breaks"
    if facts.wants_evidence and not tested:
        return _waiting(caller, facts, newest, f"For {caller.name} {why}, but the policy wants tests")
    if caller.touch is Touch.DANGEROUS and not facts.beside:
        what = f" ({caller.touched_by})" if caller.touched_by else ""
        said = f"For {caller.name} {why}, but something is dangerous{what}."
        return Line(caller.name, Word.YES, said, warning=True)
    return Line(caller.name, Word.YES, f"For {caller.name} {why}.")


def _breaking(caller: Caller, facts: PromoteFacts, newest: Evidence | None, tested: bool) -> Line:
    name, who = caller.name, _who(caller)
    breaks, undecided = _breaks(caller, facts), caller.touch is Touch.UNDECIDED
    if caller.readiness is Readiness.MIGRATED:
        return _migrated(caller, facts)
    if caller.readiness is Readiness.READY:
        if tested:
            return Line(name, Word.YES, f"{name} is ready for {facts.version}, and its tests passed.")
        return _waiting(caller, facts, newest, f"{breaks}; it is ready", undecided=undecided)
    if caller.readiness is Readiness.TESTING:
        todo = f"{who}: finish the tests against {facts.version}."
        return Line(
            name, Word.PENDING, f"{breaks}; it is being tested.", todo, do=Do.TEST, undecided=undecided
        )
    if caller.readiness is Readiness.NOT_READY:
        todo, said = f"{who}: get ready for {facts.version}.", f"{breaks}, which is not ready."
        return Line(name, Word.NO, said, todo, do=Do.SAY, undecided=undecided)
    if caller.declared or caller.confidence >= SURE:
        said = f"{breaks}, and nobody said how ready it is."
        return Line(name, Word.NO_DATA, said, f"{who}: say how ready it is.", do=Do.SAY, undecided=undecided)
    said = f"{breaks}, which was seen to call only a little (confidence {caller.confidence:.2f})."
    return Line(name, Word.YES, said, f"{who}: say whether it is a consumer.", warning=True, do=Do.DECLARE)


def _breaks(caller: Caller, facts: PromoteFacts) -> str:
    what = f" ({caller.touched_by})" if caller.touched_by else ""
    if caller.touch is Touch.UNDECIDED:
        return f"Whether {facts.version} breaks {caller.name} is undecided{what}"
    return f"{facts.version} breaks {caller.name}{what}"


def _migrated(caller: Caller, facts: PromoteFacts) -> Line:
    """What it says is held against what it does."""
    name, undecided = caller.name, caller.touch is Touch.UNDECIDED
    if caller.calls_last_hour:
        said = f"{name} migrated, they say, but made {_calls(caller.calls_last_hour)} in the last hour."
        todo = f"{_who(caller)}: stop calling the old version."
        return Line(name, Word.NO, said, todo, do=Do.MOVE, undecided=undecided)
    if facts.unnamed_last_hour:
        many = _calls(facts.unnamed_last_hour)
        said = f"{name} has migrated, they say, but somebody without a name made {many} in the last hour."
        return Line(name, Word.YES, said, warning=True)
    return Line(name, Word.YES, f"{name} has migrated, and calls the old version no more.")


def _calls(many: int) -> str:
    return "1 call" if many == 1 else f"{many:,} calls"


def _waiting(
    caller: Caller, facts: PromoteFacts, newest: Evidence | None, said: str, *, undecided: bool = False
) -> Line:
    todo = f"{_who(caller)}: run the tests against {facts.version} and send the result."
    if newest is None:
        said = f"{said}; there is no result of its tests."
        return Line(caller.name, Word.PENDING, said, todo, do=Do.TEST, undecided=undecided)
    days = facts.evidence_for.days
    why = f"its result of {newest.at:%d %B} is older than {days} days"
    if newest.at + facts.evidence_for >= facts.now > _until(newest, facts):
        why = f"its result of {newest.at:%d %B} has expired"
    elif newest.at + facts.evidence_for >= facts.now:
        why = f"its result of {newest.at:%d %B} is of another build"
    return Line(caller.name, Word.PENDING, f"{said}; {why}.", todo, do=Do.TEST, undecided=undecided)


def _newest(caller: Caller, facts: PromoteFacts) -> Evidence | None:
    """The newest result for this version."""
    fitting = [each for each in caller.evidence if each.version in ("", facts.version)]
    return max(fitting, key=lambda each: each.at, default=None)


def _counts(evidence: Evidence, caller: Caller, facts: PromoteFacts) -> bool:
    """Not too old, and of the build that is live: a result ends with either."""
    same = not (evidence.build and caller.build) or evidence.build == caller.build
    return same and _until(evidence, facts) >= facts.now


def _until(evidence: Evidence, facts: PromoteFacts) -> datetime:
    """When it ends: as the policy says, or as it says itself if that is sooner."""
    until = evidence.at + facts.evidence_for
    return min(until, evidence.expires_at) if evidence.expires_at else until


def _who(caller: Caller) -> str:
    return caller.owner or f"The owners of {caller.name}"
