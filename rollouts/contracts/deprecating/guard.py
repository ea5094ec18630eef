"""What keeps a version: it is retired when the question says yes, and dropped when nobody relies on it.

Both unless the glass is broken.
"""

from rollouts.catalog.registry import Applying
from rollouts.contracts.deprecating.reading import live
from rollouts.contracts.models import ContractVersion
from rollouts.contracts.questions.values import Answer, Asked, Question, Unanswerable, Word
from rollouts.contracts.registry import answers
from rollouts.lib.documents.problems import Path

OTHERWISE = "Or let somebody with the break-glass role retire it, with a reason."


def against(row: ContractVersion) -> Answer | None:
    """The answer to whether the version can be retired, where it is not yes: from all that is known now."""
    try:
        answer = answers["gates"](Asked(Question.RETIRE, row.contract.slug, row.version))
    except Unanswerable:  # the version or its contract is gone already
        return None
    return None if answer.word is Word.YES else answer


def remedy(answer: Answer) -> str:
    """What opens the way, and how it goes without."""
    todo = [line.todo for line in answer.lines if line.todo and line.word is answer.word]
    return " ".join([*todo[:3], OTHERWISE])


def keep_unless_retirable(path: Path, row: ContractVersion, state: str, run: Applying) -> None:
    """Adds a problem when a known version is to be retired and cannot be."""
    if row._state.adding or state != "retired" or row.state == "retired":
        return
    if found := against(row):
        run.problems.add((*path, "state"), found.sentence, remedy(found))


def keep_if_live(path: Path, row: ContractVersion, run: Applying) -> None:
    """Adds a problem when a version is to be dropped while somebody relies on it or calls it."""
    if row.state == "retired":
        return
    if found := live(row, run.now):
        run.problems.add(
            path,
            f"Version {row.version} is still {found.sentence}.",
            f"Wait until they have moved. {OTHERWISE}",
        )
