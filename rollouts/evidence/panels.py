"""What other pages show of evidence: the rollout's, and that of a version of a contract."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from rollouts.accounts.models import Person
from rollouts.contracts.models import Contract
from rollouts.evidence.models import Result
from rollouts.lib.clock import database_now
from rollouts.lib.panels import Panel
from rollouts.plans.models import Rollout

SHOWN = 8


def of_rollout(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """The newest results about the rollout. One query, and the clock."""
    rows = Result.objects.filter(rollout=rollout).select_related("service", "contract").newest_first()
    found = list(rows[: SHOWN + 1])
    return {
        "results": found[:SHOWN],
        "more": len(found) > SHOWN,
        "all": f"{reverse('evidence:evidence')}?rollout={rollout.slug}",
        "record": f"{reverse('evidence:record')}?rollout={rollout.slug}",
        "now": database_now(),
    }


def of_version(request: HttpRequest, subject: tuple[Contract, str]) -> dict[str, Any]:
    """The newest results about a version of a contract."""
    contract, version = subject
    assert isinstance(request.user, Person)  # noqa: S101 - the page lets only people in
    rows = Result.objects.visible_to(request.user).filter(contract=contract, version=version)
    found = list(rows.select_related("service", "rollout", "contract").newest_first()[: SHOWN + 1])
    return {
        "results": found[:SHOWN],
        "more": len(found) > SHOWN,
        "all": f"{reverse('evidence:evidence')}?contract={contract.slug}&version={version}",
        "now": database_now(),
        "version": version,
    }


ROLLOUT = Panel("evidence", "halves", 45, "evidence/rollout_panel.html", of_rollout)
VERSION = Panel("evidence", "below", 10, "evidence/version_panel.html", of_version)
