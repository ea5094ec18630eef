"""The section of `catalog.yaml` for approval policies, one for each environment."""

from collections.abc import Sequence

from rollouts.accounts.models import Person, Team
from rollouts.accounts.values import Role
from rollouts.approvals.models import Policy
from rollouts.catalog.models import Environment
from rollouts.catalog.queries import administers
from rollouts.catalog.registry import SLUG, Applying, Entry, Outcome, Section, What, entry_schema, write
from rollouts.lib.documents import durations
from rollouts.lib.documents.problems import Path

TEAMS = {"type": "array", "items": SLUG, "uniqueItems": True}
POLICY = entry_schema(
    {
        "name": {**SLUG, "description": "The environment."},
        "quorum": {"type": "integer", "minimum": 1, "maximum": 50, "description": "How many people."},
        "roles": {
            "type": "array",
            "items": {"enum": [role.value for role in Role]},
            "minItems": 1,
            "uniqueItems": True,
            "description": "Roles that may vote. Default approver.",
        },
        "teams": {**TEAMS, "description": "Teams that may vote. Default: those that own a service in it."},
        "required_teams": {**TEAMS, "description": "Teams that must be heard at least once each."},
        "expires": {
            "type": "string",
            "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
            "description": "A request that is not settled by then is closed. Write 24h, 5d.",
        },
    },
    ["name", "quorum"],
    "Who must approve a plan in an environment.",
)


def apply_policies(entries: Sequence[tuple[Path, Entry]], run: Applying) -> None:
    environments = {row.slug: row for row in Environment.objects.all()}
    rows = {row.environment.slug: row for row in Policy.objects.select_related("environment")}
    teams = set(Team.objects.values_list("slug", flat=True))
    for path, entry in entries:
        name = entry["name"]
        if (environment := environments.get(name)) is None:
            run.unknown((*path, "name"), "environment", name)
            continue
        for key in ("teams", "required_teams"):
            for index, team in enumerate(entry.get(key, ())):
                if team not in teams:
                    run.unknown((*path, key, index), "team", team)
        row = rows.pop(name, None) or Policy(environment=environment)
        values = {
            "quorum": entry["quorum"],
            "roles": sorted(entry.get("roles", [Role.APPROVER.value])),
            "teams": sorted(entry.get("teams", ())),
            "required_teams": sorted(entry.get("required_teams", ())),
            "expires_after": durations.parse(entry["expires"]) if "expires" in entry else None,
        }
        what, details = write(row, values)
        run.note(
            Outcome("policies", name, what, details),
            stream=f"policy:{name}",
            kind="approvals.policy_set",
            content={"environment": name},
        )
    if run.whole:
        run.outcomes.extend(Outcome("policies", name, What.UNLISTED) for name in sorted(rows))


def may_save_policy(person: Person, _entry: Entry) -> bool:
    """Who governs the governors: administrators of the installation."""
    return administers(person)


SECTIONS = (Section("policies", 60, POLICY, apply_policies, may_save_policy),)
