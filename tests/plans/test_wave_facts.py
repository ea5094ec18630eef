"""`manage.py plan waves --facts`: the golden waves, asked without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollouts.plans.wave_facts import BadFacts, waves_of_facts

CLONE = Path(__file__).parents[2]


def needs(first: str, *pairs: str) -> list[dict[str, str]]:
    """Pairs are written "consumer>provider"."""
    split = [pair.split(">") for pair in pairs]
    return [{"consumer": consumer, "provider": provider, "first": first} for consumer, provider in split]


def changes(*services: str) -> list[dict[str, str]]:
    return [{"service": service} for service in services]


GOLDEN: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
    "expand, chain": (
        {"changes": changes("web", "pay", "ledger"), "needs": needs("provider", "web>pay", "pay>ledger")},
        [["ledger"], ["pay"], ["web"]],
    ),
    "removal, chain": (
        {"changes": changes("web", "pay", "ledger"), "needs": needs("consumer", "web>pay", "pay>ledger")},
        [["web"], ["pay"], ["ledger"]],
    ),
    "mixed": (
        {
            "changes": changes("cart", "order", "stock", "ship"),
            "needs": needs("provider", "cart>order", "order>stock", "ship>stock"),
        },
        [["stock"], ["order", "ship"], ["cart"]],
    ),
    "event becomes nullable": (
        {
            "changes": changes("mail", "audit", "order"),
            "needs": needs("consumer", "mail>order", "audit>order"),
        },
        [["audit", "mail"], ["order"]],
    ),
    "cycle": (
        {
            "changes": changes("auth", "user", "billing"),
            "needs": needs("provider", "auth>user", "user>auth", "billing>auth"),
        },
        [["auth", "user"], ["billing"]],
    ),
    "expand, migrate, contract": (
        {
            "changes": [
                {"service": "order", "kind": "expand"},
                {"service": "web", "kind": "migrate"},
                {"service": "app", "kind": "migrate"},
                {"service": "order", "kind": "contract"},
            ],
            "needs": needs("provider", "web>order", "app>order"),
        },
        [["order.expand"], ["app.migrate", "web.migrate"], ["order.contract"]],
    ),
    "the plan's own order": (
        {
            "changes": changes("web", "pay"),
            "needs": needs("provider", "web>pay"),
            "order": [{"first": "web", "then": "pay", "why": "web hides the button"}],
        },
        [["web"], ["pay"]],
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_waves(name: str) -> None:
    given, wanted = GOLDEN[name]
    assert [list(wave.changes) for wave in waves_of_facts(json.dumps(given))] == wanted


def test_the_command_needs_no_database() -> None:
    known = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    command = [sys.executable, "manage.py", "plan", "waves", "--facts", "-", "--json"]
    text = json.dumps(GOLDEN["cycle"][0])
    ended = subprocess.run(
        command, cwd=CLONE, env=known, input=text, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0
    first, second = json.loads(ended.stdout)
    assert (first["changes"], first["cycles"]) == (["auth", "user"], [["auth", "user"]])
    assert second["reasons"] == ["billing after auth: billing calls auth."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "no JSON"),
        ("{}", "'changes' is a required property"),
        ('{"changes": [{"service": "a", "kind": "grow"}]}', "changes/0/kind"),
        ('{"changes": [{"service": "a"}, {"service": "a"}]}', "Two changes are called a"),
        ('{"changes": [], "needs": [{"consumer": "a"}]}', "'provider' is a required property"),
    ],
)
def test_what_the_facts_cannot_be(text: str, said: str) -> None:
    with pytest.raises(BadFacts, match=said):
        waves_of_facts(text)
