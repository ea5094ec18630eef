"""A plan that only observes: what is said of it before anything runs."""

from tests.plans.factories import checked, document, plan


def test_stages_that_only_time_decides_about_are_warned_of() -> None:
    given = document()
    given["stages"][1]["advance"] = "automatic"
    assert not checked(given).warnings
    given["observe"] = True
    (warning,) = checked(given).warnings
    assert warning.path == "/stages/1/advance"
    assert "entered by time alone" in warning.message


def test_what_an_observing_gate_would_do_is_no_mistake() -> None:
    given = document()
    gate = {"name": "errors", "kind": "metric", "observe": True, "on_fail": "hold"}
    given["stages"][0]["gates"] = {"exit": [{**gate, "settings": {"signal": "errors", "limit": "2 %"}}]}
    assert not checked(given).problems
    assert plan(given).stages[0].exit[0].on_fail == "hold"
    assert not plan(given).observe
