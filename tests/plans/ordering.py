"""A house in which orders takes a field away that shipping reads, and plans that move the two."""

from dataclasses import dataclass
from typing import Any

import yaml
from django.test import Client

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion
from rollouts.plans.models import Rollout
from tests.contracts.papers import OPENAPI, send
from tests.decisions import factories
from tests.decisions.factories import World, world

FEWER = OPENAPI.replace("required: [id, address]", "required: [id]").replace(
    "        address: {type: string, maxLength: 200}\n", ""
)
"""The same without the address, which shipping reads."""
BREAKS = "orders before shipping"


@dataclass
class Shop:
    """Who there is, and the contract of orders that shipping relies on."""

    there: World
    contract: Contract


def shop(new: str = FEWER) -> Shop:
    """Orders serves 2.1, and 3.0.0 is drafted: both have documents. Mina's team owns both services."""
    there = world()
    shipping = Service.objects.create(slug="shipping", name="Shipping", team=there.owners)
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=there.orders, format="openapi"
    )
    ContractVersion.objects.create(contract=contract, version="2.1", state="active")
    Consumer.objects.create(contract=contract, service=shipping, uses=">=2 <3")
    assert send(there.mina, "2.1", OPENAPI).status_code == 201
    assert send(there.mina, "3.0.0", new).status_code == 201
    return Shop(there, contract)


def document(*stages: str, slug: str = "orders-v3", **more: Any) -> dict[str, Any]:
    """A plan whose stages move these changes; "orders shipping" moves both in one."""
    api = {"contract": "orders-api", "contract_from": "2.1", "contract_to": "3.0.0"}
    return {
        "apiVersion": "gatehouse/v1",
        "kind": "Plan",
        "name": slug,
        "title": "Orders v3",
        "environment": "production",
        "owner": {"team": "orders", "person": "mina@example.test"},
        "changes": [{"service": "orders", **api}, {"service": "shipping", "to": "5.0.0"}],
        "stages": [
            {"name": f"stage-{number}", "targets": each.split(), "exposure": {"percent": 100}, "bake": "0s"}
            for number, each in enumerate(stages, 1)
        ],
        "rollback": {"steps": ["Flag off."]},
        **more,
    }


def text(*stages: str, **more: Any) -> str:
    return yaml.safe_dump(document(*stages, **more), sort_keys=False, allow_unicode=True)


def saved(there: World, *stages: str, slug: str = "orders-v3", **more: Any) -> Rollout:
    """A rollout whose draft has these stages."""
    return factories.rollout(there, slug, source=text(*stages, slug=slug, **more))


def page(there: World) -> Client:
    client = Client()
    client.force_login(there.mina)
    return client
