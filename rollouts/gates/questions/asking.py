"""What is asked in an address: where, of whom, and whether the old version stays."""

from collections.abc import Mapping

from rollouts.contracts.questions.values import Asked, Question

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def asked(question: Question, contract: str, version: str, given: Mapping[str, str]) -> Asked:
    """The question as a query says it: `environment`, `consumers` (with commas), `old_stays`."""
    names = {name.strip() for name in given.get("consumers", "").split(",")} - {""}
    stays = given.get("old_stays", "").lower()
    return Asked(
        question,
        contract,
        version,
        environment=given.get("environment", ""),
        consumers=frozenset(names) or None,
        beside=True if stays in TRUE else False if stays in FALSE else None,
    )
