"""Verbs of webhooks: declare an endpoint, give it a new secret, switch it, try it. For administrators."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from notifications import kinds
from notifications.delivery import queue
from notifications.models import WebhookEndpoint
from notifications.values import Draft, Kind, Way
from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

PREFIX = "ghw"


class Refused(Refusal):
    """Nothing was changed."""


@dataclass(frozen=True)
class Given:
    """An endpoint as it is to be. `events` are kinds, or patterns that end in `*`."""

    name: str
    url: str
    events: Sequence[str]


def make(given: Given, *, by: Person, face: Face) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and its secret in plain text, which is never shown again. Raises Refused."""
    _require(by)
    plain = secrets.new_token(PREFIX)
    with _one_of_a_name(), transaction.atomic(durable=True):
        row = WebhookEndpoint()
        _fill(row, given)
        row.set_secret(plain)
        row.save()
        _say(row, "made", by, face)
    return row, plain


def change(pk: int, given: Given, *, by: Person, face: Face) -> WebhookEndpoint:
    """Name, address and events as given; the secret stays. Raises Refused, DoesNotExist."""
    _require(by)
    with _one_of_a_name(), audit.door(lambda: _locked(pk)) as (row, _now):
        if (row.name, row.url, row.events) == (given.name, given.url, sorted(set(given.events))):
            return row
        _fill(row, given)
        row.save()
        _say(row, "changed", by, face)
    return row


def renew_secret(pk: int, *, by: Person, face: Face) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown once; what is sent from now on is signed with it. Raises Refused, DoesNotExist."""
    _require(by)
    plain = secrets.new_token(PREFIX)
    with audit.door(lambda: _locked(pk)) as (row, _now):
        row.set_secret(plain)
        row.save(update_fields=["secret"])
        _say(row, "gave a new secret to", by, face)
    return row, plain


def switch(pk: int, *, active: bool, by: Person, face: Face) -> WebhookEndpoint:
    """Sends to it from now on, or not any more; what waits is dropped then. Raises Refused, DoesNotExist."""
    _require(by)
    with audit.door(lambda: _locked(pk)) as (row, _now):
        if row.active != active:
            row.active = active
            row.save(update_fields=["active"])
            _say(row, "switched on" if active else "switched off", by, face)
    return row


def attempt(pk: int, *, by: Person) -> int:
    """Writes a test message, signed like every other; answers with its delivery. Raises Refused."""
    _require(by)
    with audit.door(lambda: _locked(pk)) as (row, now):
        if not row.active:
            raise Refused("switched_off", _("This webhook is switched off."), _("Switch it on first."))
        key = f"webhook:{row.pk}:test:{now.timestamp():.6f}"
        payload = {
            "id": None,
            "kind": "webhook.test",
            "stream": f"webhook:{row.pk}",
            "seq": None,
            "at": now.isoformat(),
            "actor": {"kind": by.actor.kind, "id": by.actor.id, "name": by.actor.name},
            "face": "page",
            "content": {"sentence": f"{by} tests the webhook {row.name}."},
        }
        draft = Draft(
            key=key, way=Way.WEBHOOK, target=str(row.pk), thread=key, kind=Kind.UPDATE, payload=payload
        )
        return queue.write([draft])[0]


def _require(person: Person) -> None:
    if not person.is_active or not person.is_staff:
        raise Refused(
            "forbidden",
            _("You do not administer this installation."),
            _("An administrator can manage webhooks."),
        )


@contextmanager
def _one_of_a_name() -> Iterator[None]:
    """The table holds a name once, also when two people save at the same time."""
    try:
        yield
    except IntegrityError:
        raise Refused("name", _("Another webhook has this name."), _("Choose another one.")) from None


def _locked(pk: int) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update().get(pk=pk)


def _fill(row: WebhookEndpoint, given: Given) -> None:
    """Raises Refused for what cannot be."""
    if unknown := sorted(set(given.events) - kinds.known()):
        said = _("There is no event %(names)s.") % {"names": ", ".join(unknown)}
        raise Refused("events", said, _("The page of a webhook lists them all."))
    if not given.events:
        raise Refused("events", _("No event is chosen."), _("Choose at least one."))
    row.name, row.url, row.events = given.name, _address(given.url), sorted(set(given.events))


def _address(url: str) -> str:
    """An address as the guarded client takes it; internal networks are judged when it is asked."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise Refused("url", _("This is no web address."), _("It begins with https://."))
    if parts.username or parts.password:
        raise Refused(
            "url",
            _("The address must not carry a user name or password."),
            _("Check the signature instead."),
        )
    return url


def _say(row: WebhookEndpoint, did: str, by: Person, face: Face) -> None:
    """To the log of the settings; the host is told, as a path may hold a secret of the receiver."""
    audit.append(
        stream="settings",
        kind="settings.webhook",
        actor=by.actor,
        face=face,
        content={
            "webhook": row.pk,
            "name": row.name,
            "host": urlsplit(row.url).netloc,
            "events": row.events,
            "active": row.active,
            "sentence": f"{by} {did} the webhook {row.name}.",
        },
        at=database_now(),
    )
