"""Changes one declaration at a time: a version, a consumer, or the end of one. Each is logged once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Service
from rollouts.catalog.queries import administers
from rollouts.catalog.registry import Applying, Outcome, What
from rollouts.catalog.services import NotAllowed, changing, check_shape
from rollouts.contracts import declaring
from rollouts.contracts.deprecating.reading import live
from rollouts.contracts.deprecating.services import StillLive
from rollouts.contracts.documents import services as documents
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.readiness.reading import next_meant
from rollouts.contracts.readiness.services import note_tests as note_tests
from rollouts.contracts.readiness.services import sign_off as sign_off
from rollouts.contracts.readiness.services import signs_for as signs_for
from rollouts.contracts.sections import CONSUMER, VERSION
from rollouts.contracts.using import declaring as using
from rollouts.contracts.using.models import Use
from rollouts.contracts.using.seeing import note_used as note_used
from rollouts.lib.refusals import Refusal

store_document = documents.store


@contextmanager
def _about(contract: str, by: Person, face: Face, also: str = "") -> Iterator[tuple[Contract, Applying]]:
    """The transaction of a change to a contract, for planners of its provider or of the service `also`."""
    with changing(by=by, face=face) as run:
        rows = Contract.objects.select_for_update(of=("self",)).select_related("provider")
        row = rows.get(slug=contract)
        owners = {row.provider.slug, also} - {""}
        if not administers(by) and not any(plans_for_service(by, slug) for slug in owners):
            raise NotAllowed(f"You may not change what is declared about {row.name}.")
        yield row, run


def _said(run: Applying, name: str) -> Outcome:
    return run.outcomes[0] if run.outcomes else Outcome("contracts", name, What.UNCHANGED)


def save_version(*, contract: str, entry: Mapping[str, Any], by: Person, face: Face) -> Outcome:
    """Declares a version, or its state and sunset date.

    Raises Unsound, NotAllowed and Contract.DoesNotExist.
    """
    check_shape(VERSION, entry)
    name = entry["version"]
    with _about(contract, by, face) as (row, run):
        found = ContractVersion.objects.filter(contract=row, version=name).first()
        declaring.version((), entry, found or ContractVersion(contract=row, version=name), run)
    return _said(run, f"{contract} {name}")


def remove_version(*, contract: str, version: str, by: Person, face: Face) -> Outcome:
    """Marks a version as gone that nobody relies on. Raises StillLive, NotAllowed and DoesNotExist."""
    with _about(contract, by, face) as (row, run):
        rows = ContractVersion.objects.select_related("contract__provider")
        found = rows.get(contract=row, version=version)
        if found.gone_at is None and (kept := live(found, run.now)):
            raise StillLive(found, kept)
        declaring.version_gone(found, run)
    return _said(run, f"{contract} {version}")


def save_consumer(*, contract: str, entry: Mapping[str, Any], by: Person, face: Face) -> Outcome:
    """Declares that a service relies on a contract; the service's own planners may too.

    Raises Unsound, NotAllowed, Contract.DoesNotExist and Service.DoesNotExist.
    """
    check_shape(CONSUMER, entry)
    with _about(contract, by, face, also=entry["service"]) as (row, run):
        service = Service.objects.get(slug=entry["service"])
        found = Consumer.objects.filter(contract=row, service=service).first()
        consumer = found or Consumer(contract=row, service=service)
        declaring.consumer((), entry, consumer, run, meant=next_meant(row))
    return _said(run, contract)


def save_use(*, contract: str, service: str, entry: Mapping[str, Any], by: Person, face: Face) -> Outcome:
    """Declares that a consumer uses a part of a contract.

    Raises Unsound, NotAllowed, Refusal (it is no consumer) and Contract.DoesNotExist.
    """
    check_shape(using.PART, entry)
    with _about(contract, by, face, also=service) as (row, run):
        consumer = _consumer(row, service)
        using.part((), entry, using.find_or_new(entry, consumer), run)
    return _said(run, contract)


def remove_use(*, contract: str, service: str, use: int, by: Person, face: Face) -> Outcome:
    """A service uses a part no longer. Raises NotAllowed and DoesNotExist."""
    with _about(contract, by, face, also=service) as (row, run):
        rows = Use.objects.select_related("service").filter(contract=row, service__slug=service)
        found = rows.get(pk=use)
        found.contract = row
        using.part_gone(found, run)
    return _said(run, contract)


def _consumer(contract: Contract, service: str) -> Consumer:
    rows = contract.consumers.filter(service__slug=service, gone_at__isnull=True).select_related("service")
    found = rows.first()
    if found is None:
        raise Refusal(
            "no_consumer",
            f"{service} is not declared as a consumer of {contract.name}.",
            "Declare that it relies on the contract, then which parts of it.",
        )
    found.contract = contract
    return found


def remove_consumer(*, contract: str, service: str, by: Person, face: Face) -> Outcome:
    """A service relies on a contract no longer. Raises NotAllowed and DoesNotExist."""
    with _about(contract, by, face, also=service) as (row, run):
        rows = Consumer.objects.select_related("service")
        declaring.consumer_gone(rows.get(contract=row, service__slug=service), run)
    return _said(run, contract)


def retire_contract(*, contract: str, by: Person, face: Face) -> Outcome:
    """Marks a contract as gone; its history stays. Raises NotAllowed and DoesNotExist."""
    with _about(contract, by, face) as (row, run):
        declaring.contract_gone(row, run)
    return _said(run, contract)


def remove_dependency(*, service: str, calls: str, by: Person, face: Face) -> Outcome:
    """A service calls another no longer. Raises NotAllowed and Dependency.DoesNotExist."""
    with changing(by=by, face=face) as run:
        if not plans_for_service(by, service):
            raise NotAllowed(f"You may not change what {service} depends on.")
        rows = Dependency.objects.select_related("service", "on")
        declaring.dependency_gone(rows.get(service__slug=service, on__slug=calls), run)
    return run.outcomes[0] if run.outcomes else Outcome("dependencies", service, What.UNCHANGED)
