"""The effect that a gate must see: one of two ways to say it, and points only of shares."""

from typing import Any

from tests.plans.factories import checked, plan, with_gate


def gate(must_see: Any, **settings: Any) -> dict[str, Any]:
    return with_gate(settings={"signal": "errors", "limit": "2 %", **settings, "must_see": must_see})


def test_times_or_points() -> None:
    for given, words in (({"times": 1.5}, "1.5 times"), ({"points": 0.5}, "0.5 points more")):
        assert not checked(gate(given)).errors
        assert str(plan(gate(given)).stages[0].exit[0].metric.must_see) == words
    assert checked(gate({"times": 1.5, "points": 1})).errors
    assert checked(gate({})).errors
    assert checked(gate({"times": 1})).errors


def test_points_say_nothing_of_what_is_no_share() -> None:
    (problem,) = checked(gate({"points": 1}, signal="saturation", limit=5)).errors
    assert problem.path.endswith("/settings/must_see/points")
    assert "no share" in problem.message
    assert not checked(gate({"times": 2}, signal="saturation", limit=5)).errors
