import pytest

from rollouts.health.exposition import FILTER_ABOVE_LINES, MAX_SAMPLES, Unreadable, read
from rollouts.health.signals import NAMES

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"

OPEN = """\
# HELP http_server_requests Requests answered.
# TYPE http_server_requests counter
http_server_requests_total{service="orders",version="3.0.0",code="200"} 97.0 # {trace_id="a"} 1.0
http_server_requests_created{service="orders",version="3.0.0",code="200"} 1000.5
http_server_requests_total{service="orders",version="3.0.0",code="500"} 3.0
# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_bucket{service="orders",le="0.25"} 90.0
http_server_request_duration_seconds_bucket{service="orders",le="+Inf"} 100.0
http_server_request_duration_seconds_count{service="orders"} 100.0
http_server_request_duration_seconds_sum{service="orders"} 12.5
# TYPE process_inflight_requests gauge
process_inflight_requests{service="orders"} 4.0
# TYPE other gauge
other 1.0
# EOF
"""


def _names(body: str, kind: str = OPENMETRICS) -> dict[str, float]:
    found = read(body.encode(), kind, names=NAMES)
    return {
        f"{sample.name} {' '.join(f'{k}={v}' for k, v in sorted(sample.labels.items()))}": sample.value
        for sample in found.samples
    }


def test_openmetrics_is_read_with_exemplars_and_times_of_creation() -> None:
    found = read(OPEN.encode(), OPENMETRICS, names=NAMES)
    assert _names(OPEN) == {
        "http_server_requests_total code=200 service=orders version=3.0.0": 97,
        "http_server_requests_total code=500 service=orders version=3.0.0": 3,
        "http_server_request_duration_seconds_bucket le=0.25 service=orders": 90,
        "http_server_request_duration_seconds_bucket le=+Inf service=orders": 100,
        "http_server_request_duration_seconds_count service=orders": 100,
        "http_server_request_duration_seconds_sum service=orders": 12.5,
        "process_inflight_requests service=orders": 4,
    }
    labels = (("code", "200"), ("service", "orders"), ("version", "3.0.0"))
    assert found.created == {("http_server_requests", labels): 1000.5}


def test_prometheus_text_is_read() -> None:
    text = """\
# TYPE http_server_requests_total counter
http_server_requests_total{service="orders",code="200"} 97
# TYPE http_server_requests_created gauge
http_server_requests_created{service="orders",code="200"} 1000.5
untyped_thing 3
"""
    assert _names(text, TEXT) == {"http_server_requests_total code=200 service=orders": 97}
    assert len(read(text.encode(), TEXT, names=NAMES).created) == 1


@pytest.mark.parametrize("kind", ["text/html", "application/json", "", "application/openmetrics"])
def test_another_content_type_is_refused_whatever_the_body(kind: str) -> None:
    with pytest.raises(Unreadable, match="neither OpenMetrics nor Prometheus text"):
        read(OPEN.encode(), kind, names=NAMES)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", TEXT, "empty"),
        (b"  \n\n", OPENMETRICS, "empty"),
        (b"\xff\xfe", TEXT, "not UTF-8"),
        (b'a{b="\x00"} 1\n', TEXT, "NUL"),
        (b"<html><body>Login</body></html>", TEXT, "breaks its format"),
        (OPEN.replace("# EOF\n", "").encode(), OPENMETRICS, "breaks its format"),
        (OPEN.replace("97.0", "NaN").encode(), OPENMETRICS, "breaks its format"),
        (OPEN.replace("97.0", "-1").encode(), OPENMETRICS, "breaks its format"),
        (OPEN.replace("_total{", "{").encode(), OPENMETRICS, "breaks its format"),
        (OPEN.replace('le="0.25"} 90', 'le="0.25"} 101').encode(), OPENMETRICS, "breaks its format"),
        (b'http_server_requests_total{code="200"} NaN\n', TEXT, "no count"),
        (b'http_server_requests_total{code="200"} -1\n', TEXT, "no count"),
        (b'http_server_requests_total{code="200"} +Inf\n', TEXT, "no count"),
        (b"http_server_requests_total 1\nhttp_server_requests_total 2\n", TEXT, "twice"),
        (
            b'http_server_request_duration_seconds_bucket{le="1"} 5\n'
            b'http_server_request_duration_seconds_bucket{le="2"} 4\n'
            b'http_server_request_duration_seconds_bucket{le="+Inf"} 6\n',
            TEXT,
            "not cumulative",
        ),
        (b'http_server_request_duration_seconds_bucket{le="1"} 5\n', TEXT, r"no \+Inf"),
        (b'http_server_request_duration_seconds_bucket{le="x"} 5\n', TEXT, "no number"),
        (b'http_server_request_duration_seconds_bucket{le="NaN"} 5\n', TEXT, "NaN"),
    ],
)
def test_what_breaks_the_format_is_refused_as_a_whole(body: bytes, kind: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(body, kind, names=NAMES)


def test_bounds_that_are_written_differently_are_the_same() -> None:
    text = (
        'http_server_request_duration_seconds_bucket{le="1"} 5\n'
        'http_server_request_duration_seconds_bucket{le="10.0"} 6\n'
        'http_server_request_duration_seconds_bucket{le="2e0"} 5.5\n'
        'http_server_request_duration_seconds_bucket{le="+Inf"} 6\n'
    )
    assert len(_names(text, TEXT)) == 4


def test_a_gauge_that_is_no_number_is_left_out() -> None:
    assert _names("process_inflight_requests NaN\n", TEXT) == {}


def test_too_many_samples_are_refused() -> None:
    body = "".join(f'other{{n="{n}"}} 1\n' for n in range(MAX_SAMPLES + 1))
    with pytest.raises(Unreadable, match="more than 50,000 samples"):
        read(body.encode(), TEXT, names=NAMES)


@pytest.mark.parametrize("kind", [TEXT, OPENMETRICS])
def test_a_long_answer_is_read_like_a_short_one(kind: str) -> None:
    rest = "".join(f'other{{n="{n}"}} 1\n' for n in range(FILTER_ABOVE_LINES + 1))
    if kind is OPENMETRICS:
        body = OPEN.replace("other 1.0\n", rest)
    else:
        body = rest + 'http_server_requests_total{code="200"} 97\n'
    found = _names(body, kind)
    assert 97 in found.values()
    if kind is OPENMETRICS:
        assert found == _names(OPEN)
        with pytest.raises(Unreadable, match="breaks its format"):
            read(body.replace("# EOF\n", "").encode(), kind, names=NAMES)
