"""The pages say of each gate where its own numbers come from."""

import pytest

from rollouts.dashboard.parts.origins import origins
from rollouts.gates.models import Gate
from rollouts.health.models import OwnSignal, Source
from rollouts.health.values import Signal, SourceKind
from tests.decisions.factories import world


@pytest.mark.django_db
def test_a_check_and_a_signal_of_ones_own_are_named_instead_of_the_services_sources() -> None:
    there = world()
    place = {"environment": there.production, "team": there.owners, "window_s": 5, "timeout_s": 2}
    fleet = Source.objects.create(slug="fleet", name="Fleet", **place)
    fleet.targets.create(service=there.orders, url="http://127.0.0.1:1/metrics")
    kept = Source.objects.create(
        slug="kept", name="Recordings", kind=SourceKind.PROMETHEUS, url="http://127.0.0.1:1", **place
    )
    OwnSignal.objects.create(
        source=kept, name="answer-bytes", signal=Signal.SATURATION, value="bytes", named=True, unit="B"
    )
    gates = [
        Gate(pk=number, settings=settings)
        for number, settings in enumerate(
            [{"signal": "errors"}, {"probe": "orders-reads"}, {"named": "answer-bytes"}]
        )
    ]
    found = origins(gates, {there.orders.pk})
    assert found == {0: "Fleet", 1: "Synthetic check orders-reads", 2: "Recordings"}
