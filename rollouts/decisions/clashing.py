"""What speaks against the order of a plan's moves, as the machine is told of it."""

from rollouts.decisions.machine.snapshot import Clash
from rollouts.plans.models import Revision
from rollouts.plans.queries import order_of, plan_of


def clashes_of(revision: Revision) -> tuple[Clash, ...]:
    """Whom the order of the revision's stages breaks, as far as documents were compared; it compares none."""
    plan = plan_of(revision)
    if len(plan.changes) < 2:
        return ()
    return tuple(
        Clash(
            found.name,
            found.sentence,
            f"move {found.edge.first} before {found.edge.then}, or say why it has to be so",
        )
        for found in order_of(plan, compared=0).breaking
    )


def compare_documents(rollout: str) -> None:
    """Compares what the newest draft's order depends on, before a row is locked: it may take seconds."""
    draft = Revision.objects.filter(rollout__slug=rollout, state="draft").order_by("-number").first()
    if draft is not None:
        order_of(plan_of(draft))
