"""Two pipelines that send the same at once: one result, one event, one statement."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from django.db import connection

from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.contracts.models import ContractVersion, Statement
from rollouts.evidence import services
from rollouts.evidence.about import About
from rollouts.evidence.models import Result
from rollouts.evidence.reports.values import Counts, Report
from rollouts.evidence.values import Form, Kind, Outcome
from tests.contracts.papers import House, house

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 20
ABOUT = About(Kind.CONTRACT_TEST, service="shipping", contract="orders-api", version="3.0.0")


@pytest.fixture
def pool(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made
        barrier = Barrier(2)
        for each in [made.submit(_leave, barrier) for _ in range(2)]:
            each.result()


def _leave(barrier: Barrier) -> None:
    """Closes the connection of this thread."""
    barrier.wait(10)
    connection.close()


def test_the_same_sent_twice_at_once_is_kept_and_told_once(pool: ThreadPoolExecutor) -> None:
    there = house()
    ContractVersion.objects.create(contract=there.contract, version="3.0.0", state="draft")
    for number in range(ROUNDS):
        barrier = Barrier(2)
        answers = [pool.submit(_send, there, barrier, f"b{number}") for _ in range(2)]
        assert sorted(each.result() for each in answers) == [False, True]
    assert Result.objects.count() == Statement.objects.count() == ROUNDS
    assert Event.objects.filter(kind="evidence.recorded").count() == ROUNDS


def _send(there: House, barrier: Barrier, build: str) -> bool:
    """Whether it had been there already."""
    barrier.wait(10)
    return services.record(
        about=replace(ABOUT, build=build),
        report=Report(Outcome.PASSED, Counts(3)),
        form=Form.JSON,
        digest="d" * 64,
        by=there.mina,
        face=Face.API,
    ).repeated
