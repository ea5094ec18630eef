"""Can this version be retired? What the version says first, then a line for each consumer. Django-free."""

from collections.abc import Iterator

from rollouts.contracts.questions.values import Answer, Caller, Do, Line, RetireFacts, Word
from rollouts.contracts.values import Readiness

COVERED = 0.95
"""Of the days that are looked at, so much has to have been counted."""


def can_retire(facts: RetireFacts) -> Answer:
    """The answer for the version."""
    question = f"Can {facts.contract} {facts.version} be retired?"
    if (first := _version(facts)) is not None:
        return Answer(question, [first])
    calling = {each.caller for each in facts.calls if each.count > 0}
    quiet = [each for each in facts.consumers if each.name not in calling]
    return Answer(question, [*_calls(facts), *(_line(each, facts) for each in quiet)])


def _version(facts: RetireFacts) -> Line | None:
    """What stands against it whoever calls."""
    named = f"{facts.contract} {facts.version}"
    if not facts.deprecated:
        said = f"{named} is not deprecated."
        todo = "Deprecate it with a sunset date, and tell its consumers."
        return Line(named, Word.NO, said, todo, do=Do.END)
    if facts.sunset is None:
        return Line(named, Word.NO, f"{named} has no sunset date.", "Set a sunset date.", do=Do.END)
    if facts.today < facts.sunset:
        said = f"{named} is served until {facts.sunset}."
        return Line(named, Word.NO, said, "Wait for the sunset date.", do=Do.END)
    if facts.returns:
        said = f"{', '.join(facts.returns)} may still roll back to {named}."
        return Line(named, Word.NO, said, f"Finish {', '.join(facts.returns)} first.", do=Do.FINISH)
    return None


def _calls(facts: RetireFacts) -> Iterator[Line]:
    """Calls by anyone, and whether they were counted."""
    counted = [each for each in facts.calls if each.count > 0]
    for each in counted:
        who = each.caller or "A caller without a name"
        many = "1 call" if each.count == 1 else f"{each.count:,} calls"
        said = f"{who} made {many} on {facts.version} in the last {facts.days} days."
        todo = f"{who}: move to the next version."
        yield Line(each.caller or "unnamed", Word.NO, said, todo, do=Do.MOVE)
    if not counted and facts.coverage < COVERED:
        said = f"Calls were counted in {facts.coverage:.0%} of the last {facts.days} days only."
        todo = "Wait until calls were counted for long enough."
        yield Line("calls", Word.NO_DATA, said, todo, do=Do.COUNT)


def _line(caller: Caller, facts: RetireFacts) -> Line:
    """Of a consumer that was not seen to call."""
    name, owner = caller.name, caller.owner or f"The owners of {caller.name}"
    if caller.readiness is Readiness.MIGRATED or caller.excludes:
        return Line(name, Word.YES, f"{name} uses {facts.version} no more.")
    if caller.readiness is Readiness.NOT_READY:
        said = f"{name} is not ready for the next version."
        return Line(name, Word.NO, said, f"{owner}: migrate {name}.", do=Do.SAY)
    if caller.readiness in (Readiness.READY, Readiness.TESTING):
        said = f"{name} did not call for {facts.days} days, and did not say that it has migrated."
        todo = f"{owner}: say whether {name} has migrated; it may run monthly."
        return Line(name, Word.PENDING, said, todo, do=Do.SAY)
    if facts.quiet_days >= 2 * facts.days:
        return Line(name, Word.YES, f"{name} did not call for {facts.quiet_days} days.", warning=True)
    said = f"{name} did not call for {facts.days} days, and nobody said how ready it is."
    todo = f"{owner}: say whether {name} has migrated, or wait for {2 * facts.days} quiet days."
    return Line(name, Word.PENDING, said, todo, do=Do.SAY)
