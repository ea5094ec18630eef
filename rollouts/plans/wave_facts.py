"""Changes and who relies on whom as JSON, for waves without an installation. Django-free."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry

from rollouts.contracts.values import First
from rollouts.plans.document.reading import change_name
from rollouts.plans.sequencing.judging import Order, judge
from rollouts.plans.sequencing.order import WHOLE, Step
from rollouts.plans.values import ChangeKind
from rollouts.plans.waves import Move, Needs, Stated, Wave

SCHEMA = Path(__file__).with_name("waves.schema.json")


class BadFacts(ValueError):
    """Facts that say something else than the schema knows: where, and what."""


def waves_of_facts(text: str | bytes) -> list[Wave]:
    """The waves of what the text says. Raises BadFacts."""
    return list(order_of_facts(text).waves)


def order_of_facts(text: str | bytes) -> Order:
    """The waves of what the text says, and what its stages break. Raises BadFacts."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFacts("The facts are no JSON.") from error
    errors = sorted(_validator().iter_errors(given), key=lambda error: list(map(str, error.path)))
    if errors:
        where = "/".join(map(str, errors[0].path)) or "the facts"
        raise BadFacts(f"{where}: {errors[0].message[:200]}")
    moves = [_move(each) for each in given["changes"]]
    counted = Counter(move.name for move in moves)
    if twice := next((name for name, many in counted.items() if many > 1), ""):
        raise BadFacts(f"Two changes are called {twice}. Give each a name of its own.")
    needs = [_needs(each) for each in given.get("needs", ())]
    order = [Stated(each["first"], each["then"], each.get("why", "")) for each in given.get("order", ())]
    steps = [
        Step(number, tuple(each.get("targets", counted)), float(each.get("percent", WHOLE)))
        for number, each in enumerate(given.get("stages", ()), 1)
    ]
    return judge(moves, needs, order, {}, steps)


def _move(given: Mapping[str, Any]) -> Move:
    return Move(
        change_name(given),
        given["service"],
        ChangeKind(given.get("kind", "build")),
        given.get("environment", ""),
        given.get("contract", ""),
        given.get("contract_from", ""),
        given.get("contract_to", ""),
    )


def _needs(given: Mapping[str, Any]) -> Needs:
    """What is said of who has to move first is known; what is left out is only the safe order."""
    first = First(given.get("first", "provider"))
    return Needs(
        given["consumer"], given["provider"], given.get("contract", ""), first, proven="first" in given
    )


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()), registry=Registry())
