"""Teams, roles, identities and tokens: verbs that change them, each logged."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, F, When

from rollouts.accounts.models import Identity, Membership, Person, Team, Token, Visit
from rollouts.accounts.values import Role, Scope
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, Face
from rollouts.lib.clock import database_now
from rollouts.lib.secrets import digest, new_token

LONGEST = timedelta(days=366)
VISIT = timedelta(minutes=30)


def visit(person: Person, now: datetime) -> None:
    """Keeps that the person opened the first page. A visit ends when they open it for `VISIT` no more."""
    ended = Case(When(looked_at__lt=now - VISIT, then=F("looked_at")), default=F("before_at"))
    if not Visit.objects.filter(person=person).update(before_at=ended, looked_at=now):
        Visit.objects.bulk_create([Visit(person=person, looked_at=now)], ignore_conflicts=True)


class NotAllowed(PermissionError):
    """The actor may not change this; `str` says who may."""


class Linked(ValueError):
    """The identity belongs to another person."""


def may_manage(person: Person, team: Team) -> bool:
    """An installation admin, or an admin of the team."""
    if person.is_staff:
        return True
    return Membership.objects.filter(person=person, team=team, role=Role.ADMIN).exists()


def _require_manager(person: Person, team: Team) -> None:
    if not may_manage(person, team):
        raise NotAllowed(f"Only an admin of {team.name}, or of the installation, changes its roles.")


class Taken(ValueError):
    """Another account has this e-mail."""


def _require_installation_admin(by: Person) -> None:
    if not by.is_staff:
        raise NotAllowed("Only an administrator of the installation makes and closes accounts.")


def add_person(*, email: str, name: str, by: Person, face: Face, staff: bool = False) -> Person:
    """Makes an account without a password: its person sets one by "Forgot the password?".

    Raises NotAllowed and Taken.
    """
    _require_installation_admin(by)
    try:
        with transaction.atomic(durable=True):
            person = Person.objects.create_user(email, None, name=name, is_staff=staff)
            content = {
                "person": str(person.pk),
                "staff": staff,
                "sentence": f"{by.name} made an account for {name}.",
            }
            _own(by, "accounts.person_added", face, content, database_now())
    except IntegrityError:
        raise Taken("Another account has this e-mail.") from None
    return person


def set_active(*, person: Person, active: bool, by: Person, face: Face) -> None:
    """Closes an account, or opens it again. A closed one signs in nowhere and its votes count no more."""
    _require_installation_admin(by)
    if person.pk == by.pk:
        raise NotAllowed("You cannot close your own account; another administrator can.")
    with transaction.atomic(durable=True):
        row = Person.objects.select_for_update().get(pk=person.pk)
        if row.is_active == active:
            return
        row.is_active = active
        row.save(update_fields=["is_active"])
        verb = "opened" if active else "closed"
        content: dict[str, object] = {
            "person": str(row.pk),
            "sentence": f"{by.name} {verb} the account of {row.name}.",
        }
        _own(by, f"accounts.person_{verb}", face, content, database_now())


def give_role(*, team: Team, person: Person, role: Role, by: Person, face: Face) -> None:
    """Gives a role; nothing happens when it is held already. Raises NotAllowed."""
    with transaction.atomic(durable=True):
        _require_manager(by, team)
        _, made = Membership.objects.get_or_create(team=team, person=person, role=role.value)
        if made:
            said = f"{by.name} made {person.name} {role.label.lower()} of {team.name}."
            _log(
                team,
                "accounts.role_given",
                by.actor,
                face,
                {"person": str(person.pk), "role": role.value},
                said,
            )


def take_role(*, team: Team, person: Person, role: Role, by: Person, face: Face) -> None:
    """Takes a role back. A decision that runs at this instant has it whole, or not at all."""
    with transaction.atomic(durable=True):
        _require_manager(by, team)
        gone, _ = Membership.objects.filter(team=team, person=person, role=role.value).delete()
        if gone:
            said = f"{by.name} took the role {role.label.lower()} of {team.name} from {person.name}."
            _log(
                team,
                "accounts.role_taken",
                by.actor,
                face,
                {"person": str(person.pk), "role": role.value},
                said,
            )


def set_on_call(*, team: Team, person: Person | None, by: Person, face: Face) -> None:
    """Says who is on call for a team; any member of it may."""
    with transaction.atomic(durable=True):
        member = Membership.objects.filter(person=by, team=team).exists()
        if not member and not by.is_staff:
            raise NotAllowed(f"Only members of {team.name} say who is on call for it.")
        Team.objects.select_for_update().filter(pk=team.pk).update(on_call=person)
        said = f"{person.name if person else 'Nobody'} is on call for {team.name} now."
        _log(
            team, "accounts.on_call_set", by.actor, face, {"person": str(person.pk) if person else None}, said
        )


def _log(team: Team, kind: str, actor: Actor, face: Face, content: dict[str, object], sentence: str) -> None:
    audit.append(
        stream=f"team:{team.slug}",
        kind=kind,
        actor=actor,
        face=face,
        content={**content, "team": team.slug, "sentence": sentence},
        at=database_now(),
    )


def issue_token(*, person: Person, name: str, scope: Scope, days: int, face: Face) -> tuple[Token, str]:
    """A new token and its text, which is shown this once. Lasts 1 to 366 days."""
    if not 1 <= days <= LONGEST.days:
        raise ValueError(f"A token lasts from 1 to {LONGEST.days} days.")
    plain = new_token("ght")
    with transaction.atomic(durable=True):
        now = database_now()
        token = Token.objects.create(
            person=person,
            name=name,
            digest=digest(plain),
            hint=plain[:8],
            scope=scope.value,
            expires_at=now + timedelta(days=days),
        )
        said = f"{person.name} made the token “{name}” to {scope.value}."
        _own(
            person,
            "accounts.token_issued",
            face,
            {"token": token.pk, "scope": scope.value, "sentence": said},
            now,
        )
    return token, plain


def revoke_token(*, person: Person, token_id: int, face: Face) -> None:
    """Ends one of a person's own tokens at once. Raises Token.DoesNotExist."""
    with transaction.atomic(durable=True):
        now = database_now()
        token = Token.objects.select_for_update().get(pk=token_id, person=person)
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
            said = f"{person.name} revoked the token “{token.name}”."
            _own(person, "accounts.token_revoked", face, {"token": token.pk, "sentence": said}, now)


def _own(person: Person, kind: str, face: Face, content: dict[str, object], now: datetime) -> None:
    audit.append(stream="settings", kind=kind, actor=person.actor, face=face, content=content, at=now)


def link_identity(*, person: Person, provider: str, workspace: str, external_id: str, face: Face) -> Identity:
    """Says that this account on another face is this person. Raises Linked when it is somebody else's."""
    try:
        with transaction.atomic(durable=True):
            row, made = Identity.objects.get_or_create(
                provider=provider, workspace=workspace, external_id=external_id, defaults={"person": person}
            )
            if row.person_id != person.pk:
                raise Linked(f"This {provider.capitalize()} account is linked to another person.")
            if made:
                said = f"{person.name} linked the {provider.capitalize()} account {external_id}."
                now = database_now()
                _own(person, "accounts.identity_linked", face, {"provider": provider, "sentence": said}, now)
            return row
    except IntegrityError:
        raise Linked(f"This {provider.capitalize()} account is being linked just now. Try again.") from None
