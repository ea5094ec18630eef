"""Signs off how ready a consumer is for a version, and keeps what tests say of it."""

from datetime import UTC, date, datetime, time, timedelta

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.accounts.values import Role
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog.queries import administers
from rollouts.catalog.registry import Applying
from rollouts.catalog.services import NotAllowed, changing
from rollouts.contracts.models import Consumer, ContractVersion, Statement
from rollouts.contracts.readiness.values import SIGNED_FOR, Source
from rollouts.contracts.values import Readiness
from rollouts.lib.refusals import Refusal

SIGNING = frozenset({Role.PLANNER.value, Role.APPROVER.value, Role.ADMIN.value})
LONGEST = timedelta(days=366)


def signs_for(person: Person, team: str, *, lock: bool = False) -> bool:
    """Whether the person answers for what this team owns: its planners, approvers and admins."""
    return administers(person) or bool(SIGNING & held_roles(person.pk, lock=lock).get(team, set()))


def sign_off(
    *,
    contract: str,
    service: str,
    version: str,
    readiness: Readiness,
    by: Person,
    face: Face,
    until: date | None = None,
    note: str = "",
    url: str = "",
) -> Statement:
    """A person of the consumer's team says how ready it is for the version, until the end of a day (UTC).

    Unknown takes back what was said before. The same again by the same person changes nothing.
    Raises NotAllowed, Refusal and Consumer.DoesNotExist.
    """
    with changing(by=by, face=face) as run:
        rows = Consumer.objects.select_for_update(of=("self",)).filter(gone_at__isnull=True)
        consumer = rows.select_related("service__team", "contract__provider").get(
            contract__slug=contract, service__slug=service
        )
        team = consumer.service.team
        if not signs_for(by, team.slug, lock=True):
            raise NotAllowed(f"Only {team.name} says how ready {consumer.service.name} is.")
        _require_version(consumer, version)
        made = Statement(
            consumer=consumer,
            version=version,
            readiness=readiness.value,
            source=Source.SIGN_OFF.value,
            at=run.now,
            expires_at=_end(until, run.now),
            by_ref=str(by.pk),
            by_name=str(by),
            note=note.strip(),
            url=url,
        )
        before = consumer.statements.filter(version=version, source=made.source).newest_first().first()
        if before is not None and _same(before, made):
            return before
        made.save()
        _log(made, before, run)
    return made


def _log(made: Statement, before: Statement | None, run: Applying) -> None:
    """In the log of the provider, as all that is declared about its contract."""
    contract, service = made.consumer.contract, made.consumer.service
    word = Readiness(made.readiness).label.lower()
    audit.append(
        stream=f"service:{contract.provider.slug}",
        kind="contracts.readiness",
        actor=run.actor,
        face=run.face,
        content={
            "contract": contract.slug,
            "version": made.version,
            "service": service.slug,
            "readiness": made.readiness,
            "was": before.readiness if before else "",
            "until": made.expires_at.isoformat(),
            "note": made.note,
            "sentence": f"{run.actor.name} signed off that {service.name} is “{word}” for "
            f"{contract.name} {made.version}.",
        },
        at=run.now,
    )


def note_tests(
    *,
    consumer: Consumer,
    version: str,
    readiness: Readiness,
    at: datetime,
    expires_at: datetime,
    by: str,
    reference: str,
    url: str = "",
) -> None:
    """Keeps what a result of tests says, once. Only inside the transaction that logs it."""
    Statement.objects.get_or_create(
        consumer=consumer,
        version=version,
        reference=reference,
        defaults={
            "readiness": readiness.value,
            "source": Source.TESTS.value,
            "at": at,
            "expires_at": expires_at,
            "by_name": by[:120],
            "url": url,
        },
    )


def _require_version(consumer: Consumer, version: str) -> None:
    rows = ContractVersion.objects.filter(contract=consumer.contract_id, gone_at__isnull=True)
    if not rows.filter(version=version).exists():
        raise Refusal(
            "no_version",
            f"{consumer.contract.name} has no version {version}.",
            "Name one that it has, or declare it first.",
        )


def _end(until: date | None, now: datetime) -> datetime:
    """The end of the day; raises Refusal for one that is over or too far away."""
    if until is None:
        return now + SIGNED_FOR
    found = datetime.combine(until + timedelta(days=1), time(), UTC)
    if found <= now:
        raise Refusal("until_passed", f"{until} is over.", "Name today or a later day.")
    if found > now + LONGEST:
        raise Refusal("until_far", f"{until} is more than a year away.", "It counts for a year at most.")
    return found


def _same(before: Statement, made: Statement) -> bool:
    """Whether it says the same, until the same day."""
    ends = before.expires_at.date() == made.expires_at.date()
    words = ("readiness", "by_ref", "note", "url")
    return ends and all(getattr(before, name) == getattr(made, name) for name in words)
