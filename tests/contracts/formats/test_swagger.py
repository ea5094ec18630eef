"""Swagger 2.0 is read as what came after it."""

import copy
import json

from rollouts.contracts.formats.openapi.comparing import compare
from rollouts.contracts.formats.values import Outcome
from tests.contracts.formats.orders import ORDER, Json


def swagger() -> Json:
    return {
        "swagger": "2.0",
        "info": {"title": "Orders", "version": "1"},
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            "/orders": {
                "post": {
                    "parameters": [
                        {
                            "in": "body",
                            "name": "order",
                            "required": True,
                            "schema": {"$ref": "#/definitions/Order"},
                        },
                        {"in": "query", "name": "limit", "type": "integer", "maximum": 50},
                    ],
                    "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Order"}}},
                }
            },
            "/form": {
                "post": {
                    "parameters": [{"in": "formData", "name": "file", "type": "file"}],
                    "responses": {"200": {"description": ""}},
                }
            },
        },
        "definitions": {"Order": copy.deepcopy(ORDER)},
    }


def test_swagger_is_compared_with_what_came_after_it() -> None:
    old = swagger()
    new = {
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1"},
        "paths": {
            "/orders": {
                "post": {
                    "parameters": [
                        {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 50}}
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                    },
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}
                            },
                        }
                    },
                }
            },
        },
        "components": {"schemas": {"Order": copy.deepcopy(ORDER)}},
    }
    del old["paths"]["/form"]
    assert [each.sentence for each in compare(json.dumps(old), json.dumps(new)).differences] == []


def test_forms_of_swagger_are_bodies() -> None:
    old = swagger()
    new = copy.deepcopy(old)
    new["paths"]["/form"]["post"]["parameters"].append(
        {"in": "formData", "name": "title", "type": "string", "required": True}
    )
    assert compare(json.dumps(old), json.dumps(new)).outcome is Outcome.BREAKING
