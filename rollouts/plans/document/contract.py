"""Settings of a contract gate as a plan states them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROMOTE, RETIRE = "promote", "retire"


@dataclass(frozen=True, slots=True)
class ContractSettings:
    """Which question is asked of which version. `old_stays` None: as the stage's changes say."""

    contract: str
    version: str
    question: str
    old_stays: bool | None

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "ContractSettings":
        return cls(
            contract=settings["contract"],
            version=settings["version"],
            question=settings.get("question", PROMOTE),
            old_stays=settings.get("old_stays"),
        )
