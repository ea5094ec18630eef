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
    """Who counted: the service itself, those who call it, or a tracing system or mesh between the two."""

    SERVER = "server"
    CALLERS = "callers"
    BETWEEN = "between"


OWN, CHECK, CONTRACT = "own:", "check:", "contract:"


def own_series(name: str) -> str:
    """The name of the series of a signal in somebody's own PromQL that stands for none of the known."""
    return f"{OWN}{name}"


def check_series(slug: str) -> str:
    """The name of the series of a synthetic check's runs."""
    return f"{CHECK}{slug}"


def contract_series(slug: str) -> str:
    """The name of the series of the calls of one contract; their version is that of the contract."""
    return f"{CONTRACT}{slug}"[:80]


SIDES = (Perspective.SERVER, Perspective.CALLERS)
"""The sides that gates and pages judge; what was counted between draws the graph only, since it may be a
sample of the traffic, and rarely knows versions."""


class SourceKind(Labelled):
    """How a source is asked. `checks` counts the runs of synthetic checks; nobody declares it."""

    OPENMETRICS = "openmetrics"
    PROMETHEUS = "prometheus"
    PUSH = "push"
    CHECKS = "checks"

    @property
    def label(self) -> str:
        """A name of its own, not a word."""
        return {
            "openmetrics": "OpenMetrics",
            "prometheus": "Prometheus",
            "push": "Push",
            "checks": "Synthetic checks",
        }[self.value]


DECLARED_KINDS = tuple(kind for kind in SourceKind if kind is not SourceKind.CHECKS)
"""What people declare."""
