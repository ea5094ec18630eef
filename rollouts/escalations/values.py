"""The words of escalations: who is asked in turn, for how long, and where a run stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rollouts.lib.labels import Labelled

MOST_LEVELS = 9
MOST_TARGETS = 10
MOST_REPEATS = 9
LONGEST_WAIT = timedelta(days=1)
_UNITS = {"": 60, "s": 1, "m": 60, "min": 60, "h": 3600}


class RunState(Labelled):
    """Where a run stands. Exhausted: everybody was asked and nobody has answered yet."""

    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"


class Cause(Labelled):
    """What started a run."""

    HALT = "halt"
    ROLLBACK_FAILED = "rollback_failed"
    OVERDUE_STAGE = "overdue_stage"
    OVERDUE_DECISION = "overdue_decision"


class TargetKind(Labelled):
    """Whom a level asks."""

    PERSON = "person"
    ON_CALL = "on_call"
    ROLE = "role"
    CHANNEL = "channel"


class Invalid(ValueError):
    """A policy that cannot be kept; `problems` are sentences, one for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


class Refused(Exception):
    """The request is not carried out and nothing is changed. `code` is stable; the rest is for people."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(code, sentence, remedy)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


@dataclass(frozen=True)
class Target:
    """One line of a level: `name` is an e-mail, a team's slug or a Slack channel, as the kind says."""

    kind: TargetKind
    name: str
    role: str = ""

    def as_json(self) -> dict[str, str]:
        said = {"kind": self.kind.value, "name": self.name}
        return said | {"role": self.role} if self.role else said

    def line(self) -> str:
        """As people write it in the policy's form."""
        words = {
            TargetKind.PERSON: "person",
            TargetKind.ON_CALL: "on-call",
            TargetKind.ROLE: f"role {self.role} of",
            TargetKind.CHANNEL: "channel",
        }
        return f"{words[self.kind]} {self.name}"


@dataclass(frozen=True)
class Level:
    """Who is asked together, and how long the next level waits after that."""

    wait: timedelta
    targets: tuple[Target, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "wait_s": int(self.wait.total_seconds()),
            "targets": [target.as_json() for target in self.targets],
        }


@dataclass(frozen=True)
class Ladder:
    """A policy as it stood when a run started. `repeat` is how often it begins again from level 1."""

    name: str
    levels: tuple[Level, ...]
    repeat: int = 0
    slug: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "slug": self.slug,
            "repeat": self.repeat,
            "levels": [level.as_json() for level in self.levels],
        }

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Ladder":
        """The ladder that `as_json` wrote."""
        return cls(
            name=kept["name"],
            slug=kept["slug"],
            repeat=kept["repeat"],
            levels=read_levels(kept["levels"]),
        )


def read_levels(given: Any) -> tuple[Level, ...]:
    """Levels from their JSON form. Raises Invalid that names everything to mend."""
    if not isinstance(given, list) or not given:
        raise Invalid(["A policy needs at least one level."])
    if len(given) > MOST_LEVELS:
        raise Invalid([f"A policy has at most {MOST_LEVELS} levels."])
    problems: list[str] = []
    levels = [_level(number, each, problems) for number, each in enumerate(given, start=1)]
    if problems:
        raise Invalid(problems)
    return tuple(levels)


def _level(number: int, given: Any, problems: list[str]) -> Level:
    place = f"Level {number}"
    if not isinstance(given, dict):
        problems.append(f"{place} must be an object with wait_s and targets.")
        return Level(timedelta(), ())
    wait_s = given.get("wait_s")
    if (
        not isinstance(wait_s, int)
        or isinstance(wait_s, bool)
        or not 0 < wait_s <= LONGEST_WAIT.total_seconds()
    ):
        problems.append(f"{place}: wait_s must be a whole number of seconds, from 1 to 86,400.")
        wait_s = 1
    targets = given.get("targets")
    if not isinstance(targets, list) or not targets or len(targets) > MOST_TARGETS:
        problems.append(f"{place} needs 1 to {MOST_TARGETS} targets.")
        targets = []
    found = [_target(place, each, problems) for each in targets]
    return Level(timedelta(seconds=wait_s), tuple(each for each in found if each is not None))


def _target(place: str, given: Any, problems: list[str]) -> Target | None:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"].strip():
        problems.append(f"{place}: a target needs a kind and a name.")
        return None
    kinds = [kind.value for kind in TargetKind]
    if given.get("kind") not in kinds:
        problems.append(f"{place}: the kind of a target is one of {', '.join(kinds)}.")
        return None
    kind, name, role = TargetKind(given["kind"]), given["name"].strip(), str(given.get("role") or "")
    if kind is TargetKind.ROLE and not role:
        problems.append(f"{place}: a target of kind role needs a role.")
    if kind is TargetKind.CHANNEL and not name.startswith("#"):
        name = f"#{name}"
    if kind is TargetKind.PERSON:
        name = name.lower()
    return Target(kind, name, role if kind is TargetKind.ROLE else "")


def read_wait(text: str) -> timedelta:
    """A length of time as people write it: "10" and "10 min" are minutes, "30 s" seconds, "1 h" an hour."""
    match = re.fullmatch(r"(\d{1,5})\s*(s|m|min|h)?", text.strip().lower())
    if match is None or not int(match[1]):
        raise Invalid([f'"{text}" is no length of time. Write 10 min, 30 s or 1 h.'])
    return timedelta(seconds=int(match[1]) * _UNITS[match[2] or ""])


def wait_text(wait: timedelta) -> str:
    """The shortest form that `read_wait` reads."""
    seconds = int(wait.total_seconds())
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def read_line(text: str) -> dict[str, str]:
    """One target as people write it: "on-call orders", "a@b.example", "role approver of orders", "#x"."""
    words = text.split()
    match [word.lower() for word in words]:
        case ["on-call" | "oncall", _]:
            return {"kind": "on_call", "name": words[1].lower()}
        case ["person", _]:
            return {"kind": "person", "name": words[1]}
        case ["role", role, "of", _]:
            return {"kind": "role", "role": role, "name": words[3].lower()}
        case ["channel", _]:
            return {"kind": "channel", "name": words[1]}
        case [word] if word.startswith("#"):
            return {"kind": "channel", "name": words[0]}
        case [word] if "@" in word:
            return {"kind": "person", "name": words[0]}
    raise Invalid(
        [
            f'"{text}" names nobody. Write "person a@b.example", "on-call orders", '
            '"role approver of orders" or "#channel".'
        ]
    )
