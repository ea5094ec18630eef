"""Older documents, read as the newest version reads them. The stored bytes never change."""

from collections.abc import Callable, Mapping
from typing import Any

NEWEST = "gatehouse/v1"

Upgrade = Callable[[Mapping[str, Any]], Mapping[str, Any]]
UPGRADES: dict[str, Upgrade] = {}
"""From a version to the next one, whose `apiVersion` the result carries: `v1` to `v2`, and so on."""


def to_newest(document: Mapping[str, Any], known: Mapping[str, Upgrade] = UPGRADES) -> Mapping[str, Any]:
    """`document` through every upgrade that its version still needs."""
    seen: set[str] = set()
    while (version := document["apiVersion"]) in known and version not in seen:
        seen.add(version)
        document = known[version](document)
    return document
