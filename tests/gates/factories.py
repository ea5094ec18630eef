"""Windows, gates and rollouts for tests of gates."""

from datetime import datetime
from typing import Any

from rollouts.gates import services
from rollouts.gates.models import Gate
from rollouts.plans.models import Change, Revision, Rollout, Stage
from tests.health.factories import EPOCH, environment, service, team
from tests.plans.factories import document, plan

METRIC: dict[str, Any] = {
    "name": "errors",
    "title": "Errors of orders",
    "kind": "metric",
    "runbook": "https://runbooks.example/orders",
    "min_requests": 5,
    "warm_up": 1,
    "settings": {"signal": "errors", "limit": "5 %", "breaches": {"count": 2, "of": 3}},
}
EXPOSURE: dict[str, Any] = {"name": "exposure", "kind": "exposure", "warm_up": 0}


def running(*gates: dict[str, Any], at: datetime = EPOCH, percent: float = 10, **stage: Any) -> Rollout:
    """A rollout of orders 2.4.0 to 3.0.0 that entered its first stage at `at`; `gates` guard leaving it."""
    made = document()
    made["stages"][0].update({"exposure": {"percent": percent}, "gates": {"exit": list(gates)}, **stage})
    planned = plan(made)
    rollout = Rollout.objects.create(
        slug=f"orders-{Rollout.objects.count()}",
        title="Orders v3",
        team=team(),
        environment=environment(),
        salt="salt",
        state_since_at=at,
        created_at=at,
    )
    revision = Revision.objects.create(
        rollout=rollout,
        number=1,
        state="in_force",
        author_ref="1",
        source=b"",
        document=made,
        digest="sha256:1",
        created_at=at,
    )
    change = Change.objects.create(
        rollout=rollout,
        service=service(),
        environment=environment(),
        name=planned.changes[0].name,
        from_version="2.4.0",
        to_version="3.0.0",
    )
    for each in planned.stages:
        Stage.objects.create(
            rollout=rollout,
            number=each.number,
            name=each.name,
            title=each.title,
            exposure=each.exposure.as_json(),
            bake=each.bake,
            on_halt=each.on_halt,
        )
    services.sync(rollout=rollout, plan=planned)
    rollout.stages.filter(number=1).update(state="baking", entered_at=at, bake_started_at=at)
    rollout.state, rollout.started_at, rollout.stage, rollout.in_force = "running", at, 1, revision
    rollout.granted, rollout.granted_at, rollout.granted_stage = {change.name: {"percent": percent}}, at, 1
    rollout.save()
    return rollout


def gate(rollout: Rollout, name: str = "errors") -> Gate:
    return Gate.objects.select_related("stage").get(rollout=rollout, name=name)
