"""The words of reviews: where one stands, what it asks, and what an action item is for."""

from dataclasses import dataclass

from rollouts.lib.labels import Labelled


class ReviewState(Labelled):
    """Draft, in review, reviewed, closed; a reviewer may return it to its author."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    CLOSED = "closed"

    @property
    def frozen(self) -> bool:
        """Neither words nor numbers change any more."""
        return self in (ReviewState.REVIEWED, ReviewState.CLOSED)


class SectionName(Labelled):
    """The parts that people write."""

    SUMMARY = "summary"
    IMPACT = "impact"
    FACTORS = "factors"
    WENT_WELL = "went_well"
    WENT_BADLY = "went_badly"
    LESSONS = "lessons"

    @property
    def label(self) -> str:
        return {"factors": "What contributed"}.get(self.value, self.value.replace("_", " ").capitalize())


NEEDED = (SectionName.SUMMARY, SectionName.IMPACT, SectionName.FACTORS)
"""Without words in these a required review is not submitted."""


class ItemKind(Labelled):
    """What an action item is for."""

    MITIGATE = "mitigate"
    PREVENT = "prevent"
    DETECT = "detect"
    PROCESS = "process"


class ItemState(Labelled):
    """Where an action item stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Span(Labelled):
    """The three stretches of time in which impact is measured."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Rights:
    """What a person may do with one review, whatever its state."""

    edit: bool = False
    judge: bool = False

    @property
    def close(self) -> bool:
        return self.edit or self.judge
