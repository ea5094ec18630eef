"""The words of health: what is measured, and who saw it."""

from rollouts.lib.labels import Labelled


class Signal(Labelled):
    """What a series measures. Errors and latency are shares of requests; the others are numbers."""

    ERRORS = "errors"
    LATENCY = "latency"
    TRAFFIC = "traffic"
    SATURATION = "saturation"

    @property
    def counted(self) -> bool:
        """Made of requests, so that windows can be added up."""
        return self is not Signal.SATURATION


class Perspective(Labelled):
    """Who counted: the service itself, or those who call it."""

    SERVER = "server"
    CALLERS = "callers"


class SourceKind(Labelled):
    """How a source is asked."""

    OPENMETRICS = "openmetrics"
