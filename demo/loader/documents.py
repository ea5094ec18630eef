"""The documents of the demo's contracts, sent by those who plan for the services that provide them."""

from pathlib import Path

from demo.loader.acting import who
from rollouts.audit.values import Face
from rollouts.contracts import services as contracts
from rollouts.contracts.models import VersionDocument
from rollouts.contracts.values import Origin
from rollouts.plans.campaigns.services import open_campaign
from rollouts.plans.models import Campaign

HERE = Path(__file__).resolve().parent.parent / "contracts"
SENT = (
    ("orders-api", "2", "sofia.brandt"),
    ("orders-api", "3", "sofia.brandt"),
    ("order-events", "1", "sofia.brandt"),
    ("order-events", "2", "sofia.brandt"),
    ("shipping-quotes", "1", "tomas.rey"),
    ("shipping-quotes", "2", "tomas.rey"),
)


def establish() -> None:
    """Gives each version its document and follows the move of orders; what is there stays as it is."""
    known = VersionDocument.objects.order_by("pk").values_list("version__contract__slug", "version__version")
    there = set(known)
    for contract, version, sender in SENT:
        if (contract, version) not in there:
            contracts.store_document(
                contract=contract,
                version=version,
                text=(HERE / f"{contract}-{version}.yaml").read_text(),
                origin=Origin.API,
                by=who(sender),
                face=Face.API,
            )
    if not Campaign.objects.exists():
        note = "Version 2 goes when nobody reads the line any more."
        open_campaign(
            contract="orders-api", old="2", new="3", note=note, by=who("sofia.brandt"), face=Face.PAGE
        )
