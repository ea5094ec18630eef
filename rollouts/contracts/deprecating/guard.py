"""A version that somebody still relies on is not retired, unless the glass is broken."""

from rollouts.catalog.registry import Applying
from rollouts.contracts.deprecating.reading import live
from rollouts.contracts.models import ContractVersion
from rollouts.lib.documents.problems import Path


def keep_if_live(path: Path, row: ContractVersion, state: str, run: Applying) -> None:
    """Adds a problem when a known version is to be retired while it is live."""
    if row._state.adding or state != "retired" or row.state == "retired":
        return
    found = live(row, run.now)
    if found:
        run.problems.add(
            (*path, "state"),
            f"Version {row.version} is still {found.sentence}.",
            "Wait until they have moved; or let somebody with the break-glass role retire it, with a reason.",
        )
