"""What owners tell, what readers send and hear back, and the link that opens a page to its holders."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.audit.services import append, bind, door, require_new
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from rollouts.lib.idempotency import ClientKey
from rollouts.plans.models import Rollout
from rollouts.plans.values import Visibility
from rollouts.statuspages import drafting
from rollouts.statuspages.models import Feedback, Publication, Site, Update
from rollouts.statuspages.values import FeedbackKind

MOST_AN_HOUR = 60
"""Letters of readers about one rollout: the form is open to everybody."""
LONGEST = 4_000


class Unwelcome(ValueError):
    """It is not taken; the sentence says why."""


def _tell(
    rollout: Rollout,
    kind: str,
    actor: Actor,
    face: Face,
    now: datetime,
    key: ClientKey | None = None,
    **said: Any,
) -> EventView:
    """Appends an event to the locked rollout's stream, with what every event of a rollout has.

    A client's key is bound to it.
    """
    stage = rollout.stages.filter(number=rollout.stage or 0).values_list("title", flat=True).first()
    content = {
        "rollout": rollout.slug,
        "title": rollout.title,
        "stage": rollout.stage,
        "stage_name": stage or "",
        "revision": rollout.in_force.number if rollout.in_force else None,
        "reason": "",
        "shown": None,
        **said,
    }
    event = append(stream=rollout.stream, kind=kind, actor=actor, face=face, content=content, at=now)
    Rollout.objects.filter(pk=rollout.pk).update(version=event.seq)
    bind(key, actor=actor, event=event, now=now)
    return event


def _locked(slug: str) -> Rollout:
    return Rollout.objects.locked().select_related("in_force", "team").get(slug=slug)


# --- updates -------------------------------------------------------------------------------------


def post_update(
    *, rollout: str, text: str, public: bool, author: Person, face: Face, key: ClientKey | None = None
) -> Update:
    """Tells what is known; the next one is due one cadence later.

    Raises Unwelcome, Rollout.DoesNotExist; with a key that was used before, Repeated or KeyReused.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Unwelcome(_("An update has between 1 and %(most)d characters.") % {"most": LONGEST})
    with door(lambda: _locked(rollout)) as (row, now):
        require_new(key, actor=author.actor, now=now)
        update = Update.objects.create(
            rollout=row, text=words, author_ref=str(author.pk), author_name=str(author), at=now, public=public
        )
        _tell(
            row,
            "rollout.update_posted",
            author.actor,
            face,
            now,
            key,
            update=update.pk,
            text=words,
            public=public,
            sentence=f"{author} posted an update.",
        )
        publication, _made = Publication.objects.select_for_update().get_or_create(rollout=row)
        publication.asked_at, publication.draft = None, ""
        if publication.update_every:
            publication.update_due_at = now + publication.update_every
        publication.save(update_fields=["asked_at", "draft", "update_due_at"])
    return update


def keep_cadence(*, rollout: Rollout, every: timedelta | None, moving: bool, now: datetime) -> None:
    """Follows the plan: an update is due every so often while the rollout is under way."""
    publication, _made = Publication.objects.get_or_create(rollout=rollout)
    wanted = every if moving else None
    if publication.update_every == wanted:
        return
    publication.update_every = wanted
    publication.update_due_at = now + wanted if wanted else None
    if wanted is None:
        publication.asked_at, publication.draft = None, ""
    publication.save(update_fields=["update_every", "update_due_at", "asked_at", "draft"])


def ask_for_update(pk: int) -> None:
    """Asks the owner, with a draft from the log; again after another cadence. Safe to run twice."""
    with transaction.atomic(durable=True):
        found = Publication.objects.filter(pk=pk).values_list("rollout__slug", flat=True).first()
        if found is None:
            return
        # The rollout first, as everywhere.
        rollout = _locked(found)
        row = Publication.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        now = database_now()
        if row is None or row.update_due_at is None or row.update_due_at > now or row.update_every is None:
            return
        row.draft = drafting.draft(rollout, now)
        row.asked_at = row.asked_at or now
        row.update_due_at = now + row.update_every
        row.save(update_fields=["draft", "asked_at", "update_due_at"])
        _tell(
            rollout,
            "rollout.update_asked",
            SYSTEM,
            Face.TICKER,
            now,
            draft=row.draft,
            owner=str(rollout.owner or rollout.team),
            sentence="An update for the readers is due.",
        )


# --- feedback ------------------------------------------------------------------------------------


def give_feedback(
    *, rollout: str, site: Site | None, kind: FeedbackKind, text: str, name: str = "", contact: str = ""
) -> Feedback:
    """Takes what a reader wrote. Raises Unwelcome when it is empty, or when too many came in an hour."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Unwelcome(_("Write between 1 and %(most)d characters.") % {"most": LONGEST})
    with door(lambda: _locked(rollout)) as (row, now):
        if Feedback.objects.filter(rollout=row, at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
            raise Unwelcome(_("Many people are writing just now. Try again in an hour."))
        feedback = Feedback.objects.create(
            rollout=row,
            site=site,
            kind=kind,
            text=words,
            name=name.strip()[:120],
            contact=contact.strip()[:200],
            key=secrets.new_token("ghf"),
            at=now,
        )
        who = feedback.name or "A reader"
        said = "says that it stops their work" if kind is FeedbackKind.CONCERN else "sent feedback"
        _tell(
            row,
            "rollout.feedback",
            Actor(kind="reader", id=str(feedback.pk), name=who),
            Face.PAGE,
            now,
            feedback=feedback.pk,
            concern=kind is FeedbackKind.CONCERN,
            text=words,
            sentence=f"{who} {said}.",
        )
    return feedback


def answer_feedback(
    *,
    pk: int,
    rollout: str,
    text: str,
    public: bool,
    by: Person,
    face: Face,
    key: ClientKey | None = None,
) -> Feedback:
    """Answers a reader; `public` shows question and answer on the page.

    Raises Unwelcome, DoesNotExist; with a key that was used before, Repeated or KeyReused.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Unwelcome(_("An answer has between 1 and %(most)d characters.") % {"most": LONGEST})
    with door(lambda: _locked(rollout)) as (row, now):
        require_new(key, actor=by.actor, now=now)
        feedback = Feedback.objects.select_for_update().get(pk=pk, rollout=row)
        feedback.answer, feedback.public = words, public
        feedback.answered_by, feedback.answered_by_person = str(by), by
        feedback.answered_at = now
        feedback.save()
        _tell(
            row,
            "rollout.feedback_answered",
            by.actor,
            face,
            now,
            key,
            feedback=feedback.pk,
            text=words,
            public=public,
            sentence=f"{by} answered {feedback.name or 'a reader'}.",
        )
    return feedback


# --- links ---------------------------------------------------------------------------------------


def make_link(
    *, rollout: str, expires_at: datetime, actor: Actor, face: Face, client_key: ClientKey | None = None
) -> str:
    """A new key that opens the page until `expires_at`; the one before opens nothing any more.

    Returns the key, which is never shown again. Raises Unwelcome when the plan does not say `link`; with a
    client's key that was used before, Repeated or KeyReused.
    """
    key = secrets.new_token("ghl")
    with door(lambda: _locked(rollout)) as (row, now):
        require_new(client_key, actor=actor, now=now)
        if row.visibility != Visibility.LINK:
            raise Unwelcome(
                _("The plan does not open this rollout to a link. Set its visibility to link first.")
            )
        if expires_at <= now:
            raise Unwelcome(_("A link ends in the future."))
        _set_link(row, secrets.digest(key), expires_at)
        _tell(
            row,
            "rollout.link_made",
            actor,
            face,
            now,
            client_key,
            expires_at=expires_at,
            sentence=f"{actor.name} made a link to the public page.",
        )
    return key


def revoke_link(*, rollout: str, actor: Actor, face: Face, key: ClientKey | None = None) -> None:
    """The key opens nothing any more.

    Raises Unwelcome when there is none; with a client's key that was used before, Repeated or KeyReused.
    """
    with door(lambda: _locked(rollout)) as (row, now):
        require_new(key, actor=actor, now=now)
        if not row.link_key:
            raise Unwelcome(_("There is no link."))
        _set_link(row, "", None)
        _tell(
            row,
            "rollout.link_revoked",
            actor,
            face,
            now,
            key,
            sentence=f"{actor.name} revoked the link to the public page.",
        )


def _set_link(row: Rollout, digest: str, expires_at: datetime | None) -> None:
    Rollout.objects.filter(pk=row.pk).update(link_key=digest, link_expires_at=expires_at)


# --- sites ---------------------------------------------------------------------------------------


def save_site(
    *,
    slug: str,
    title: str,
    actor: Actor,
    face: Face,
    lede: str = "",
    zone: str = "UTC",
    default: bool = False,
    services: list[str] | None = None,
) -> Site:
    """Makes or changes a status site and its pages. Raises Unwelcome for a zone that nobody knows."""
    from rollouts.catalog.models import Service
    from rollouts.plans.document.local_time import zones
    from rollouts.statuspages import publishing

    if zone not in zones():
        raise Unwelcome(_("%(zone)s is no zone of the IANA database.") % {"zone": zone})
    with transaction.atomic(durable=True):
        publishing.lock()
        now = database_now()
        if default:
            Site.objects.exclude(slug=slug).update(default=False)
        chosen = {"title": title, "lede": lede, "zone": zone, "default": default}
        site, _made = Site.objects.update_or_create(slug=slug, defaults=chosen)
        if services is not None:
            site.services.set(Service.objects.filter(slug__in=services))
        append(
            stream="settings",
            kind="settings.status_site",
            actor=actor,
            face=face,
            content={
                **chosen,
                "slug": slug,
                "services": services,
                "sentence": f"{actor.name} set up {title}.",
            },
            at=now,
        )
        publishing.publish_all()
    return site
