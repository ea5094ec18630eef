"""What the demo tells of contracts: who stands against a version, what opens the way, and what can go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.loader import documents, organisation, quotes
from demo.loader.acting import who
from rollouts.contracts.questions.values import Asked, Question
from rollouts.gates.questions.answering import Answered, answers
from rollouts.health.edges.pushing import Entry, push
from rollouts.lib.clock import database_now
from tests.demo.standing import standing


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, transactional_db: None) -> Iterator[None]:
    monkeypatch.setenv("GATEHOUSE_DEMO_SECRETS", str(tmp_path / "secrets.json"))
    with standing(monkeypatch):
        organisation.establish()
        documents.establish()
        quotes.called()
        yield


def answer(asked: Asked) -> tuple[str, str]:
    [found] = answers([asked], now=database_now())
    assert isinstance(found, Answered), found
    return found.answer.word.value, found.answer.sentence


@pytest.mark.usefixtures("demo")
def test_shipping_stands_against_orders_api_3_and_nobody_against_the_end_of_quotes_1() -> None:
    promoted = Asked(Question.PROMOTE, "orders-api", "3", environment="production", beside=False)
    assert answer(promoted) == ("no", "3 breaks shipping (address), which is not ready.")

    retired = Asked(Question.RETIRE, "shipping-quotes", "1", environment="production")
    assert answer(retired)[0] == "yes"
    late = Entry("checkout", "shipping", database_now().date(), 3, contract="shipping-quotes", version="1")
    push(environment="production", origin="gateway-2", entries=[late], by=who("tomas.rey"))
    word, sentence = answer(retired)
    assert word == "no"
    assert "checkout made 3 calls on 1" in sentence
