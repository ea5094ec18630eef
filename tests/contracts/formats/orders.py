"""An OpenAPI document of orders with something of everything, its parts, and what edits do to it."""

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

from rollouts.contracts.formats.openapi.comparing import compare
from rollouts.contracts.formats.values import Comparison

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
Json = dict[str, Any]
Edit = Callable[[Json], Any]

ORDER: Json = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "total": {"type": "number"},
        "note": {"type": "string"},
        "state": {"type": "string", "enum": ["new", "paid"]},
        "secret": {"type": "string", "writeOnly": True},
    },
}
ORDERS = "/orders/{id}"


def base() -> Json:
    """An API with something of everything."""
    order = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
    hook = {"application/json": {"schema": {"$ref": "#/components/schemas/Paid"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "servers": [{"url": "https://orders.example"}],
        "security": [{"key": []}, {"oauth": ["read"]}],
        "paths": {
            ORDERS: {
                "parameters": [{"in": "path", "name": "id", "required": True, "schema": TEXT}],
                "get": {
                    "parameters": [
                        {"in": "query", "name": "limit", "schema": {**INTEGER, "default": 10}},
                        {"in": "query", "name": "tags", "schema": {"type": "array", "items": TEXT}},
                        {"in": "header", "name": "X-Tenant", "required": True, "schema": TEXT},
                        {"in": "query", "name": "filter", "content": {"application/json": {"schema": TEXT}}},
                    ],
                    "responses": {
                        "200": {
                            "description": "",
                            "headers": {
                                "ETag": {"required": True, "schema": TEXT},
                                "X-Hint": {"schema": TEXT},
                            },
                            "content": order,
                        },
                        "404": {"description": ""},
                    },
                },
                "put": {
                    "requestBody": {"required": False, "content": order},
                    "responses": {"2XX": {"description": "", "content": order}},
                    "callbacks": {
                        "paid": {
                            "{$request.body#/url}": {
                                "post": {
                                    "requestBody": {"required": True, "content": hook},
                                    "responses": {"200": {"description": ""}},
                                }
                            }
                        }
                    },
                },
                "delete": {"responses": {"204": {"description": ""}}},
            }
        },
        "webhooks": {
            "paid": {
                "post": {
                    "requestBody": {"required": True, "content": hook},
                    "responses": {"200": {"description": ""}},
                }
            }
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "oauth": {"type": "oauth2", "flows": {}},
            },
            "schemas": {
                "Order": copy.deepcopy(ORDER),
                "Paid": {
                    "type": "object",
                    "required": ["order"],
                    "properties": {"order": TEXT, "how": {"enum": ["card", "cash"]}},
                },
            },
        },
    }


def after(edit: Edit, today: date | None = None, before: Edit | None = None) -> Comparison:
    old = json.loads(json.dumps(base()))
    if before is not None:
        before(old)
    new = json.loads(json.dumps(old))
    edit(new)
    return compare(json.dumps(old), json.dumps(new), today=today)


def get(document: Json) -> Json:
    found: Json = document["paths"][ORDERS]["get"]
    return found


def put(document: Json) -> Json:
    found: Json = document["paths"][ORDERS]["put"]
    return found


def schema(document: Json, name: str = "Order") -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


def parameter(document: Json, name: str) -> Json:
    return next(each for each in get(document)["parameters"] if each["name"] == name)


def ok(document: Json) -> Json:
    found: Json = get(document)["responses"]["200"]
    return found


def renamed(document: Json) -> None:
    path = document["paths"].pop(ORDERS)
    path["parameters"][0]["name"] = "key"
    document["paths"]["/orders/{key}"] = path
