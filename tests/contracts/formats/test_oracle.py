"""Samples against the engine: what it calls included, another validator finds no counter-example to.

`GATEHOUSE_ORACLE=25x10000` takes so many pairs and so many samples of each, for each of four seeds.
"""

import os
import random
from typing import Any

import jsonschema
import pytest

from rollouts.contracts.formats.subsumption.documents import Document, Term
from rollouts.contracts.formats.subsumption.including import Engine
from tests.contracts.formats.schemas import instance, mutated, schema

PAIRS, SAMPLES = (int(each) for each in os.environ.get("GATEHOUSE_ORACLE", "250x40").split("x"))


@pytest.mark.parametrize("seed", range(4))
def test_no_counter_example_is_found(seed: int) -> None:
    chance = random.Random(seed)
    decided = 0
    for _ in range(PAIRS):
        a = schema(chance)
        b = mutated(a, chance) if chance.random() < 0.8 else schema(chance)
        if chance.random() < 0.3:
            a, b = b, a
        found = Engine().included((Term(Document(a), a),), (Term(Document(b), b),))
        decided += not found or any(each.sure for each in found)
        if found:
            continue
        left, right = jsonschema.Draft7Validator(a), jsonschema.Draft7Validator(b)
        for _ in range(SAMPLES):
            value: Any = instance(chance.choice((a, a, b)), chance)
            assert right.is_valid(value) or not left.is_valid(value), (a, b, value)
    assert decided > 0.9 * PAIRS
