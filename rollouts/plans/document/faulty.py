"""The fault after which nothing of a document can be read."""

from rollouts.plans.document.problems import Mark


class Unreadable(Exception):
    """The source is no YAML or JSON, or is built to exhaust its reader."""

    def __init__(self, mark: Mark, message: str, remedy: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message
        self.remedy = remedy
