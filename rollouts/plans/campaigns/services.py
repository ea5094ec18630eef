"""Opens and ends campaigns; each is logged with the service that provides the contract."""

from dataclasses import dataclass

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import plans_for_service
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans.campaigns.models import Campaign


@dataclass(frozen=True)
class Opened:
    """The campaign; `made` is false when it was open already."""

    campaign: Campaign
    made: bool


def open_campaign(*, contract: str, old: str, new: str, note: str = "", by: Person, face: Face) -> Opened:
    """Follows a contract's move from one version to another. The same again changes nothing but the note;
    one that had ended is open again. Raises Refusal and Contract.DoesNotExist."""
    with transaction.atomic(durable=True):
        row = Contract.objects.select_for_update(of=("self",)).select_related("provider").get(slug=contract)
        _require(row, by)
        known = set(row.versions.filter(gone_at__isnull=True).values_list("version", flat=True))
        for version in (old, new):
            if version not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise Refusal("unknown_version", f"There is no version {version}.", f"Known: {listed}.")
        if old == new:
            raise Refusal("same_version", "It moves from a version to another one.", "Name two versions.")
        now = database_now()
        found = Campaign.objects.filter(contract=row, old=old, new=new).first()
        if found is not None and found.ended_at is None:
            Campaign.objects.filter(pk=found.pk).update(note=note or found.note)
            return Opened(Campaign.objects.get(pk=found.pk), False)
        found = found or Campaign(contract=row, old=old, new=new)
        found.note, found.opened_at, found.opened_by, found.ended_at = note, now, by.name, None
        found.save()
        _log(
            found,
            "plans.campaign_opened",
            f"{by.name} opened the move of {row} from {old} to {new}.",
            by,
            face,
        )
        return Opened(found, True)


def end_campaign(*, campaign: int, by: Person, face: Face) -> Campaign:
    """Ends it: it is kept, and followed no more. Raises Refusal and Campaign.DoesNotExist."""
    with transaction.atomic(durable=True):
        rows = Campaign.objects.select_for_update(of=("self",)).select_related("contract__provider")
        row = rows.get(pk=campaign)
        _require(row.contract, by)
        if row.ended_at is None:
            row.ended_at = database_now()
            row.save(update_fields=["ended_at"])
            said = f"{by.name} ended the move of {row.contract} from {row.old} to {row.new}."
            _log(row, "plans.campaign_ended", said, by, face)
        return row


def _require(contract: Contract, by: Person) -> None:
    if not plans_for_service(by, contract.provider.slug):
        sentence = "Planners of the team that provides the contract open and end its moves."
        raise Refusal("forbidden", sentence, "Ask one of them, or an administrator.")


def _log(row: Campaign, kind: str, sentence: str, by: Person, face: Face) -> None:
    audit.append(
        stream=f"service:{row.contract.provider.slug}",
        kind=kind,
        actor=by.actor,
        face=face,
        content={
            "campaign": row.pk,
            "contract": row.contract.slug,
            "old": row.old,
            "new": row.new,
            "note": row.note,
            "sentence": sentence,
        },
        at=database_now(),
    )
