"""How a check stands by its runs, and together with real users."""

from datetime import UTC, datetime, timedelta

import pytest

from rollouts.health.probes.values import Seen, Standing, Users, standing, together, users_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)
PASS, WARN, FAIL, NO_DATA = Standing.PASS, Standing.WARN, Standing.FAIL, Standing.NO_DATA


def stands(*runs: tuple[str, str], in_a_row: int = 2, ago: int = 0) -> Standing:
    """`("a", "+--")`: the runs of location a, newest first."""
    seen = [
        Seen(place, NOW - MINUTE * (ago + number), mark == "+")
        for place, marks in runs
        for number, mark in enumerate(marks)
    ]
    places = [place for place, _ in runs]
    return standing(seen, locations=places, in_a_row=in_a_row, interval=MINUTE, now=NOW)


@pytest.mark.parametrize(
    ("runs", "wanted"),
    [
        ([("a", "")], NO_DATA),
        ([("a", "+")], PASS),
        ([("a", "-")], PASS),
        ([("a", "--")], FAIL),
        ([("a", "-+-")], PASS),
        ([("a", "--"), ("b", "++")], PASS),
        ([("a", "--"), ("b", "-+")], PASS),
        ([("a", "--"), ("b", "--")], FAIL),
        ([("a", "--"), ("b", "--"), ("c", "++")], FAIL),
        ([("a", "--"), ("b", "")], PASS),
    ],
)
def test_so_many_in_a_row_from_two_places(runs: list[tuple[str, str]], wanted: Standing) -> None:
    assert stands(*runs) == wanted


def test_old_runs_say_nothing() -> None:
    assert stands(("a", "+++"), ago=3) == PASS
    assert stands(("a", "+++"), ago=4) == NO_DATA


@pytest.mark.parametrize(
    ("check", "users", "wanted"),
    [
        (FAIL, Users.FINE, WARN), (FAIL, Users.BAD, FAIL), (FAIL, Users.SILENT, FAIL),
        (PASS, Users.FINE, PASS), (PASS, Users.BAD, FAIL), (PASS, Users.SILENT, NO_DATA),
        (NO_DATA, Users.FINE, PASS), (NO_DATA, Users.BAD, FAIL), (NO_DATA, Users.SILENT, NO_DATA),
    ],
)  # fmt: skip
def test_a_check_and_real_users_together(check: Standing, users: Users, wanted: Standing) -> None:
    assert together(check, users) == wanted


def test_users_are_bad_from_five_percent_on() -> None:
    assert [users_of(bad, 100) for bad in (0, 4, 5)] == [Users.FINE, Users.FINE, Users.BAD]
    assert users_of(0, 0) == Users.SILENT
