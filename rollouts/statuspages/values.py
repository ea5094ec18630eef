"""The words of status pages."""

from rollouts.lib.labels import Labelled


class FeedbackKind(Labelled):
    """What a reader sends: anything, or that it stops their work."""

    FEEDBACK = "feedback"
    CONCERN = "concern"
