"""Gates as the plan in force wants them, and their verdicts. Called by `decisions`, mostly under the lock.

NOTE FOR THE AUTHOR OF THIS PACKAGE: rollouts/decisions (written) calls exactly these; fill them in.
"""

from collections.abc import Iterable
from datetime import datetime

from rollouts.approvals.values import Policy
from rollouts.gates.models import Gate
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Rollout


def sync(*, rollout: Rollout, plan: Plan) -> None:
    """Makes the rollout's gates those of `plan`; gates of settled stages stay as they are."""
    raise NotImplementedError


def restart(*, rollout: Rollout, stage: int, now: datetime) -> None:
    """The stage's warm-up and bake count from zero: its metric and exposure judges start anew, words pending."""
    raise NotImplementedError


def pass_over(*, rollout: Rollout, names: Iterable[str], now: datetime) -> None:
    """Somebody resumed in spite of these gates' verdicts (sets passed_over_at; it counts until changed_at moves)."""
    raise NotImplementedError


def approval_policy(gate: Gate, default: Policy) -> Policy:
    """Whom an approval gate asks: its own settings (GatePlan.approval), and the environment's policy for the rest."""
    raise NotImplementedError


def judge(*, rollout_ids: list[int], now: datetime) -> set[int]:
    """Judges all present gates of these rollouts that can be judged now, and writes verdicts.

    Returns the ids of rollouts for which a word, a bake's count or a silence changed, so that they must be
    taken through the door. Cheap where nothing changed. Takes no lock on the rollout.
    """
    raise NotImplementedError
