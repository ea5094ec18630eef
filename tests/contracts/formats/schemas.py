"""Random JSON Schemas, edits of them, and values that may be instances."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Schema = Any
NAMES = "abc"


def schema(chance: Random, depth: int = 0) -> Schema:
    """A schema of draft 7, three levels deep at most."""
    kinds = LEAVES if depth > 2 else [*LEAVES, _object, _object, _array, _applied]
    return chance.choice(kinds)(chance, depth)


def _text(chance: Random, depth: int) -> Schema:
    found: dict[str, Any] = {"type": "string"}
    if chance.random() < 0.4:
        found["minLength"] = chance.randint(0, 3)
    if chance.random() < 0.4:
        found["maxLength"] = chance.randint(1, 5)
    if chance.random() < 0.2:
        found["pattern"] = chance.choice(("^a", "b$", "^[a-z]+$"))
    return found


def _number(chance: Random, depth: int) -> Schema:
    found: dict[str, Any] = {"type": chance.choice(("integer", "number"))}
    if chance.random() < 0.5:
        found["minimum"] = chance.randint(-2, 3)
    if chance.random() < 0.5:
        found["maximum"] = chance.randint(0, 6)
    if chance.random() < 0.2:
        found["multipleOf"] = chance.choice((2, 3, 1, 0.5))
    if chance.random() < 0.2:
        found["exclusiveMinimum"] = chance.randint(-3, 1)
    return found


def _values(chance: Random, depth: int) -> Schema:
    return {"enum": chance.sample(["x", "y", "z", 1, 2, None, True, 1.5, [], {}], chance.randint(1, 4))}


def _constant(chance: Random, depth: int) -> Schema:
    return {"const": chance.choice(("x", 1, None, False))}


def _types(chance: Random, depth: int) -> Schema:
    words = ["string", "null", "integer", "boolean", "number", "array", "object"]
    return {"type": chance.sample(words, chance.randint(1, 3))}


def _whole(chance: Random, depth: int) -> Schema:
    return chance.choice((True, False, {}, {"type": "boolean"}, {"type": "boolean"}))


def _object(chance: Random, depth: int) -> Schema:
    inside = {name: schema(chance, depth + 1) for name in chance.sample(NAMES, chance.randint(0, 3))}
    found: dict[str, Any] = {"type": "object", "properties": inside}
    more: dict[str, tuple[float, Callable[[], Any]]] = {
        "required": (0.5, lambda: chance.sample(NAMES, chance.randint(0, 2))),
        "additionalProperties": (0.3, lambda: chance.choice((False, schema(chance, depth + 1)))),
        "patternProperties": (0.12, lambda: {chance.choice(("^x", "^a")): schema(chance, depth + 1)}),
        "propertyNames": (0.08, lambda: {"maxLength": chance.randint(1, 2)}),
        "minProperties": (0.08, lambda: chance.randint(0, 2)),
        "maxProperties": (0.08, lambda: chance.randint(0, 3)),
        "dependencies": (0.06, lambda: {"a": ["b"]}),
    }
    return found | {word: make() for word, (often, make) in more.items() if chance.random() < often}


def _array(chance: Random, depth: int) -> Schema:
    found: dict[str, Any] = {"type": "array"}
    if chance.random() < 0.8:
        found["items"] = schema(chance, depth + 1)
    else:
        found["items"] = [schema(chance, depth + 1) for _ in range(chance.randint(1, 2))]
        if chance.random() < 0.5:
            found["additionalItems"] = chance.choice((False, schema(chance, depth + 1)))
    more: dict[str, tuple[float, Callable[[], Any]]] = {
        "minItems": (0.3, lambda: chance.randint(0, 2)),
        "maxItems": (0.3, lambda: chance.randint(1, 3)),
        "uniqueItems": (0.1, lambda: True),
        "contains": (0.1, lambda: schema(chance, depth + 1)),
    }
    return found | {word: make() for word, (often, make) in more.items() if chance.random() < often}


def _applied(chance: Random, depth: int) -> Schema:
    word = chance.choice(("anyOf", "anyOf", "oneOf", "allOf", "not", "if"))
    if word == "not":
        return {"not": schema(chance, depth + 1)}
    if word == "if":
        return {each: schema(chance, depth + 1) for each in ("if", "then", "else")[: chance.randint(2, 3)]}
    return {word: [schema(chance, depth + 1) for _ in range(chance.randint(1, 3))]}


LEAVES = [_text, _text, _number, _number, _values, _constant, _types, _whole]
INSIDE = (
    "items",
    "additionalProperties",
    "additionalItems",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
)


def mutated(given: Schema, chance: Random) -> Schema:
    """The schema with one place of it edited."""
    box = [json.loads(json.dumps(given))]
    holder, key = chance.choice(list(_places(box)))
    here = holder[key]
    kind = chance.randrange(7)
    if kind <= 1 or (not isinstance(here, dict) and kind >= 5):
        holder[key] = schema(chance, 1)
    elif kind == 2:
        holder[key] = {"anyOf": [here, schema(chance, 1)]}
    elif kind == 3:
        holder[key] = {"allOf": [here]}
    elif kind == 4:
        holder[key] = {"oneOf": [here, schema(chance, 1)]}
    elif kind == 5 and here:
        gone = chance.choice(sorted(here))
        holder[key] = {word: value for word, value in here.items() if word != gone}
    else:
        more = schema(chance, 1)
        holder[key] = {**(more if isinstance(more, dict) else {}), **here}
    return box[0]


def _places(holder: Any) -> Any:
    """Where schemas stand: what holds them, and where in it."""
    for key, here in holder.items() if isinstance(holder, dict) else enumerate(holder):
        yield holder, key
        if not isinstance(here, dict):
            continue
        for word in INSIDE:
            if isinstance(here.get(word), dict | bool):
                yield from _inside(here, word)
        for word in ("properties", "patternProperties"):
            yield from _places(here.get(word, {}))
        for word in ("anyOf", "oneOf", "allOf"):
            yield from _places(here.get(word, []))


def _inside(holder: dict[str, Any], word: str) -> Any:
    yield holder, word
    here = holder[word]
    if isinstance(here, dict):
        yield from list(_places([here]))[1:]


ANYTHING: tuple[Any, ...] = (None, True, False, 0, 1, 2, 1.5, -1, "", "a", "xb", "x", [], {}, [1], {"a": 1})
NUMBERS = (0, 1, 2, 3, 4, 6, -1, -2)
TEXTS = ("", "a", "ab", "abb", "xb", "b", "x", "abcde", "aaaaaa", "A")


def instance(given: Schema, chance: Random, depth: int = 0) -> Any:
    """A value that may be an instance: a validator has to say."""
    if isinstance(given, bool) or depth > 4 or chance.random() < 0.06 or "not" in given:
        return chance.choice(ANYTHING)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in given:
            return instance(chance.choice(given[word]), chance, depth + 1)
    if "enum" in given or "const" in given:
        return chance.choice(given.get("enum", [given.get("const")]))
    if "if" in given:
        return instance(
            given[chance.choice([each for each in ("if", "then", "else") if each in given])],
            chance,
            depth + 1,
        )
    kind = given.get("type")
    return _of_type(chance.choice(kind) if isinstance(kind, list) else kind, given, chance, depth)


def _of_type(kind: str | None, given: dict[str, Any], chance: Random, depth: int) -> Any:
    if kind == "integer":
        return chance.choice((*NUMBERS, given.get("minimum", 0), given.get("maximum", 0)))
    if kind == "number":
        return chance.choice((*NUMBERS, 0.5, -0.5, given.get("maximum", 0) - 0.5, given.get("minimum", 0)))
    if kind == "string":
        return chance.choice(TEXTS)
    if kind == "boolean":
        return chance.choice((True, False))
    if kind == "array":
        return _elements(given, chance, depth)
    if kind == "object":
        return _properties(given, chance, depth)
    return None if kind == "null" else chance.choice(ANYTHING)


def _elements(given: dict[str, Any], chance: Random, depth: int) -> list[Any]:
    least = given.get("minItems", 0)
    found = []
    for place in range(chance.randint(least, max(least, given.get("maxItems", least + 2)))):
        items = given.get("items", True)
        if isinstance(items, list):
            items = items[place] if place < len(items) else given.get("additionalItems", True)
        if "contains" in given and chance.random() < 0.4:
            items = given["contains"]
        found.append(instance(items, chance, depth + 1))
    return found


def _properties(given: dict[str, Any], chance: Random, depth: int) -> dict[str, Any]:
    required = given.get("required", [])
    found = {
        name: instance(each, chance, depth + 1)
        for name, each in given.get("properties", {}).items()
        if name in required or chance.random() < 0.6
    }
    for name in required:
        found.setdefault(name, instance(True, chance, depth + 1))
    if chance.random() < 0.4:
        more = [given.get("additionalProperties", True), *given.get("patternProperties", {}).values()]
        found[chance.choice(("x", "xa", "ab", "zz", "c", "a"))] = instance(
            chance.choice(more), chance, depth + 1
        )
    return found
