"""Real targets that expose what they should not, and what Gatehouse then counts, by both formats."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.health import exposition, services
from rollouts.health.models import Window
from rollouts.health.values import Signal
from tests.health.factories import EPOCH, service, source
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
DURATION = "http_server_request_duration_seconds"


class Target:
    """Exposes the lines it is given in one of the two formats."""

    def __init__(self, kind: str = OPEN) -> None:
        self.kind, self.lines, self.status = kind, "", 200
        self.extra: dict[str, str] = {}
        self.body: bytes | None = None

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        end = "# EOF\n" if self.kind is OPEN else ""
        body = f"{self.lines}{end}".encode() if self.body is None else self.body
        reply(handler, body, status=self.status, headers={"Content-Type": self.kind, **self.extra})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    from rollouts.health import collecting
    from rollouts.health.sources import openmetrics

    def at(seconds: int) -> None:
        for module in (collecting, services, openmetrics):
            monkeypatch.setattr(module, "database_now", lambda: EPOCH + timedelta(seconds=seconds))

    at(0)
    return at


def served(ok: float, bad: float = 0, *, kind: str, created: float | None = None, more: str = "") -> str:
    name = "http_server_requests" + ("" if kind is OPEN else "_total")
    lines = [f"# TYPE {name} counter"]
    for code, count in (("200", ok), ("500", bad)):
        labels = f'{{service="orders",version="3.0.0",code="{code}"}}'
        lines.append(f"http_server_requests_total{labels} {count}")
        if created is not None and kind is OPEN:
            lines.append(f"http_server_requests_created{labels} {created}")
    return "\n".join(lines) + "\n" + more


def histogram(pairs: list[tuple[str, float]]) -> str:
    rows = "".join(f'{DURATION}_bucket{{service="orders",le="{bound}"}} {count}\n' for bound, count in pairs)
    return f"# TYPE {DURATION} histogram\n{rows}"


def rounds(target: Target, clock: Callable[[int], None], bodies: list[str]) -> Any:
    """Collects once for each body, a window apart; an empty body is a target that fails."""
    with serving(target.answer) as url:
        row = source(urls=[url])
        for number, lines in enumerate(bodies):
            clock(5 * number)
            target.lines, target.status = lines, 200 if lines else 503
            services.collect([row.pk])
    row.refresh_from_db()
    return row


def counted(signal: Signal = Signal.ERRORS) -> list[tuple[int, int, bool]]:
    rows = Window.objects.filter(series__signal=signal).order_by("start_at", "pk")
    return list(rows.values_list("bad", "total", "gap"))


@pytest.mark.parametrize("kind", [OPEN, TEXT])
@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        # The first reading says nothing; 10, 20, 5, 9 grows by 10, 5 and 4.
        ([(10, 0), (20, 0), (5, 0), (9, 0)], [(0, 10, False), (0, 5, False), (0, 4, False)]),
        # A failed reading is a gap, and the next difference covers it.
        ([(10, 0), (20, 0), None, (50, 3)], [(0, 10, False), (0, 0, True), (3, 33, False)]),
        # Nothing happened, which is a window with zero requests and no gap.
        ([(10, 1), (10, 1)], [(0, 0, False)]),
    ],
)
def test_counters_by_both_formats(
    kind: str,
    steps: list[tuple[int, int] | None],
    wanted: list[tuple[int, int, bool]],
    clock: Callable[[int], None],
) -> None:
    bodies = [served(*step, kind=kind) if step else "" for step in steps]
    rounds(Target(kind), clock, bodies)
    assert counted() == wanted


def test_a_restart_above_the_last_value_is_told_by_the_time_of_creation(clock: Callable[[int], None]) -> None:
    steps = [served(10, kind=OPEN, created=100.5), served(12, kind=OPEN, created=200.5)]
    rounds(Target(), clock, steps)
    assert counted() == [(0, 12, False)]


@pytest.mark.parametrize("kind", [OPEN, TEXT])
def test_a_bound_that_is_written_anew_counts_on(kind: str, clock: Callable[[int], None]) -> None:
    before = histogram([("0.5", 5), ("1", 8), ("+Inf", 10)])
    after = histogram([("5e-1", 6), ("1.0", 10), ("+Inf", 14)])
    rounds(Target(kind), clock, [before, after])
    row = Window.objects.get(series__signal=Signal.LATENCY)
    assert (row.total, row.buckets) == (4, [[0.5, 1], [1.0, 2], [None, 4]])


@pytest.mark.parametrize("kind", [OPEN, TEXT])
def test_one_bucket_that_falls_restarts_the_histogram(kind: str, clock: Callable[[int], None]) -> None:
    before = histogram([("0.5", 5), ("+Inf", 10)])
    after = histogram([("0.5", 4), ("+Inf", 12)])
    rounds(Target(kind), clock, [before, after])
    row = Window.objects.get(series__signal=Signal.LATENCY)
    assert (row.total, row.buckets) == (12, [[0.5, 4], [None, 12]])


@pytest.mark.parametrize("kind", [OPEN, TEXT])
def test_names_and_labels_in_utf_8_and_exemplars_do_no_harm(kind: str, clock: Callable[[int], None]) -> None:
    more = '# TYPE "prüf.größe" gauge\n{"prüf.größe","ort"="köln"} 1\n'
    bodies = [served(10, kind=kind, more=more), served(14, kind=kind, more=more)]
    if kind is OPEN:
        bodies[1] = bodies[1].replace("} 14", '} 14 # {trace_id="a"} 0.5')
    assert rounds(Target(kind), clock, bodies).last_error == ""
    assert counted() == [(0, 4, False)]


LONG = "".join(f'other{{n="{n}"}} 1\n' for n in range(exposition.FILTER_ABOVE_LINES + 1))
TWICE = served(20, kind=OPEN).splitlines()[2] + "\n"
INTERLEAVED = '# TYPE one gauge\none 1\n# TYPE two gauge\ntwo 1\none{a="b"} 2\n'


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        (OPEN, served(20, kind=OPEN, more=TWICE), "twice"),
        (OPEN, served(20, kind=OPEN, more=TWICE + "# TYPE other gauge\n" + LONG), "twice"),
        (TEXT, served(20, kind=TEXT, more=TWICE), "twice"),
        (TEXT, served(20, kind=TEXT, more=TWICE + LONG), "twice"),
        (OPEN, served(float("nan"), kind=OPEN), "breaks its format"),
        (TEXT, served(float("nan"), kind=TEXT), "no count"),
        (OPEN, served(-1, kind=OPEN), "breaks its format"),
        (TEXT, served(-1, kind=TEXT), "no count"),
        (OPEN, histogram([("1", 5), ("2", 4), ("+Inf", 6)]), "breaks its format"),
        (TEXT, histogram([("1", 5), ("2", 4), ("+Inf", 6)]), "not cumulative"),
        (OPEN, histogram([("1", 5), ("2", 6)]), "breaks its format"),
        (TEXT, histogram([("1", 5), ("2", 6)]), r"no +Inf"),
        (TEXT, histogram([("1", 5), ("1.0", 6), ("+Inf", 6)]), "twice"),
        (OPEN, INTERLEAVED, "breaks its format"),
        (OPEN, "# TYPE a_seconds gauge\n# UNIT a_seconds bytes\na_seconds 1\n", "breaks its format"),
        (OPEN, "# TYPE a counter\na 1\n", "breaks its format"),
        (TEXT, "<html><body>Sign in</body></html>\n", "breaks its format"),
        ("text/html", served(20, kind=TEXT), "text/html"),
        ("application/json", "{}", "application/json"),
        ("", served(20, kind=TEXT), "no stated type"),
        (TEXT, "\n", "empty"),
    ],
)
def test_what_a_target_should_not_expose_is_a_gap_with_a_sentence(
    kind: str, lines: str, said: str, clock: Callable[[int], None]
) -> None:
    target = Target(OPEN)
    with serving(target.answer) as url:
        row = source(urls=[url])
        for number, body in enumerate([served(10, kind=OPEN), served(15, kind=OPEN)]):
            clock(5 * number)
            target.lines = body
            services.collect([row.pk])
        target.kind, target.lines = kind, lines
        clock(10)
        services.collect([row.pk])
    row.refresh_from_db()
    assert said in row.last_error
    assert counted() == [(0, 5, False), (0, 0, True)]


def test_a_missing_end_and_a_compressed_bomb_are_gaps(clock: Callable[[int], None]) -> None:
    target = Target(OPEN)
    with serving(target.answer) as url:
        row = source(urls=[url])
        target.body = served(10, kind=OPEN).encode()
        services.collect([row.pk])
        row.refresh_from_db()
        assert "breaks its format" in row.last_error
        clock(5)
        target.body = gzip.compress(b"#" * (exposition.MAX_BYTES + 1))
        target.extra = {"Content-Encoding": "gzip"}
        services.collect([row.pk])
    row.refresh_from_db()
    assert "more than 10,000,000 bytes" in row.last_error
    assert service().pk
    assert not Window.objects.filter(gap=False).exists()
