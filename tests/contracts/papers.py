"""Documents of contracts in every format, and a house in which orders provides and shipping consumes."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Use
from tests.accounts.factories import person, team

OPENAPI = """
openapi: 3.0.3
info: {title: Orders, version: "2.1"}
paths:
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string, maxLength: 40}}
    get:
      summary: One order
      responses:
        "200":
          description: It
          content:
            application/json: {schema: {$ref: "#/components/schemas/Order"}}
  /orders:
    post:
      deprecated: true
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [sku], properties: {sku: {type: string}, note: {type: string}}}
      responses: {"201": {description: Made}}
components:
  schemas:
    Order:
      type: object
      required: [id, address]
      properties:
        id: {type: string}
        address: {type: string, maxLength: 200}
        total: {type: number}
"""
SPLIT = OPENAPI.replace(
    "        address: {type: string, maxLength: 200}\n",
    "        address: {type: object, properties: {street: {type: string}, city: {type: string}}}\n",
)
"""The same, in which the address became an object."""
ASYNCAPI = """
asyncapi: 2.6.0
info: {title: Events, version: "1"}
channels:
  orders.placed:
    subscribe:
      message:
        name: OrderPlaced
        payload: {type: object, properties: {orderId: {type: string}}}
"""
AVRO = """{"type": "record", "name": "Order", "fields": [
 {"name": "id", "type": "string"},
 {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "SENT"]}},
 {"name": "note", "type": ["null", "string"], "default": null}]}"""
GRAPHQL = """
type Query { order(id: ID!): Order @deprecated(reason: "old") }
type Order { id: ID! items: [Item!] }
type Item { sku: String! }
input Wanted { sku: String! count: Int! = 1 }
enum State { NEW SENT }
"""
PROTOBUF = """
syntax = "proto3";
package orders.v1;
// message Commented { string no = 1; }
message Order {
  string id = 1;
  repeated Item items = 2;
  map<string, string> labels = 3;
  message Item { string sku = 1 [deprecated = true]; }
  oneof paid { string card = 4; }
  reserved 9;
}
enum State { NEW = 0; }
service Orders { rpc Get (Order) returns (stream Order); }
"""
JSONSCHEMA = """{"title": "Order", "type": "object", "required": ["id"], "properties": {
 "id": {"type": "string", "pattern": "^o-"},
 "items": {"type": "array", "items": {"properties": {"sku": {}}}}}}"""


@dataclass
class House:
    """Mina plans for orders, Tomas for shipping; the contract has the active version 2.1."""

    mina: Person
    tomas: Person
    contract: Contract
    version: ContractVersion


def house(format_: str = "openapi") -> House:
    mina, tomas = person("mina@example.test"), person("tomas@example.test")
    orders = team("orders", planner=[mina])
    shipping = team("shipping", planner=[tomas])
    provider = Service.objects.create(slug="orders", name="Orders", team=orders, tier=1)
    consumer = Service.objects.create(slug="shipping", name="Shipping", team=shipping)
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=provider, format=format_
    )
    version = ContractVersion.objects.create(contract=contract, version="2.1", state="active")
    Consumer.objects.create(contract=contract, service=consumer, uses=">=2 <3")
    return House(mina, tomas, contract, version)


def relies(contract: Contract, slug: str, **uses: str) -> Consumer:
    """Another consumer of the contract, recorded to use one part when one is named."""
    owners = team(f"{slug}-team")
    service = Service.objects.create(slug=slug, name=slug.capitalize(), team=owners)
    if uses:
        Use.objects.create(contract=contract, service=service, source="declared", **uses)
    return Consumer.objects.create(contract=contract, service=service, uses=">=2")


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def send(who: Person, version: str, text: str, **query: str) -> Any:
    """The document over the API, as `--data-binary` sends it."""
    address = f"/api/v1/contracts/orders-api/versions/{version}/document/"
    return signed_in(who).put(address, text, content_type="text/plain", query_params=query)


def put(who: Person, address: str, **body: Any) -> Any:
    return signed_in(who).put(
        f"/api/v1/contracts/orders-api/{address}", body, content_type="application/json"
    )
