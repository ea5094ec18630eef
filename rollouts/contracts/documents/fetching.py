"""Fetches a document: from an address of a Git host or any server, or from a registry with Confluent's API.

Only through the guard, with a deadline and a bound. Addresses are kept without what stands behind a question
mark, which may be a secret.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rollouts.contracts.formats.reading import MOST_BYTES
from rollouts.contracts.values import Format, Origin
from rollouts.lib import http
from rollouts.lib.refusals import Refusal

TIMEOUT_S = 20
"""For all that is asked for one document, references included."""
KINDS = {Format.AVRO: "AVRO", Format.PROTOBUF: "PROTOBUF", Format.JSONSCHEMA: "JSON"}
"""What a registry with Confluent's API calls the formats that it knows; without a word it is Avro."""
MOST_REFERENCES = 50
GIT_PAGES = {"github.com": "/blob/", "gitlab.com": "/-/blob/"}


class NotFetched(Refusal):
    """The address or the registry gave no document."""

    def __init__(self, sentence: str, remedy: str = "Check the address, and try again.") -> None:
        super().__init__("not_fetched", sentence, remedy)


@dataclass(frozen=True)
class Place:
    """Where a document is: its address; or a registry's with a subject, and a number there or `latest`."""

    address: str = ""
    subject: str = ""
    number: str = "latest"
    token: str = ""

    @property
    def origin(self) -> Origin:
        return Origin.REGISTRY if self.subject else Origin.ADDRESS

    @property
    def shown(self) -> str:
        """The address fit to be kept and shown."""
        bare = self.address.split("?", 1)[0].split("#", 1)[0].rstrip("/")
        if self.subject:
            bare = f"{bare}/subjects/{quote(self.subject, safe='')}/versions/{self.number}"
        return bare[:500]


def fetched(place: Place, format_: Format) -> bytes:
    """The document's bytes. Raises NotFetched."""
    deadline = time.monotonic() + TIMEOUT_S
    if not place.subject:
        return _get(raw(place.address), place.token, deadline)
    if format_ not in KINDS:
        raise NotFetched(
            f"A schema registry keeps no {format_.label}.", "Name the address of the document instead."
        )
    if place.number != "latest" and not place.number.isdigit():
        raise NotFetched(f"“{place.number[:40]}” is no version of a subject.", "Write a number, or latest.")
    told = _subject(place, place.subject, place.number, deadline)
    kind = str(told.get("schemaType") or "AVRO").upper()
    if kind != KINDS[format_]:
        raise NotFetched(f"The subject holds {kind}, and the contract is written in {format_.label}.")
    return _document(place, told, format_, deadline).encode()


def raw(address: str) -> str:
    """The file itself, when the address is the page that shows it on GitHub or GitLab."""
    for host, mark in GIT_PAGES.items():
        start = f"https://{host}/"
        if address.startswith(start) and mark in address:
            if host == "github.com":
                return address.replace(start, "https://raw.githubusercontent.com/", 1).replace(mark, "/", 1)
            return address.replace(mark, "/-/raw/", 1)
    return address


def _document(place: Place, told: Mapping[str, Any], format_: Format, deadline: float) -> str:
    """The schema with what it refers to: Protobuf files side by side, Avro types before their use."""
    schema = str(told.get("schema", ""))
    needed = _references(place, told, deadline)
    if not needed:
        return schema
    if format_ is Format.PROTOBUF:
        return json.dumps({**needed, "contract.proto": schema})
    if format_ is Format.AVRO:
        return _inlined(schema, needed)
    raise NotFetched("The schema refers to other subjects.", "Send one document that holds them under $defs.")


def _inlined(schema: str, needed: Mapping[str, str]) -> str:
    """Avro types that are referred to by name, written out where they are first used."""
    try:
        types = {name: json.loads(text) for name, text in needed.items()}
        whole = json.loads(schema)
    except (ValueError, RecursionError):
        raise NotFetched("The registry gave a schema that is no JSON.") from None
    return json.dumps(_with_types(whole, types, set()))


def _with_types(schema: Any, types: Mapping[str, Any], done: set[str]) -> Any:
    if isinstance(schema, str) and schema in types and schema not in done:
        done.add(schema)
        return _with_types(types[schema], types, done)
    if isinstance(schema, list):
        return [_with_types(each, types, done) for each in schema]
    if isinstance(schema, dict):
        return {
            word: _with_types(each, types, done) if word in ("type", "items", "values", "fields") else each
            for word, each in schema.items()
        }
    return schema


def _references(place: Place, told: Mapping[str, Any], deadline: float) -> dict[str, str]:
    """The schemas that this one refers to, and those that these do, by the name used. Raises NotFetched."""
    found: dict[str, str] = {}
    waiting = _named(told)
    while waiting:
        name, subject, number = waiting.pop()
        if name in found:
            continue
        if len(found) >= MOST_REFERENCES:
            raise NotFetched(
                f"The schema refers to over {MOST_REFERENCES} others.", "Send it as one document."
            )
        inner = _subject(place, subject, number, deadline)
        found[name] = str(inner.get("schema", ""))
        waiting += _named(inner)
    return found


def _named(told: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    given = told.get("references")
    return [
        (str(each.get("name", "")), str(each.get("subject", "")), str(each.get("version", "latest")))
        for each in (given if isinstance(given, list) else [])
        if isinstance(each, dict) and each.get("name") and each.get("subject")
    ]


def _subject(place: Place, subject: str, number: str, deadline: float) -> Mapping[str, Any]:
    start = place.address.rstrip("/")
    address = f"{start}/subjects/{quote(subject, safe='')}/versions/{quote(number, safe='')}"
    body = _get(address, place.token, deadline)
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("schema"), str):
        raise NotFetched(
            "This does not answer as a schema registry.", "Write its address as its clients have it."
        )
    return told


def _get(address: str, token: str, deadline: float) -> bytes:
    """One answer before the deadline. Raises NotFetched with a sentence about what went wrong."""
    headers = {"accept": "application/vnd.schemaregistry.v1+json, application/json, */*"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        answer = http.fetch(
            "GET",
            address,
            headers=headers,
            timeout_s=max(0.1, deadline - time.monotonic()),
            # A registry wraps the document in JSON, which escapes its quotes.
            max_bytes=2 * MOST_BYTES,
            guard=http.operator_guard(),
        )
    except http.Refused as refused:
        raise NotFetched(str(refused), "Use an address that this installation may ask.") from None
    except http.Failed as failed:
        raise NotFetched(str(failed)) from None
    if answer.status != 200:
        raise NotFetched(_said(answer))
    return answer.body


def _said(answer: http.Response) -> str:
    """The status, with what a registry says beside it."""
    bare = answer.url.split("?", 1)[0]
    try:
        told = json.loads(answer.body[:20_000])
        why = str(told.get("message", ""))[:200] if isinstance(told, dict) else ""
    except (ValueError, RecursionError):
        why = ""
    return f"{bare} answered {answer.status}{f': {why}' if why else ''}."
