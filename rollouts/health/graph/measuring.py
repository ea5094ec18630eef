"""From windows, checks and declarations to the graph of one environment: nine queries at most."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Sum

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Consumer, Dependency
from rollouts.health.composite import culprit
from rollouts.health.composite.graph import Edge, Graph, Node
from rollouts.health.composite.own import (
    Part,
    Tally,
    errors,
    limit_of,
    of_budget,
    of_check,
    share_of_calls,
    worst,
)
from rollouts.health.composite.rollup import rollup
from rollouts.health.graph.models import ObservedEdge
from rollouts.health.models import Slo, Window
from rollouts.health.probes.queries import probes, stands
from rollouts.health.values import Perspective, Signal

WINDOWS = 5
"""The newest windows that are added up: one that is unlucky says little."""

Pair = tuple[str, str]


@dataclass
class Counted:
    """What the windows hold: requests by service as it counted them, and calls by caller and callee."""

    served: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    called: dict[Pair, Tally] = field(default_factory=lambda: defaultdict(Tally))
    between: dict[Pair, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def calls(self) -> dict[Pair, Tally]:
        """Calls as the callers counted them; by tracing or mesh where they did not. Both count the same."""
        return {**self.between, **self.called}

    def received(self) -> dict[str, Tally]:
        """All calls of each service, as its callers counted."""
        found: dict[str, Tally] = {}
        for (_caller, callee), tally in self.calls.items():
            found[callee] = found.get(callee, Tally()).plus(tally)
        return found


def counted(environment_id: int, since: datetime, until: datetime) -> Counted:
    """One query: the failed and all requests of every series in the windows, gaps left out."""
    rows = (
        Window.objects.filter(
            series__environment=environment_id,
            series__signal=Signal.ERRORS,
            series__name="",
            series__last_seen_at__gt=since,
            start_at__gte=since,
            start_at__lt=until,
            gap=False,
        )
        .values("series__service__slug", "series__perspective", "series__caller")
        .annotate(failed=Sum("bad"), many=Sum("total"))
        .order_by("series__service__slug", "series__perspective", "series__caller")
    )
    found = Counted()
    for row in rows:
        callee, caller = row["series__service__slug"], row["series__caller"]
        tally = Tally(row["failed"], row["many"])
        match row["series__perspective"]:
            case Perspective.SERVER:
                found.served[callee] = tally
            case Perspective.CALLERS:
                found.called[caller, callee] = tally
            case Perspective.BETWEEN:
                found.between[caller, callee] = tally
    return found


def declared() -> dict[Pair, bool]:
    """Who relies on whom by contract or plain dependency, and whether it fails with it; hard wins."""
    by_contract = Consumer.objects.filter(gone_at=None, contract__gone_at=None).values_list(
        "service__slug", "contract__provider__slug", "kind"
    )
    plain = Dependency.objects.filter(gone_at=None).values_list("service__slug", "on__slug", "kind")
    found: dict[Pair, bool] = {}
    for caller, callee, kind in (*by_contract, *plain):
        if caller != callee:
            found[caller, callee] = found.get((caller, callee), False) or kind == "hard"
    return found


@dataclass
class Promised:
    """What SLOs say of each service: the strictest target for errors, and the parts of those that burn."""

    targets: dict[str, float] = field(default_factory=dict)
    burning: dict[str, list[Part]] = field(default_factory=lambda: defaultdict(list))


def promised(environment_id: int) -> Promised:
    """One query: the SLOs of all services of an environment."""
    rows = Slo.objects.kept().filter(environment=environment_id).order_by("service__slug", "pk")
    found = Promised()
    for service, signal, target, firing, title in rows.values_list(
        "service__slug", "signal", "target", "firing", "title"
    ):
        if signal == Signal.ERRORS:
            found.targets[service] = max(target, found.targets.get(service, 0.0))
        if firing:
            found.burning[service].append(of_budget(title, firing))
    return found


def checked(environment: Environment, at: datetime) -> dict[str, list[Part]]:
    """What synthetic checks say of each service, beside what its users see; three queries."""
    found: dict[str, list[Part]] = {}
    for stand in stands(list(probes().filter(environment=environment, enabled=True)), at):
        part = of_check(stand.probe.title, stand.check.value, stand.both.value, stand.users.value)
        if part is not None:
            found.setdefault(stand.probe.service.slug, []).append(part)
    return found


def measure(environment: Environment, *, through: datetime, window_s: int) -> Graph:
    """The graph at the end of the window that closed at `through`."""
    since = through - WINDOWS * timedelta(seconds=window_s)
    tiers = dict(Service.objects.filter(gone_at=None).order_by("slug").values_list("slug", "tier"))
    seen = counted(environment.pk, since, through)
    observed = {
        (caller, callee): last.isoformat()
        for caller, callee, last in ObservedEdge.objects.filter(environment=environment)
        .order_by("last_seen_at", "pk")  # of several contracts of one pair the newest counts
        .values_list("caller", "callee", "last_seen_at")
    }
    edges = list(edges_of(tiers, declared(), seen, observed, through))
    slos, made = promised(environment.pk), checked(environment, through)
    more = {name: [*slos.burning.get(name, ()), *made.get(name, ())] for name in {*slos.burning, *made}}
    nodes = nodes_of(tiers, seen, edges, slos.targets, more)
    return Graph(environment.slug, since, through, nodes, tuple(edges))


def edges_of(
    tiers: Mapping[str, int],
    declared: Mapping[Pair, bool],
    seen: Counted,
    observed: Mapping[Pair, str],
    through: datetime,
) -> Iterable[Edge]:
    """Every edge between services of the catalog, declared or seen.

    An edge that nobody counted in these windows passes nothing on where its caller counts its calls, and all
    where nobody counts them. One that is seen only is taken as hard.
    """
    calls = seen.calls
    counting = {caller for caller, _callee in calls}
    for pair in sorted({*declared, *calls, *observed}):
        caller, callee = pair
        if caller not in tiers or callee not in tiers or caller == callee:
            continue
        tally = calls.get(pair, Tally())
        share: float | None = share_of_calls(tally.total, seen.served.get(caller, Tally()).total)
        if not tally.total and caller not in counting:
            share = None
        yield Edge(
            caller,
            callee,
            hard=declared.get(pair, True),
            declared=pair in declared,
            share=share,
            bad=tally.share,
            calls=tally.total,
            last_seen=through.isoformat() if tally.total else observed.get(pair, ""),
        )


def nodes_of(
    tiers: Mapping[str, int],
    seen: Counted,
    edges: list[Edge],
    targets: Mapping[str, float],
    more: Mapping[str, Sequence[Part]],
) -> dict[str, Node]:
    """Every service with its own signal, its health and the root of its errors.

    `targets`: the strictest of SLOs for errors; `more`: what budgets and checks add to the own signal.
    """
    received = seen.received()
    limits = {name: limit_of(targets.get(name)) for name in tiers}
    parts = {
        name: [
            *filter(
                None, [errors(seen.served.get(name, Tally()), received.get(name, Tally()), limits[name])]
            ),
            *more.get(name, ()),
        ]
        for name in tiers
    }
    own = {name: worst(each) for name, each in parts.items()}
    health = rollup(own, [edge.call for edge in edges])
    shares = {name: share for name, tally in seen.served.items() if (share := tally.share) is not None}
    passed = [
        culprit.Seen(edge.caller, edge.callee, edge.share, edge.bad)
        for edge in edges
        if edge.share is not None and edge.bad is not None
    ]
    found = culprit.find({name: share for name, share in shares.items() if name in tiers}, passed, limits)
    roots = {name: root.key for name, root in found.roots.items()}
    return {
        name: Node(
            service=name,
            tier=tier,
            signal=own[name],
            health=round(health[name], 6),
            errors=shares.get(name),
            requests=seen.served[name].total if name in seen.served else 0,
            own_errors=found.own.get(name),
            root=roots.get(name, ""),
            through=found.through.get(name, ""),
            parts=tuple((part.name, part.value, part.words) for part in parts[name]),
        )
        for name, tier in tiers.items()
    }
