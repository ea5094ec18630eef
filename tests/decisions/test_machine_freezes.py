"""A freeze stops everybody; it yields to its owner or an override, an absolute one to its owner alone."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from rollouts.decisions.machine.snapshot import FreezeSeen
from rollouts.decisions.machine.values import Action
from rollouts.plans.values import Advance
from tests.decisions.asking import breaking, frozen
from tests.decisions.snapshots import (
    by_system,
    does,
    refuses,
    request,
    says,
    snapshot,
    vote,
    with_stage,
)


def test_a_freeze_stops_everybody_and_says_until_when_and_who_owns_it() -> None:
    until = datetime(2025, 12, 1, 6, tzinfo=ZoneInfo("Europe/Berlin"))
    seen = snapshot(freezes=(frozen(ends_at=until, owner="Retail"),))
    assert says(refuses(seen, Action.PROMOTE)) == (
        "frozen",
        "Not now: the freeze “Black Friday” is in force until 01 Dec 2025 06:00 CET.",
        "Wait for its end or ask its owner (Retail).",
    )


def test_a_freeze_yields_to_its_owner() -> None:
    moved = does(snapshot(freezes=(frozen(owned=True),)), Action.PROMOTE)
    assert moved.yielded == ("Black Friday",)
    assert moved.sentence == (
        "Pia promoted the rollout to stage 2 (Canary) within the freeze Black Friday as its owner."
    )
    assert does(snapshot(freezes=(frozen(owned=True, absolute=True),)), Action.PROMOTE).yielded


def test_owning_one_freeze_does_not_lift_another() -> None:
    seen = snapshot(freezes=(frozen(owned=True), FreezeSeen("Year end")))
    assert refuses(seen, Action.PROMOTE).sentence == "Not now: the freeze “Year end” is in force."


def test_a_freeze_yields_to_an_override() -> None:
    seen = breaking(freezes=(frozen(),))
    assert does(seen, Action.PROMOTE, override=("Black Friday",), reason="because").override == (
        "Black Friday",
    )


def test_an_absolute_freeze_yields_to_no_override() -> None:
    seen = breaking(freezes=(frozen(), FreezeSeen("Year end", absolute=True)))
    refused = refuses(seen, Action.PROMOTE, override=("Black Friday", "Year end"), reason="because")
    assert says(refused) == (
        "absolute_freeze",
        "The freeze “Year end” is absolute and yields to no override.",
        "Wait for its end, or ask its owner.",
    )
    assert refuses(seen, Action.PROMOTE).sentence == (
        "Not now: the freeze “Black Friday” is in force; the absolute freeze “Year end” is in force."
    )


def test_a_freeze_never_yields_to_a_quorum() -> None:
    seen = snapshot(freezes=(frozen(),), requests=(request(1, 2, votes=(vote(),)),))
    assert refuses(seen, Action.PROMOTE).code == "frozen"
    assert refuses(replace(seen, requests=(request(1, 2),)), Action.APPROVE_AND_PROMOTE).code == "frozen"


def test_the_system_does_not_advance_within_a_freeze() -> None:
    seen = with_stage(by_system(snapshot(freezes=(frozen(),))), 2, advance=Advance.AUTOMATIC)
    assert refuses(seen, Action.PROMOTE).code == "frozen"
