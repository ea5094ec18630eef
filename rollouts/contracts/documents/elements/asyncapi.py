"""Channels, messages and named schemas of AsyncAPI 2 and 3."""

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.contracts.documents.elements.openapi import local
from rollouts.contracts.documents.elements.schemas import fields, shape, types
from rollouts.contracts.documents.elements.values import Kind, Named


def elements(root: Any) -> Iterator[Named]:
    """What the document names, channels first."""
    channels = root.get("channels")
    for name, given in channels.items() if isinstance(channels, Mapping) else ():
        channel = local(given, root)
        address = str(channel.get("address") or name)
        yield Named(Kind.OPERATION, address, shape=str(channel.get("description") or "")[:300])
        for message in _messages(channel, root):
            yield from _message(address, message, root)
    components = root.get("components")
    if isinstance(components, Mapping):
        yield from types(components.get("schemas"))


def _messages(channel: Mapping[str, Any], root: Any) -> Iterator[Mapping[str, Any]]:
    given = channel.get("messages")
    yield from (local(each, root) for each in given.values()) if isinstance(given, Mapping) else ()
    for word in ("publish", "subscribe"):
        message = local(local(channel.get(word), root).get("message"), root)
        several = message.get("oneOf")
        if isinstance(several, list):
            yield from (local(each, root) for each in several)
        elif message:
            yield message


def _message(channel: str, message: Mapping[str, Any], root: Any) -> Iterator[Named]:
    name = str(message.get("name") or message.get("title") or "")
    payload = message.get("payload")
    if isinstance(payload, Mapping) and isinstance(payload.get("schema"), Mapping):
        payload = payload["schema"]
    if name:
        yield Named(Kind.TYPE, channel, name, shape=shape(payload))
    yield from fields(local(payload, root), operation=channel)
