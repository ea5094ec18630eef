"""Reads OpenSLO v1 documents: what Gatehouse measures is taken, all else is refused by name. Django-free.

Source: OpenSLO/OpenSLO, README.md (apiVersion `openslo/v1`). Taken: kind SLO with one rolling window,
budgeting method Occurrences, one objective, and an indicator that Gatehouse can count: a ratio metric of
errors, or a share of requests faster than a bound; the annotations below say which. The queries of its
metric sources are not asked, since Gatehouse counts the requests of a service itself; a note says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollouts.lib.documents import durations

VERSION = "openslo/v1"
PREFIX = "gatehouse/"
SIGNAL = f"{PREFIX}signal"
SLOWER_THAN = f"{PREFIX}slower-than"
ENVIRONMENT = f"{PREFIX}environment"
KINDS_PASSED_BY = ("Service", "DataSource", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be taken: where it stands, why, and what to do."""

    path: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Read:
    """One SLO of a document, in Gatehouse's words."""

    name: str
    title: str
    service: str
    environment: str
    signal: str
    slower_than: timedelta | None
    target: float
    period: timedelta
    description: str
    notes: tuple[str, ...] = ()


class Refused(Exception):
    """The document holds something that is not supported; `faults` name all of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


def read(documents: Sequence[Any]) -> list[Read]:
    """The SLOs of the documents; others of OpenSLO's kinds are passed by. Raises Refused."""
    indicators = _indicators(documents)
    found: list[Read] = []
    faults: list[Fault] = []
    for index, document in enumerate(documents):
        try:
            slo = _document(document, f"/{index}" if len(documents) > 1 else "", indicators)
        except Refused as refused:
            faults.extend(refused.faults)
        else:
            found += [slo] if slo else []
    if faults:
        raise Refused(faults)
    if not found:
        raise Refused([Fault("", "There is no SLO in it.", "Give a document of kind SLO.")])
    return found


def _indicators(documents: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    """SLIs that stand beside the SLOs, by name."""
    return {
        str(_of(document, "metadata").get("name")): _of(document, "spec")
        for document in documents
        if isinstance(document, Mapping) and document.get("kind") == "SLI"
    }


def _of(document: Any, key: str) -> Mapping[str, Any]:
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, Mapping) else {}


class _Reading:
    """One document while it is read: collects faults, so that all are named at once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[Fault] = []

    def fault(self, where: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(f"{self.path}/{where}", message, remedy))

    def text(self, where: str, value: Any) -> str:
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.fault(where, "It is missing or no text.", "Give it as text.")
        return ""


def _document(document: Any, path: str, indicators: Mapping[str, Mapping[str, Any]]) -> Read | None:
    if not isinstance(document, Mapping):
        raise Refused(
            [Fault(path or "/", "It is no document of OpenSLO.", "Give a mapping with apiVersion.")]
        )
    if document.get("apiVersion") != VERSION:
        said = f"apiVersion is {document.get('apiVersion')!r}."
        raise Refused([Fault(f"{path}/apiVersion", said, f"Only {VERSION} is read.")])
    kind = document.get("kind")
    if kind in KINDS_PASSED_BY:
        return None
    if kind != "SLO":
        raise Refused([Fault(f"{path}/kind", f"kind is {kind!r}.", "Documents of kind SLO are imported.")])
    reading = _Reading(path)
    slo = _slo(reading, _of(document, "metadata"), _of(document, "spec"), indicators)
    if reading.faults:
        raise Refused(reading.faults)
    return slo


def _slo(
    reading: _Reading,
    metadata: Mapping[str, Any],
    spec: Mapping[str, Any],
    indicators: Mapping[str, Mapping[str, Any]],
) -> Read:
    annotations = _of(metadata, "annotations")
    name = reading.text("metadata/name", metadata.get("name"))
    method = spec.get("budgetingMethod", "Occurrences")
    if method != "Occurrences":
        reading.fault(
            "spec/budgetingMethod",
            f"budgetingMethod {method} is not supported.",
            "Use Occurrences: Gatehouse counts requests.",
        )
    if spec.get("alertPolicies"):
        reading.fault(
            "spec/alertPolicies",
            "alertPolicies are not supported.",
            "Leave them out: burn rates are alerted on as in the SRE workbook.",
        )
    signal, slower_than = _indicator(reading, spec, annotations, indicators)
    return Read(
        name=name,
        title=str(metadata.get("displayName") or name),
        service=reading.text("spec/service", spec.get("service")),
        environment=str(annotations.get(ENVIRONMENT, "")),
        signal=signal,
        slower_than=slower_than,
        target=_objective(reading, spec.get("objectives")),
        period=_period(reading, spec.get("timeWindow")),
        description=str(spec.get("description") or ""),
        notes=_notes(name, signal, slower_than, spec, indicators),
    )


def _notes(
    name: str,
    signal: str,
    slower_than: timedelta | None,
    spec: Mapping[str, Any],
    indicators: Mapping[str, Mapping[str, Any]],
) -> tuple[str, ...]:
    """What is counted in place of a query of the document."""
    indicator = _of(_of(spec, "indicator"), "spec") or indicators.get(str(spec.get("indicatorRef")), {})
    ratio = _of(indicator, "ratioMetric")
    if not any("metricSource" in _of(ratio, part) for part in ("good", "bad", "total")):
        return ()
    bound = f" (slower than {durations.spoken(slower_than)})" if slower_than else ""
    counted = f"{'slow answers' if signal == 'latency' else 'failed requests'}{bound}"
    return (f"{name}: Gatehouse counts {counted} of the service itself; the file's queries are not asked.",)


def _period(reading: _Reading, given: Any) -> timedelta:
    windows = given if isinstance(given, list) else []
    where = "spec/timeWindow"
    if len(windows) != 1 or not isinstance(windows[0], Mapping):
        reading.fault(where, "There must be exactly one time window.", "Give one with a duration.")
        return timedelta()
    window = windows[0]
    if window.get("calendar") or window.get("isRolling") is not True:
        reading.fault(f"{where}/0", "calendar windows are not supported.", "Say isRolling: true.")
    try:
        length = _length(str(window.get("duration", "")))
    except ValueError as error:
        reading.fault(f"{where}/0/duration", str(error), "Write 30d, 28d or 4w.")
        return timedelta()
    if not timedelta(days=1) <= length <= timedelta(days=90):
        reading.fault(f"{where}/0/duration", "It is not between 1 and 90 days.", "Write 30d, 28d or 4w.")
    return length


def _length(text: str) -> timedelta:
    if text.endswith("w") and text[:-1].isdecimal():
        return timedelta(weeks=int(text[:-1]))
    return durations.parse(text)


def _objective(reading: _Reading, given: Any) -> float:
    objectives = given if isinstance(given, list) else []
    where = "spec/objectives"
    if len(objectives) != 1 or not isinstance(objectives[0], Mapping):
        reading.fault(where, "There must be exactly one objective.", "Make one SLO of each objective.")
        return 0.0
    objective = objectives[0]
    for key in ("timeSliceTarget", "timeSliceWindow", "compositeWeight", "indicator", "indicatorRef"):
        if key in objective:
            reading.fault(f"{where}/0/{key}", f"{key} is not supported.", "Leave it out.")
    target: Any = objective.get("target")
    if target is None and _number(objective.get("targetPercent")):
        target = round(objective["targetPercent"] / 100, 12)
    if not (_number(target) and 0 < target < 1):
        reading.fault(f"{where}/0/target", "It is no share between 0 and 1.", "Write target: 0.999.")
        return 0.0
    return float(target)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _indicator(
    reading: _Reading,
    spec: Mapping[str, Any],
    annotations: Mapping[str, Any],
    indicators: Mapping[str, Mapping[str, Any]],
) -> tuple[str, timedelta | None]:
    indicator = _of(_of(spec, "indicator"), "spec")
    if "indicatorRef" in spec:
        named = str(spec["indicatorRef"])
        if named not in indicators:
            reading.fault(
                "spec/indicatorRef", f"There is no SLI named {named}.", "Put it into the same file."
            )
        indicator = indicators.get(named, {})
    if "thresholdMetric" in indicator:
        reading.fault(
            "spec/indicator/spec/thresholdMetric",
            "thresholdMetric is not supported: it counts moments, not requests.",
            "Use a ratioMetric of requests.",
        )
    elif "raw" in _of(indicator, "ratioMetric"):
        reading.fault(
            "spec/indicator/spec/ratioMetric/raw", "raw is not supported.", "Give good or bad, and total."
        )
    elif "ratioMetric" not in indicator and SIGNAL not in annotations and "indicatorRef" not in spec:
        reading.fault("spec/indicator", "There is no indicator.", "Give a ratioMetric.")
    return _signal(reading, annotations)


def _signal(reading: _Reading, annotations: Mapping[str, Any]) -> tuple[str, timedelta | None]:
    signal = annotations.get(SIGNAL, "errors")
    where = f"metadata/annotations/{SIGNAL}"
    if signal not in ("errors", "latency"):
        reading.fault(where, f"The signal {signal!r} is not supported.", "Write errors or latency.")
        return "errors", None
    if signal == "errors":
        return "errors", None
    try:
        return "latency", durations.parse(str(annotations.get(SLOWER_THAN, "")))
    except ValueError:
        reading.fault(
            f"metadata/annotations/{SLOWER_THAN}",
            "A latency SLO needs its bound.",
            f"Write {SLOWER_THAN}: 300ms.",
        )
        return "latency", None
