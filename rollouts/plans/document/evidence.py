"""Settings of an evidence gate as a plan states them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollouts.lib.documents import durations

DEFAULT_WITHIN = timedelta(days=14)
CONTRACT_TEST, FLAGS = "contract_test", "flag_combination"
OF_ROLLOUT = frozenset({"drill", "integration_review"})
"""Kinds that are about the rollout, not about one service."""
Flags = Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """What has to have been tried. `consumers` None: those of the contract, else the changed services.

    `flags`: each combination has to have been tried; a result may state more flags than these.
    """

    kind: str
    contract: str
    version: str
    consumers: tuple[str, ...] | None
    environment: str
    within: timedelta
    flags: tuple[Flags, ...]

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "EvidenceSettings":
        return cls(
            kind=settings["kind"],
            contract=settings.get("contract", ""),
            version=settings.get("version", ""),
            consumers=tuple(settings["consumers"]) if "consumers" in settings else None,
            environment=settings.get("environment", ""),
            within=durations.parse(settings["within"]) if "within" in settings else DEFAULT_WITHIN,
            flags=tuple(settings.get("flags", ())),
        )
