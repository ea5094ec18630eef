"""A contract with two versions, consumers, calls and results, for tests of the two questions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollouts.catalog.models import Service
from rollouts.contracts.documents.digests import digest
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Document, Use, VersionDocument
from rollouts.contracts.questions.values import Asked, Question, Word
from rollouts.evidence.models import Result
from rollouts.gates.questions.answering import Answered, answer
from rollouts.health.edges.storing import ORIGIN, Sighting, write
from rollouts.health.models import Hour, Rolled, Source, Window
from rollouts.health.values import Perspective, contract_series
from rollouts.lib.clock import database_now
from tests.accounts.factories import team
from tests.contracts.papers import OPENAPI
from tests.health.factories import environment, series, service, source

OLD = OPENAPI.replace("required: [id, address]", "required: [id, address, total]")
ADDS = OLD.replace("total: {type: number}", "total: {type: number}\n        note: {type: string}")
DROPS = OPENAPI.replace("        total: {type: number}\n", "")
SPLIT = OLD.replace("maxLength: 200", "maxLength: 200, pattern: x").replace(
    "address: {type: string, maxLength: 200, pattern: x}", "address: {type: object}"
)
NAME = "orders-api"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Scene:
    """The contract of orders, with 2.4.0 that is served and 3.0.0 that is to come."""

    contract: Contract
    old: ContractVersion
    new: ContractVersion
    now: datetime = field(default_factory=database_now)

    def consumer(
        self, slug: str = "web", readiness: str = "unknown", field: str = "total", **more: Any
    ) -> Consumer:
        """A consumer that uses one field of 2."""
        who = Service.objects.filter(slug=slug).first() or Service.objects.create(
            slug=slug, name=slug.capitalize(), team=team(f"{slug}-team")
        )
        row = Consumer.objects.create(
            contract=self.contract, service=who, readiness=readiness, uses=more.pop("uses", ">=2"), **more
        )
        if field:
            Use.objects.create(
                contract=self.contract,
                service=who,
                operation="GET /orders/{id}",
                field=field,
                source="declared",
            )
        return row

    def result(self, slug: str = "web", *, days: float = 3, passed: bool = True, **more: Any) -> Result:
        at = self.now - timedelta(days=days)
        key = f"{slug}-{Result.objects.count()}"
        return Result.objects.create(
            kind="contract_test",
            outcome="passed" if passed else "failed",
            at=at,
            received_at=at,
            expires_at=at + timedelta(days=14),
            service=Service.objects.get(slug=slug),
            contract=self.contract,
            version=more.pop("version", "3.0.0"),
            form="junit",
            digest=key,
            key=key,
            by_name="CI",
            **more,
        )

    def edge(
        self, caller: str, calls: int, *, ago: timedelta = timedelta(minutes=5), version: str = ""
    ) -> None:
        """Calls that somebody saw and pushed, of one day."""
        at = self.now - ago
        key = (caller, "orders", NAME if version else "", version)
        write(environment().pk, {f"{ORIGIN}mesh": [Sighting(key, at.date(), calls, at, at)]}, add=True)

    def counted(self, *versions: str, days: int = 28, without: int = 0, calls: int = 0) -> None:
        """The provider's own count of its calls over so many days, but for some, worked out by the hour."""
        here = source(window_s=60)
        begin = self.now.replace(minute=0, second=0, microsecond=0)
        Rolled.objects.create(source=here, through_at=begin)
        for version in versions or ("3.0.0",):
            row = series(here, version=version, name=contract_series(NAME), perspective=Perspective.SERVER)
            hours = [begin - HOUR * back for back in range(1, days * 24 + 1) if back > without * 24]
            Hour.DAYS.ensure({at.date() for at in hours})
            Hour.objects.bulk_create(
                Hour(series=row, start_at=at, bad=0, total=calls, timed=0, minutes=(1 << 60) - 1)
                for at in hours
            )

    def call(
        self, version: str, total: int, *, ago: timedelta = timedelta(minutes=10), caller: str = ""
    ) -> None:
        """Calls that windows counted."""
        known = Source.objects.filter(slug="calls").first()
        here = known or source("calls", window_s=60, enabled=False)
        side = Perspective.CALLERS if caller else Perspective.SERVER
        row = series(here, version=version, name=contract_series(NAME), perspective=side, caller=caller)
        Window.objects.create(series=row, start_at=self.now - ago, total=total)

    def ends(self, *, days_ago: int = 1) -> None:
        """2.4.0 is deprecated, and its last day has passed."""
        self.old.state, self.old.sunset_on = "deprecated", (self.now - days_ago * DAY).date()
        self.old.save()

    def promote(self, **more: Any) -> Answered:
        return answer(Asked(Question.PROMOTE, NAME, "3.0.0", **more), now=self.now)

    def retire(self, **more: Any) -> Answered:
        return answer(Asked(Question.RETIRE, NAME, "2.4.0", **more), now=self.now)


def scene(new: str = DROPS) -> Scene:
    contract = Contract.objects.create(slug=NAME, name="Orders API", provider=service(), format="openapi")
    old = ContractVersion.objects.create(contract=contract, version="2.4.0", state="active")
    made = Scene(
        contract, old, ContractVersion.objects.create(contract=contract, version="3.0.0", state="draft")
    )
    for row, text in ((old, OLD), (made.new, new)):
        document(row, text)
    return made


def document(row: ContractVersion, text: str) -> None:
    """Gives the version a document."""
    key, now = digest(text), database_now()
    Document.objects.get_or_create(digest=key, defaults={"text": text, "size": len(text), "stored_at": now})
    VersionDocument.objects.create(version=row, document_id=key, origin="api", stored_at=now, stored_by="CI")


def word(found: Answered) -> Word:
    return found.answer.word
