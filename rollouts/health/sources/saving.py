"""Verbs of Prometheus sources: who they let in, and signals in somebody's own PromQL."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog.models import Service
from rollouts.catalog.queries import plans_for
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources import asking, own, promql
from rollouts.health.sources.access import Access
from rollouts.health.sources.answers import State
from rollouts.health.sources.own import Own
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.server import own_of
from rollouts.health.sources.values import Asked
from rollouts.health.values import Perspective, SourceKind
from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

MOST_SIGNALS = 50
CHECK_S = 10.0


def require_may(person: Person, source: Source) -> None:
    """Raises Refusal unless the person plans for the owning team."""
    if not plans_for(person, source.team.slug):
        raise Refusal(
            "forbidden", f"You may not change {source.name}.", f"Ask a planner of {source.team.name}."
        )


def require_server(source: Source) -> None:
    """Raises Refusal for kinds that are no server."""
    if source.kind != SourceKind.PROMETHEUS:
        raise Refusal(
            "not_prometheus",
            f"{source.name} is no Prometheus source.",
            "Only these have credentials and signals of their own.",
        )


def opened(source: Source) -> Access:
    """What the source is shown. Raises Refusal when it was stored with another key."""
    try:
        return Access.opened(source.access)
    except secrets.Unreadable as error:
        raise Refusal("unreadable", str(error), "Enter the credentials again.") from None


def set_access(*, slug: str, access: Access | None, by: Person, face: Face) -> Source:
    """Keep, encrypted, what the source lets us in by; None forgets it. The log says what kinds, never values.

    Raises Refusal, ValidationError by field, and Source.DoesNotExist.
    """
    if access is not None:
        access.check()
    with audit.door(lambda: _locked(slug)) as (source, now):
        require_may(by, source)
        require_server(source)
        source.access = (access or Access()).sealed()
        source.failed_windows, source.rests_until_at = 0, None
        source.save(update_fields=["access", "failed_windows", "rests_until_at"])
        words = ", ".join((access or Access()).words()) or "nothing"
        audit.append(
            stream=source.stream,
            kind="source.access_set",
            actor=by.actor,
            face=face,
            content={
                "source": source.slug,
                "sentence": f"{by.actor.name} set what the metric source {source.name} is shown: {words}.",
            },
            at=now,
        )
    return source


def kept(source: Source, given: Mapping[str, Any]) -> Access:
    """The access that a form describes: what is left empty stays as it is, where it still belongs.

    Another way of signing in forgets the one before; another user name does not keep its password.
    """
    before = opened(source)
    bearer = given["bearer"] or (before.bearer if given["way"] == "bearer" else "")
    same_user = given["username"] == before.username
    paired = before if not (given["certificate"] or given["key"]) else None
    return Access(
        bearer=bearer,
        username=given["username"],
        password=given["password"] or (before.password if same_user else ""),
        headers=given["headers"] or before.headers,
        authority=given["authority"] or before.authority,
        certificate=paired.certificate if paired else given["certificate"],
        key=paired.key if paired else given["key"],
    )


def _locked(slug: str) -> Source:
    return Source.objects.select_for_update(of=("self",)).select_related("team", "environment").get(slug=slug)


def save_signal(*, slug: str, given: Own, by: Person, face: Face) -> tuple[OwnSignal, bool]:
    """Make or change a signal of somebody's own PromQL; the source itself has to accept the queries.

    Says whether it is new. Raises ValidationError by field (with the server's words where it refuses a
    query, or that it could not be asked), Refusal and Source.DoesNotExist.
    """
    source = Source.objects.select_related("team", "environment").get(slug=slug)
    require_may(by, source)
    require_server(source)
    if wrong := own.faults(given) | _unknown(given) or _unaccepted(source, given):
        raise ValidationError(wrong)
    with audit.door(lambda: _locked(slug)) as (source, now):
        require_may(by, source)
        row = source.own_signals.filter(name=given.name).first() or OwnSignal(source=source, name=given.name)
        new = row.pk is None
        if new and source.own_signals.count() >= MOST_SIGNALS:
            raise Refusal(
                "too_many",
                f"{source.name} has {MOST_SIGNALS} signals of its own, and each is asked in every window.",
                "Remove one that no gate names, or let a recording rule of the source do the work.",
            )
        _alone(source, given)
        if not new and own_of(row) == given:
            return row, False
        row.signal, row.services, row.bound_s = given.signal, list(given.services), given.bound_s
        row.named, row.unit = given.named, given.unit
        for part in ("total", "bad", "good", "value"):
            setattr(row, part, given.parts.get(part, ""))
        row.full_clean()
        row.save()
        _log(source, row, f"{by.actor.name} {'made' if new else 'changed'}", by=by, face=face, now=now)
    return row, new


def _alone(source: Source, given: Own) -> None:
    """A name means one thing everywhere; one source of an environment tells of it. Raises ValidationError."""
    if not given.named:
        return
    others = OwnSignal.objects.filter(named=True, name=given.name).exclude(source=source)
    for other in others.select_related("source").order_by("pk"):
        if other.source.environment_id == source.environment_id:
            said = f"{other.source.name} measures {given.name} in this environment. Choose another name."
            raise ValidationError({"name": said})
        if (other.signal, other.unit) != (given.signal, given.unit):
            what = f"a value in {other.unit}" if other.unit else "a value" if other.value else "a share"
            said = (
                f"{given.name} is {what} at {other.source.name}. Let it be the same, or choose another name."
            )
            raise ValidationError({"name": said})


def _log(source: Source, row: OwnSignal, did: str, *, by: Person, face: Face, now: datetime) -> None:
    audit.append(
        stream=source.stream,
        kind="source.signal_saved",
        actor=by.actor,
        face=face,
        content={
            "source": source.slug,
            "signal": row.name,
            "queries": row.parts,
            "sentence": f"{did} the signal {row.name} of the metric source {source.name}.",
        },
        at=now,
    )


def remove_signal(*, slug: str, name: str, by: Person, face: Face) -> None:
    """Ask the signal no more; what was measured stays. Raises Refusal, and DoesNotExist of either."""
    with audit.door(lambda: _locked(slug)) as (source, now):
        require_may(by, source)
        source.own_signals.get(name=name).delete()
        said = f"{by.actor.name} removed the signal {name} of the metric source {source.name}."
        audit.append(
            stream=source.stream,
            kind="source.signal_removed",
            actor=by.actor,
            face=face,
            content={"source": source.slug, "signal": name, "sentence": said},
            at=now,
        )


def _unknown(given: Own) -> dict[str, str]:
    known = set(Service.objects.filter(slug__in=given.services).values_list("slug", flat=True))
    missing = [slug for slug in given.services if slug not in known]
    return {"services": f"There is no service named {missing[0]}."} if missing else {}


def _unaccepted(source: Source, given: Own) -> dict[str, str]:
    """Asks the source each query once, as it would be asked, and says what it refuses or how it failed."""
    asked, api = Asked.read(source.settings), Api(source.url, opened(source))
    at, deadline = database_now() - source.lateness, time.monotonic() + CHECK_S
    slugs = given.services or tuple(
        Service.objects.filter(gone_at__isnull=True).order_by("slug").values_list("slug", flat=True)
    )
    wrong: dict[str, str] = {}
    gathered = {}
    for part, text in given.parts.items():
        values = tuple(sorted(asked.labels_of(slugs)))[: promql.MOST_VALUES]
        ask = asking.Ask(
            part,
            given.signal,
            Perspective.SERVER,
            lambda batch, text=text: own.resolved(text, batch, source.environment.slug, source.window_s),  # type: ignore[misc]
            values or ("none",),
        )
        gathered[part] = asking.gather(api, ask, at, deadline)
        for piece in gathered[part].failed:
            refused = piece.state is State.CONFIG
            wrong[part] = piece.error if refused else f"The query could not be tried: {piece.error}"
    if not wrong:
        said = own.read(given, asked, gathered, slugs).error
        if said:
            wrong[next(iter(given.parts))] = said
    return wrong
