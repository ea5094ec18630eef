"""What the fleet remembers of itself, answered as Prometheus answers: one series, asked for by its name.

A stand-in for the server that scrapes a real fleet and records a rule: the mean size of the answers of
each version of orders over the last ten seconds. It is asked at `/api/v1/query` and `/api/v1/query_range`,
knows no other PromQL, and says so as Prometheus says it.
"""

import re
import threading
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import count, takewhile

from demo.httpd import Request, Response

NAME = "orders_answer_bytes"
SPAN_S = 10.0
KEPT = 3600
"""Samples, one a second."""
MOST_STEPS = 11_000
"""As Prometheus has it."""
SELECTOR = re.compile(rf'\s*{NAME}\s*(?:\{{\s*service\s*=~\s*"(?P<services>[^"]*)"\s*,?\s*\}})?\s*')
LISTING = re.compile(r"count by \(__name__, le\) \(\{__name__=~.*\}\)")
"""Which names of a convention there are: none, for what is recorded is of no convention."""
PREFIX = "/api/v1/"

Sizes = Mapping[str, tuple[int, int]]
"""Bytes and answers since the start, by version."""


class Refused(Exception):
    """A query that is not answered, with the reason."""


class Recorder:
    """Samples of the last hour, and means of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, Sizes]] = deque(maxlen=KEPT)

    def note(self, at: float, sizes: Sizes) -> None:
        """What was counted through `at` (Unix seconds)."""
        with self._lock:
            self._samples.append((at, sizes))

    def means(self, times: Iterable[float]) -> dict[str, list[tuple[float, float]]]:
        """Mean bytes of an answer at each of these times, by version; who answered nobody has none."""
        with self._lock:
            samples = list(self._samples)
        ends = [at for at, _ in samples]
        found: dict[str, list[tuple[float, float]]] = {}
        for when in times:
            last, first = bisect_right(ends, when) - 1, bisect_left(ends, when - SPAN_S)
            if not 0 <= first < last:
                continue
            for version, (size, many) in samples[last][1].items():
                size_before, many_before = samples[first][1].get(version, (0, 0))
                if many > many_before:
                    mean = (size - size_before) / (many - many_before)
                    found.setdefault(version, []).append((when, mean))
        return found


def answer(recorder: Recorder, request: Request) -> Response:
    """The answer of Prometheus' API to one request."""
    form = {**request.query, **request.form()}
    ranged = request.path == f"{PREFIX}query_range"
    if not ranged and request.path != f"{PREFIX}query":
        return _error("not_found", "Only query and query_range are answered here.", 404)
    try:
        series = _series(recorder, form, _times(form, ranged=ranged), ranged=ranged)
    except (Refused, ValueError, KeyError) as refused:
        return _error("bad_data", str(refused), 400)
    kind = "matrix" if ranged else "vector"
    return Response.json({"status": "success", "data": {"resultType": kind, "result": series}})


def _times(form: Mapping[str, str], *, ranged: bool) -> list[float]:
    if not ranged:
        return [float(form["time"])]
    start, end, step = (float(form[name]) for name in ("start", "end", "step"))
    if step <= 0 or (end - start) / step > MOST_STEPS:
        raise Refused("exceeded maximum resolution of 11,000 points per timeseries")
    return list(takewhile(lambda at: at <= end, (start + step * number for number in count())))


def _series(
    recorder: Recorder, form: Mapping[str, str], times: list[float], *, ranged: bool
) -> list[dict[str, object]]:
    if LISTING.fullmatch(form["query"]):
        return []
    found = SELECTOR.fullmatch(form["query"])
    if found is None:
        raise Refused(f"this server knows the series {NAME} alone, narrowed by service at most")
    if found["services"] is not None and not re.fullmatch(found["services"], "orders"):
        return []
    rows: list[dict[str, object]] = []
    for version, points in recorder.means(times).items():
        written = [[at, f"{mean:g}"] for at, mean in points]
        labels = {"__name__": NAME, "service": "orders", "version": version}
        rows.append({"metric": labels, **({"values": written} if ranged else {"value": written[0]})})
    return rows


def _error(kind: str, sentence: str, status: int) -> Response:
    return Response.json({"status": "error", "errorType": kind, "error": sentence}, status)
