"""What a consumer at run time is told to do about a version: switch, delay, or ask again later. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rollouts.contracts.deprecating.headers import sunset_at


class Action(StrEnum):
    """What to do now."""

    SWITCH = "switch"
    DELAY = "delay"
    RETRY = "retry"


@dataclass(frozen=True)
class Standing:
    """What the advice is made from. `next`: the version to go to, if there is one that is served.

    `ready`: the consumer says that it can speak the next one. `harmed`: whether the difference to it touches
    the consumer; None when that is not known. `moving`: the rollout that is changing the provider now.
    """

    version: str
    state: str
    sunset_on: date | None
    next: str
    ready: bool
    harmed: bool | None
    moving: str = ""


@dataclass(frozen=True)
class Advice:
    """`until`: until when the version can be spoken on; None where no end is set."""

    action: Action
    sentence: str
    until: datetime | None = None
    to: str = ""


def advise(seen: Standing, now: datetime) -> Advice:
    """The first rule that fits."""
    until = sunset_at(seen.sunset_on) if seen.sunset_on else None
    ended = seen.state == "retired" or (until is not None and until < now)
    if not seen.next:
        if ended:
            return Advice(
                Action.RETRY, f"{seen.version} has ended, and no other version is served yet.", until
            )
        return Advice(Action.DELAY, f"{seen.version} is the newest version that is served.", until)
    if ended:
        return Advice(Action.SWITCH, f"{seen.version} has ended: speak {seen.next}.", until, seen.next)
    if seen.moving:
        said = f"{seen.next} is being rolled out ({seen.moving}): go on with {seen.version} and ask again."
        return Advice(Action.RETRY, said, until, seen.next)
    if seen.ready:
        return Advice(Action.SWITCH, f"You are ready for {seen.next}, which is served.", until, seen.next)
    if seen.harmed is False:
        said = f"Nothing that you are recorded to use differs in {seen.next}."
        return Advice(Action.SWITCH, said, until, seen.next)
    why = "differs in what you use" if seen.harmed else "may differ in what you use"
    said = f"{seen.next} {why}, and you have not said that you are ready."
    return Advice(Action.DELAY, said, until, seen.next)
