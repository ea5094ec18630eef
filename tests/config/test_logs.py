"""Log lines as programs read them."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator

import pytest

from config import logs


@pytest.fixture
def told() -> Iterator[Callable[[], list[dict[str, str]]]]:
    """Logs as JSON for one test, and gives the lines back."""
    before = logging.root.handlers[:], logging.root.level
    logging.config.dictConfig(logs.logging(level="INFO", form="json"))
    (console,) = logging.root.handlers
    assert isinstance(console, logging.StreamHandler)
    console.stream = io.StringIO()
    yield lambda: [json.loads(line) for line in console.stream.getvalue().splitlines()]
    logging.root.handlers[:], logging.root.level = before


def test_json_has_one_object_a_line_also_for_exceptions(told: Callable[[], list[dict[str, str]]]) -> None:
    try:
        raise ValueError("two\nlines, “quoted”")
    except ValueError:
        logging.getLogger("rollouts.health").exception("health.scrape_failed: %s", "http://a")
    logging.getLogger("django").warning("late")
    failed, late = told()
    assert failed["event"] == "health.scrape_failed: http://a"
    assert failed["level"] == "error"
    assert failed["logger"] == "rollouts.health"
    assert "two\nlines, “quoted”" in failed["exception"]
    assert failed["timestamp"].endswith("Z")
    assert late["event"] == "late"


def test_unknown_form_says_which_there_are() -> None:
    with pytest.raises(ValueError, match="plain or json"):
        logs.logging(level="INFO", form="xml")
