"""A small shop whose windows are written by hand: web calls api, api calls db; web copes without rec."""

from collections.abc import Iterable

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, Dependency
from rollouts.health.graph import composing
from rollouts.health.models import GraphSnapshot, Series, Source
from rollouts.health.values import Perspective
from tests.health.factories import series, service, source, window

TIERS = {"web": 0, "api": 1, "db": 1, "rec": 3}
CALLS = (("web", "api"), ("api", "db"))


def shop() -> Source:
    """The services and who relies on whom; nothing is measured yet."""
    for slug, tier in TIERS.items():
        service(slug)
        Service.objects.filter(slug=slug).update(tier=tier)
    for caller, callee in CALLS:
        Dependency.objects.create(service=service(caller), on=service(callee))
    contract = Contract.objects.create(
        slug="rec-api", name="Rec API", provider=service("rec"), format="openapi"
    )
    Consumer.objects.create(service=service("web"), contract=contract, kind="soft")
    return source()


def counts(
    of: Source,
    number: int,
    *,
    served: dict[str, tuple[int, int]],
    called: dict[tuple[str, str], tuple[int, int]] | None = None,
    side: Perspective = Perspective.CALLERS,
) -> None:
    """One window: failed and all requests of each service, and of each caller and callee."""
    for name, (bad, total) in served.items():
        row = series(of, service=service(name))
        _window(row, number, bad, total)
    for (caller, callee), (bad, total) in (called or {}).items():
        row = series(of, service=service(callee), perspective=side, caller=caller)
        _window(row, number, bad, total)


def _window(row: Series, number: int, bad: int, total: int) -> None:
    made = window(row, number, bad, total)
    Series.objects.filter(pk=row.pk).update(last_seen_at=made.start_at + row.source.window)


def composed(of: Source) -> GraphSnapshot:
    """Runs the due work, and gives what it stored."""
    composing.compose(of.environment_id)
    return GraphSnapshot.objects.latest("through_at")


WELL = {"web": (0, 100), "api": (0, 100), "db": (0, 80), "rec": (0, 50)}
FAILING_DB = {"web": (6, 100), "api": (6, 100), "db": (6, 80), "rec": (0, 50)}
CALLED_WELL = {("web", "api"): (0, 100), ("api", "db"): (0, 80), ("web", "rec"): (0, 50)}
CALLED_FAILING = {("web", "api"): (6, 100), ("api", "db"): (6, 80), ("web", "rec"): (0, 50)}


def well(of: Source, numbers: Iterable[int]) -> None:
    """Windows in which all is well, each with its snapshot."""
    for number in numbers:
        counts(of, number, served=WELL, called=CALLED_WELL)
        composed(of)


def failing(of: Source, numbers: Iterable[int]) -> None:
    """Windows in which db fails and the others with it, each with its snapshot."""
    for number in numbers:
        counts(of, number, served=FAILING_DB, called=CALLED_FAILING)
        composed(of)
