"""Records results, once each, and says what they mean for the readiness of a consumer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Least

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import administers
from rollouts.contracts.models import Consumer, Contract
from rollouts.contracts.services import note_tests, signs_for
from rollouts.contracts.values import Readiness
from rollouts.evidence.about import About
from rollouts.evidence.models import Result
from rollouts.evidence.reports.values import Report
from rollouts.evidence.values import COMPATIBILITY, EXPIRES_AFTER, LONGEST, Form, Kind
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Rollout
from rollouts.plans.queries import owning_teams

AHEAD = timedelta(minutes=5)
"""Clocks of test machines may be so far ahead."""
RECORDED = "evidence.recorded"
OF_ROLLOUT = "rollout.evidence_recorded"


class Unknown(Refusal):
    """Something that is named does not exist, or what is needed is not named; `field` says which."""

    def __init__(self, field: str, sentence: str, remedy: str) -> None:
        super().__init__("invalid", sentence, remedy)
        self.field = field


@dataclass(frozen=True)
class Recorded:
    """The result; `repeated`: it was there already."""

    result: Result
    repeated: bool


@dataclass(frozen=True)
class _Places:
    """What the names of a submission stand for."""

    service: Service | None
    contract: Contract | None
    environment: Environment | None
    rollout: Rollout | None


def record(*, about: About, report: Report, form: Form, digest: str, by: Person, face: Face) -> Recorded:
    """Keeps a result and logs it; the same again gives the first one. Raises Unknown and Refusal."""
    for field, sentence in about.lacks().items():
        raise Unknown(field, sentence, "Name what the result is about, and send it again.")
    key = about.key(digest, form)
    with transaction.atomic(durable=True):
        rollout = _rollout(about, by)
        _alone_with(key)
        now = database_now()
        places = _places(about, rollout)
        _require_right(places, by)
        before = Result.objects.with_all().filter(key=key).first()
        if before is not None:
            return Recorded(before, repeated=True)
        made = _result(about, report, places, now)
        made.form, made.digest, made.key = form.value, digest, key
        made.by_ref, made.by_name = str(by.pk), str(by)
        made.save()
        _note_readiness(made)
        _log(made, by, face, now)
    return Recorded(made, repeated=False)


def _alone_with(key: str) -> None:
    """Who sends the same at the same time waits until this transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"evidence {key}"])


def _rollout(about: About, by: Person) -> Rollout | None:
    """The rollout, locked first of all, as its log is written."""
    if not about.rollout:
        return None
    rows = Rollout.objects.locked().filter(pk__in=Rollout.objects.accessible_to(by).values("pk"))
    found = rows.select_related("team").filter(slug=about.rollout).first()
    if found is None:
        raise Unknown("rollout", f"There is no rollout named {about.rollout}.", "Correct the name.")
    return found


def _places(about: About, rollout: Rollout | None) -> _Places:
    services = Service.objects.select_related("team").filter(slug=about.service, gone_at__isnull=True)
    contracts = Contract.objects.select_related("provider__team").filter(
        slug=about.contract, gone_at__isnull=True
    )
    environments = Environment.objects.filter(slug=about.environment)
    found = _Places(services.first(), contracts.first(), environments.first(), rollout)
    for name in ("service", "contract", "environment"):
        given = getattr(about, name)
        if given and getattr(found, name) is None:
            raise Unknown(
                name, f"There is no {name} named {given}.", "Correct the name, or declare it first."
            )
    if about.version and found.contract is not None:
        rows = found.contract.versions.filter(version=about.version, gone_at__isnull=True)
        if not rows.exists():
            said = f"{found.contract.name} has no version {about.version}."
            raise Unknown("version", said, "Name one that it has, or declare it first.")
    if about.stage and rollout is not None and not rollout.stages.filter(name=about.stage).exists():
        said = f"The plan of {rollout.title} has no stage named {about.stage}."
        raise Unknown("stage", said, "Name a stage as the plan names it.")
    return found


def _require_right(places: _Places, by: Person) -> None:
    """Planners, approvers and admins of a team that owns what the result is about."""
    if administers(by):
        return
    teams = {places.service.team.slug} if places.service else set()
    teams |= {places.contract.provider.team.slug} if places.contract else set()
    if places.rollout is not None:
        teams |= {places.rollout.team.slug, *owning_teams(places.rollout)}
    if not any(signs_for(by, team, lock=True) for team in sorted(teams)):
        raise Refusal(
            "forbidden",
            "You may record nothing about this.",
            f"Use a write token of a planner, approver or admin of {' or '.join(sorted(teams))}.",
        )


def _result(about: About, report: Report, places: _Places, now: datetime) -> Result:
    at = about.at or report.at or now
    if at > now + AHEAD:
        if about.at is not None:
            raise Unknown("at", f"{at:%Y-%m-%d %H:%M} is still to come.", "Say when the tests were run.")
        at = now
    at = min(at, now)
    expires_at = about.expires_at or at + EXPIRES_AFTER
    if not at < expires_at <= now + LONGEST:
        raise Unknown("expires_at", "It ends before it begins, or in more than a year.", "Name another end.")
    return Result(
        kind=about.kind.value,
        outcome=report.outcome.value,
        title=about.title or report.title,
        at=at,
        received_at=now,
        expires_at=expires_at,
        service=places.service,
        build=about.build,
        contract=places.contract,
        version=about.version,
        provider_build=about.provider_build or report.provider_build,
        environment=places.environment,
        rollout=places.rollout,
        stage=about.stage,
        flags=dict(about.flags),
        tests=report.counts.tests,
        failures=report.counts.failures,
        errors=report.counts.errors,
        skipped=report.counts.skipped,
        failed=list(report.failed),
        note=about.note,
        source=about.source,
        url=about.url or report.url,
    )


def _note_readiness(row: Result) -> None:
    """Tests of a consumer against a version say that it is ready, or that it is not."""
    if Kind(row.kind) not in COMPATIBILITY or not row.version or row.service is None:
        return
    consumer = Consumer.objects.filter(
        contract=row.contract, service=row.service, gone_at__isnull=True
    ).first()
    if consumer is None:
        return
    note_tests(
        consumer=consumer,
        version=row.version,
        readiness=Readiness.READY if row.passed else Readiness.NOT_READY,
        at=row.at,
        expires_at=row.expires_at,
        by=row.source or row.get_kind_display(),
        reference=f"evidence {row.pk}",
        url=row.url,
    )


def _log(row: Result, by: Person, face: Face, now: datetime) -> None:
    """In the log of the rollout, else of the service that provides the contract, or that was tested."""
    content = {
        "evidence": row.pk,
        "kind": row.kind,
        "result": row.outcome,
        "service": row.service.slug if row.service else "",
        "contract": row.contract.slug if row.contract else "",
        "version": row.version,
        "digest": row.digest,
        "sentence": f"{by}: {row.sentence}",
    }
    if row.rollout is None:
        owner = row.contract.provider if row.contract else row.service
        assert owner is not None  # noqa: S101 - `lacks` wants one of the three
        stream = f"service:{owner.slug}"
        audit.append(stream=stream, kind=RECORDED, actor=by.actor, face=face, content=content, at=now)
        return
    content |= {
        "rollout": row.rollout.slug,
        "title": row.rollout.title,
        "stage_name": row.stage,
        "reason": "",
        "shown": None,
    }
    event = audit.append(
        stream=row.rollout.stream, kind=OF_ROLLOUT, actor=by.actor, face=face, content=content, at=now
    )
    # What the machine makes of it is the next look's.
    Rollout.objects.filter(pk=row.rollout.pk).update(
        version=event.seq, due_at=Least(Coalesce(F("due_at"), now), now)
    )
