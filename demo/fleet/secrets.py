"""What the callers of orders need to ask Gatehouse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """The flag that the callers ask about, a bearer token for each of them, and one for the pipeline."""

    flag: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    pipeline: str = ""


def credentials(document: Mapping[str, Any]) -> Credentials:
    """From the file of secrets: {"flag": "orders-v3", "tokens": {"checkout": "…"}, "pipeline": "…"}."""
    tokens = document.get("tokens")
    if not isinstance(tokens, dict):
        return Credentials()
    return Credentials(
        flag=str(document.get("flag", "")),
        tokens={str(name): str(token) for name, token in tokens.items()},
        pipeline=str(document.get("pipeline", "")),
    )
