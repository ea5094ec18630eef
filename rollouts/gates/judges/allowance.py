"""What a whole rollout may burn of an error budget, and how much a stage needs to be left. Django-free.

    burned = max(0, bad - total * normal share) / ((1 - target) * requests of the SLO's period)

over all stages since the rollout began: the surplus of the new version over what the old one beside it fails
anyway, as the judge `budget` has it for one stage. A stage is not entered

    - when more than `most` is burned: that does not heal by waiting, so it fails;
    - while less than `least` of the budget is left, or it burns so fast that somebody is woken: it waits.
"""

from collections.abc import Collection
from dataclasses import dataclass

from rollouts.gates.judges.combining import SEVERITY
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.judges.words import percent
from rollouts.gates.values import Word


@dataclass(frozen=True)
class Allowance:
    """How one SLO stands: what the rollout has `burned` (None: its period has no requests), and what is left.

    `remaining` is None without fresh data; `firing` the urgency of its burn; `counted` the requests to the
    new version since the rollout began, None before it did.
    """

    slo: str
    title: str
    most: float
    least: float
    burned: float | None
    remaining: float | None
    firing: str = ""
    counted: float | None = None


def word(one: Allowance) -> Word:
    """The word on one SLO."""
    if one.burned is not None and one.burned > one.most:
        return Word.FAIL
    if one.remaining is None or one.burned is None:
        return Word.NO_DATA
    if one.firing == "page" or one.remaining < one.least:
        return Word.PENDING
    return Word.PASS


def sentence(one: Allowance) -> str:
    """How it stands and what is waited for, in one or two sentences."""
    if one.remaining is None or one.burned is None:
        return f"{one.title} cannot be said: nothing was counted lately."
    began = one.counted is not None
    spent = f"The rollout has burned {percent(one.burned)} of {one.title}, allowed are {percent(one.most)}"
    said = f"{spent}. " if began else f"The rollout may burn {percent(one.most)} of {one.title}. "
    if word(one) is Word.FAIL:
        return f"{said}That does not heal by waiting."
    left = f"{percent(one.remaining)} of the budget are left" if one.remaining >= 0 else "It is overspent"
    if one.firing == "page":
        return f"{said}{left}, and it burns too fast: the stage waits until that is over."
    if one.remaining < one.least:
        return f"{said}{left}: the stage waits until {percent(one.least)} are left."
    silent = " No request to the new version was counted." if began and not one.counted else ""
    return f"{said}{left}.{silent}"


def judged(found: Collection[Allowance]) -> Opinion:
    """The worst of all SLOs, in the words of those that say it; inconclusive without any."""
    if not found:
        return Opinion(
            Word.INCONCLUSIVE, "The changed services have no SLO here: no error budget can be looked at."
        )
    words = {one.slo: word(one) for one in found}
    worst = min(words.values(), key=SEVERITY.index)
    telling = [one for one in found if words[one.slo] is worst]
    warns = worst is Word.PASS and any(one.counted == 0 for one in found)
    evidence = {"budgets": [_evidence(one, words[one.slo]) for one in found]}
    return Opinion(worst, " ".join(sentence(one) for one in telling), evidence, warns)


def _evidence(one: Allowance, said: Word) -> dict[str, str | float | None]:
    return {
        "slo": one.slo,
        "title": one.title,
        "burned": one.burned,
        "most": one.most,
        "remaining": one.remaining,
        "least": one.least,
        "firing": one.firing,
        "requests": one.counted,
        "word": said.value,
    }
