"""The catalog's own sections: environments, teams, services."""

from collections.abc import Sequence
from typing import Any

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import administers, plans_for
from rollouts.catalog.registry import (
    SLUG,
    Applying,
    Entry,
    Outcome,
    Section,
    What,
    entry_schema,
    title_of,
    write,
)
from rollouts.lib.documents.problems import Path

LINK = {
    "type": "string",
    "pattern": "^https?://\\S+$",
    "maxLength": 200,
    "description": "An address, https:// and so on.",
}
CHANNEL = {
    "type": "string",
    "pattern": "^#?[a-z0-9_-]+$",
    "maxLength": 80,
    "description": 'A Slack channel, in quotes: "#orders".',
}


def _text(description: str, longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": description}


ENVIRONMENT = entry_schema(
    {
        "name": SLUG,
        "title": _text("Its name for people.", 120),
        "order": {"type": "integer", "minimum": 0, "maximum": 1000, "description": "Earlier ones first."},
        "production": {"type": "boolean", "description": "Whether customers use it. Default false."},
    },
    ["name"],
    "Where versions run.",
)
TEAM = entry_schema(
    {"name": SLUG, "title": _text("Its name for people.", 120), "slack_channel": CHANNEL},
    ["name"],
    "People who own services; roles are given in the page and the API.",
)
SERVICE = entry_schema(
    {
        "name": SLUG,
        "title": _text("Its name for people.", 120),
        "description": _text("What it does.", 4000),
        "team": {**SLUG, "description": "The owning team."},
        "tier": {
            "type": "integer",
            "minimum": 0,
            "maximum": 4,
            "description": "1 has the most business impact. Default 3.",
        },
        "runbook": LINK,
        "repository": LINK,
        "slack_channel": CHANNEL,
        "public_name": _text("Its name on public pages; without one it stays off them.", 120),
    },
    ["name", "team"],
    "A thing that is rolled out.",
)

Entries = Sequence[tuple[Path, Entry]]


def apply_environments(entries: Entries, run: Applying) -> None:
    rows = {row.slug: row for row in Environment.objects.all()}
    for place, (_, entry) in enumerate(entries):
        name = entry["name"]
        row = rows.pop(name, None) or Environment(slug=name)
        order = entry.get("order", place if run.whole else row.order)
        values = {
            "name": title_of(entry),
            "order": order,
            "production": entry.get("production", False),
        }
        what, details = write(row, values)
        run.note(
            Outcome("environments", name, what, details),
            stream="settings",
            kind="catalog.environment",
            content={"environment": name},
        )
    _unlisted("environments", rows, run)


def apply_teams(entries: Entries, run: Applying) -> None:
    rows = {row.slug: row for row in Team.objects.all()}
    for _, entry in entries:
        name = entry["name"]
        row = rows.pop(name, None) or Team(slug=name)
        values = {"name": title_of(entry), "slack_channel": entry.get("slack_channel", "")}
        what, details = write(row, values)
        run.note(
            Outcome("teams", name, what, details),
            stream=f"team:{name}",
            kind="catalog.team",
            content={"team": name},
        )
    _unlisted("teams", rows, run)


def _unlisted(section: str, rows: dict[str, Any], run: Applying) -> None:
    """People and history hang on these, so the file never removes them; the report names them."""
    if run.whole:
        run.outcomes.extend(Outcome(section, name, What.UNLISTED) for name in sorted(rows))


def apply_services(entries: Entries, run: Applying) -> None:
    rows = {row.slug: row for row in Service.objects.select_related("team")}
    teams = {team.slug: team for team in Team.objects.all()}
    for path, entry in entries:
        name, team = entry["name"], teams.get(entry["team"])
        row = rows.pop(name, None) or Service(slug=name)
        if team is None:
            run.unknown((*path, "team"), "team", entry["team"])
            continue
        what, details = write(row, {"team": team, "gone_at": None, **_service_values(entry)})
        note_service(run, name, what, details)
    if run.whole:
        for name, row in sorted(rows.items()):
            if row.gone_at is None:
                write(row, {"gone_at": run.now})
                note_service(run, name, What.GONE)


def _service_values(entry: Entry) -> dict[str, Any]:
    return {
        "name": title_of(entry),
        "description": entry.get("description", "").strip(),
        "tier": entry.get("tier", 3),
        "runbook": entry.get("runbook", ""),
        "repository": entry.get("repository", ""),
        "slack_channel": entry.get("slack_channel", ""),
        "public_name": entry.get("public_name", ""),
    }


def note_service(run: Applying, name: str, what: What, details: tuple[str, ...] = ()) -> None:
    run.note(
        Outcome("services", name, what, details),
        stream=f"service:{name}",
        kind="catalog.service",
        content={"service": name},
    )


def may_save_service(person: Person, entry: Entry) -> bool:
    """For the team that owns it now, and for the one that is to own it."""
    teams = set(Service.objects.filter(slug=entry["name"]).values_list("team__slug", flat=True))
    return all(plans_for(person, team) for team in teams | {entry["team"]})


def installation_admin(person: Person, _entry: Entry) -> bool:
    return administers(person)


SECTIONS = (
    Section("environments", 10, ENVIRONMENT, apply_environments, installation_admin),
    Section("teams", 20, TEAM, apply_teams, installation_admin),
    Section("services", 30, SERVICE, apply_services, may_save_service),
)
