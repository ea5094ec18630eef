"""Issuing and revoking the tokens by which services ask about flags."""

from django.utils.translation import gettext as _

from rollouts.audit.services import append, door
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Environment, Service
from rollouts.engines.models import ServiceToken
from rollouts.lib import secrets

PREFIX = "ghs"


class AlreadyRevoked(ValueError):
    """The token opens nothing any more."""


def issue_token(
    *, service: Service, actor: Actor, face: Face, environment: Environment | None = None
) -> tuple[ServiceToken, str]:
    """A new token of `service`, and its plain text, which is never shown again."""
    plain = secrets.new_token(PREFIX)
    with door(lambda: Service.objects.select_for_update().get(pk=service.pk)) as (locked, now):
        token = ServiceToken.objects.create(
            service=locked,
            environment=environment,
            digest=secrets.digest(plain),
            hint=plain[:9],
            issued_by=actor.name,
            created_at=now,
        )
        append(
            stream=f"service:{locked.slug}",
            kind="service.token_issued",
            actor=actor,
            face=face,
            content=_content(token, f"{actor.name} made the flag token {token.hint}… for {locked.name}."),
            at=now,
        )
    return token, plain


def revoke_token(*, pk: int, actor: Actor, face: Face) -> ServiceToken:
    """Closes a token at once. Raises AlreadyRevoked, and ServiceToken.DoesNotExist."""
    with door(lambda: ServiceToken.objects.select_for_update().get(pk=pk)) as (token, now):
        if token.revoked_at is not None:
            raise AlreadyRevoked(_("This token is already revoked."))
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        append(
            stream=f"service:{token.service.slug}",
            kind="service.token_revoked",
            actor=actor,
            face=face,
            content=_content(
                token, f"{actor.name} revoked the flag token {token.hint}… of {token.service.name}."
            ),
            at=now,
        )
    return token


def _content(token: ServiceToken, sentence: str) -> dict[str, object]:
    return {
        "service": token.service.slug,
        "environment": token.environment.slug if token.environment else None,
        "token": token.pk,
        "hint": token.hint,
        "sentence": sentence,
    }
