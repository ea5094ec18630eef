"""Ladders keep slugs and addresses, so that they last; people read the names of teams and people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rollouts.accounts.models import Person, Team
from rollouts.escalations.values import Level, Target, TargetKind


@dataclass(frozen=True)
class Names:
    """What the teams and people of some levels are called now; who is gone keeps what was written."""

    people: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)

    def line(self, level: Level) -> str:
        """Whom a level asks, as the start of a sentence."""
        said = ", ".join(map(self.of, level.targets))
        by_team = bool(level.targets) and level.targets[0].kind in (TargetKind.ON_CALL, TargetKind.ROLE)
        return said[:1].upper() + said[1:] if by_team else said

    def of(self, target: Target) -> str:
        """Whom one target means."""
        team = self.teams.get(target.name, target.name)
        return {
            TargetKind.PERSON: self.people.get(target.name, target.name),
            TargetKind.ON_CALL: f"on call for {team}",
            TargetKind.ROLE: f"{target.role}s of {team}",
            TargetKind.CHANNEL: target.name,
        }[target.kind]


def names_of(levels: Iterable[Level]) -> Names:
    """The names of everybody that these levels ask, in two queries."""
    targets = [target for level in levels for target in level.targets]
    people = {each.name for each in targets if each.kind is TargetKind.PERSON}
    teams = {each.name for each in targets if each.kind in (TargetKind.ON_CALL, TargetKind.ROLE)}
    return Names(
        dict(Person.objects.filter(email__in=people).values_list("email", "name")),
        dict(Team.objects.filter(slug__in=teams).values_list("slug", "name")),
    )
