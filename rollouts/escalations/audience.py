"""Whom a level reaches now: people and channels, resolved when they are asked and not before."""

from dataclasses import dataclass
from typing import Any

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import holders
from rollouts.escalations.naming import names_of
from rollouts.escalations.values import Level, Target, TargetKind


@dataclass(frozen=True)
class Reached:
    """A person (`id` is theirs) or a channel (`name` is its name), and why it is asked."""

    kind: str
    id: str
    name: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "id": self.id, "name": self.name, "why": self.why}


def reach(level: Level) -> list[Reached]:
    """Everybody whom the level reaches, each once. Empty when its people are gone, disabled or off call."""
    found: dict[tuple[str, str], Reached] = {}
    names = names_of([level])
    for target in level.targets:
        for each in _reach(target, names.of(target)):
            found.setdefault((each.kind, each.id), each)
    return list(found.values())


def _reach(target: Target, why: str) -> list[Reached]:
    if target.kind is TargetKind.CHANNEL:
        return [Reached("channel", target.name, target.name, why)]
    return [_person(person, why) for person in _people(target)]


def _people(target: Target) -> list[Person]:
    if target.kind is TargetKind.PERSON:
        return list(Person.objects.filter(email=target.name, is_active=True))
    if target.kind is TargetKind.ROLE:
        return holders(teams=[target.name], roles=[target.role])
    team = Team.objects.select_related("on_call").filter(slug=target.name).first()
    return [team.on_call] if team and team.on_call and team.on_call.is_active else []


def _person(person: Person, why: str) -> Reached:
    return Reached("person", str(person.pk), str(person), why)
