"""The rollouts of the demo. What has begun is left to the people who use it."""

from collections.abc import Callable
from datetime import timedelta

from demo.loader import organisation, reviewing
from demo.loader.acting import Acting, who
from demo.loader.past import Past, past
from demo.loader.traffic import Traffic, Version
from demo.loader.windows import after, next_working_day
from rollouts.audit.models import ClientKey
from rollouts.audit.values import Face
from rollouts.decisions.machine.values import Action
from rollouts.escalations import services as escalations
from rollouts.escalations.models import Run
from rollouts.health.models import Series, Source
from rollouts.health.slos import counting
from rollouts.lib.clock import database_now

HOURS_OF_ORDERS = 4
MOST_SLOS = 50


def _told(slug: str, step: int) -> bool:
    """Whether a story has been told up to this decision."""
    return ClientKey.objects.filter(key=f"demo:{slug}:{step}").exists()


class Completed:
    """A rollout in two stages that went well."""

    def __init__(
        self, slug: str, service: str, versions: tuple[str, str], people: tuple[str, str, str]
    ) -> None:
        self.acting = Acting(slug)
        self.author, self.first, self.second = people
        self.old = Version(versions[0], 1.0, errors=0.002, median_s=0.04)
        self.new = Version(versions[1], 0.0, errors=0.001, median_s=0.035)
        self.traffic = Traffic(service, 24, {"old": self.old, "new": self.new})

    def share(self, share: float) -> None:
        """This share of requests goes to the new version from now on."""
        self.old.share, self.new.share = 1 - share, share

    def tell(
        self, clock: Past, source: Source, *, shares: tuple[float, float], bakes: tuple[int, int]
    ) -> None:
        """From the plan to the end; `bakes` in minutes."""
        acting = self.acting
        acting.bake(clock, self.traffic, source, 10, every_s=600)
        acting.plan(self.author, *after(database_now(), bakes[0] + 5, bakes[1] + 5))
        acting.decide(self.author, Action.PROPOSE, reason="Tried in staging for a week.")
        clock.forward(timedelta(minutes=4))
        acting.agree(self.first, self.second)
        acting.tick(self.first)
        acting.decide(self.author, Action.START)
        self.share(shares[0])
        acting.bake(clock, self.traffic, source, bakes[0] + 1, every_s=120)
        acting.settle(clock, self.traffic, source)
        if acting.rollout.stages.get(number=2).state == "pending":
            self._promote()
        self.share(shares[1])
        acting.bake(clock, self.traffic, source, bakes[1] + 1, every_s=120)
        acting.settle(clock, self.traffic, source)
        acting.decide(self.author, Action.COMPLETE)
        acting.bake(clock, self.traffic, source, 10, every_s=600)
        acting.follow()

    def _promote(self) -> None:
        asked = self.acting.rollout.requests.filter(stage=2, settled_at__isnull=True).first()
        quorum = int(asked.policy["quorum"]) if asked else 0
        self.acting.agree(*(self.first, self.second)[:quorum], stage=2)
        if self.acting.rollout.stages.get(number=2).state == "pending":
            self.acting.decide(self.author, Action.PROMOTE, stage=2)


def notifications_one_mail() -> str:
    """Completed nine days ago."""
    people = ("priya.natarajan", "ruth.adeyemi", "mina.okafor")
    story = Completed("notifications-one-mail", "notifications", ("2.1.8", "2.2.1"), people)
    if story.acting.exists:
        return ""
    with past(timedelta(days=9, hours=3)) as clock, organisation.recordings() as source:
        story.tell(clock, source, shares=(0.1, 1.0), bakes=(10, 20))
        reviewing.one_mail(clock)
        story.acting.follow()
    return "notifications-one-mail was completed nine days ago."


def invoicing_tax_rates() -> str:
    """Completed two days ago; its review is being written."""
    people = ("lena.hoff", "ruth.adeyemi", "jonas.lindqvist")
    story = Completed("invoicing-tax-rates", "invoicing", ("1.9.3", "1.9.4"), people)
    if story.acting.exists:
        return ""
    with past(timedelta(days=2, hours=5)) as clock, organisation.recordings() as source:
        story.tell(clock, source, shares=(0.25, 1.0), bakes=(10, 20))
        reviewing.tax_rates(clock)
        story.acting.follow()
    return "invoicing-tax-rates was completed two days ago."


def invoicing_batches() -> str:
    """Halted yesterday by its comparison with the old version, far below its limit; taken back."""
    story = Acting("invoicing-batches")
    if story.exists:
        return ""
    old = Version("1.9.4", 1.0, errors=0.001, median_s=0.035)
    new = Version("1.10.0", 0.0, errors=0.001, median_s=0.03)
    traffic = Traffic("invoicing", 60, {"old": old, "new": new})
    with past(timedelta(hours=26)) as clock, organisation.recordings() as source:
        story.plan("lena.hoff", *after(database_now() + timedelta(minutes=5), 60, 30))
        story.decide("lena.hoff", Action.PROPOSE, reason="A month's end in staging took a third of the time.")
        clock.forward(timedelta(minutes=5))
        story.agree("ruth.adeyemi", "jonas.lindqvist")
        story.decide("lena.hoff", Action.START)
        old.share, new.share = 0.5, 0.5
        new.errors = 0.005  # one batch in two hundred does not fit
        for _ in range(12):
            if story.rollout.state == "halted":
                break
            story.bake(clock, traffic, source, 2)
        old.share, new.share = 1.0, 0.0
        story.follow()
        clock.forward(timedelta(minutes=3))
        _answer(story, "jonas.lindqvist", "Five times as many failed invoices as with 1.9.4; taking it back.")
        story.decide("jonas.lindqvist", Action.ROLL_BACK, reason="Batches fail that hold an empty line.")
        story.bake(clock, traffic, source, 3)
        story.follow()
    return "invoicing-batches was halted by its comparison yesterday, and taken back."


def shipping_carrier_labels() -> str:
    """Halted by its own gate three hours ago; somebody answered, and it waits for a decision."""
    story = Acting("shipping-carrier-labels")
    if story.exists:
        return ""
    old = Version("3.1.0", 1.0, errors=0.002, median_s=0.12, callers=("checkout",))
    new = Version("3.2.0", 0.0, errors=0.004, median_s=0.21, callers=("checkout",))
    traffic = Traffic("shipping", 24, {"old": old, "new": new})
    with past(timedelta(hours=3)) as clock, organisation.recordings() as source:
        story.bake(clock, traffic, source, 10, every_s=600)
        story.plan("tomas.rey", *after(database_now() + timedelta(minutes=5), 15, 20, 40))
        story.decide("tomas.rey", Action.PROPOSE, reason="The carriers' keys are in the vault.")
        clock.forward(timedelta(minutes=6))
        story.agree("noor.haddad", "priya.natarajan")
        story.tick("noor.haddad")
        story.decide("tomas.rey", Action.START)
        old.share, new.share = 0.9, 0.1
        story.bake(clock, traffic, source, 12, every_s=120)
        story.settle(clock, traffic, source)
        story.agree("noor.haddad", stage=2)
        story.decide("tomas.rey", Action.PROMOTE, stage=2)
        old.share, new.share = 0.5, 0.5
        story.bake(clock, traffic, source, 5)
        new.errors = 0.35  # postcodes that the new service does not know
        story.bake(clock, traffic, source, 2, every_s=5)
        old.share, new.share = 0.9, 0.1
        story.follow()
        clock.forward(timedelta(minutes=2))
        _answer(story, "jonas.lindqvist", "Looking; the labels that failed are in the runbook's list.")
        story.bake(clock, traffic, source, 10, every_s=600)
        reviewing.labels(clock)
        story.follow()
    return "shipping-carrier-labels was halted three hours ago."


def _answer(story: Acting, name: str, note: str) -> None:
    run = Run.objects.unanswered().filter(rollout=story.rollout).order_by("pk").first()
    if run is not None:
        escalations.acknowledge(run=run.pk, actor=who(name).actor, face=Face.SLACK, note=note)


def checkout_express() -> str:
    """Proposed; one of two people has agreed."""
    story = Acting("checkout-express")
    if _told(story.slug, 2):
        return ""
    if not story.exists:
        story.plan("priya.natarajan", *after(next_working_day(database_now()), 30, 60, 90))
    story.decide("priya.natarajan", Action.PROPOSE, reason="Sales needs the numbers after the tax season.")
    story.agree("ruth.adeyemi")
    return "checkout-express waits for its second approval."


def orders_so_far() -> str:
    """What orders did in the hours before the fleet was started, so that its SLOs have a budget at once."""
    if Series.objects.filter(source__slug="recordings", service__slug="orders").exists():
        return ""
    traffic = Traffic("orders", 24, {"old": Version("2.4.0", 1.0, errors=0.0005, callers=("checkout",))})
    with organisation.recordings() as source:
        now = database_now()
        traffic.play(source, now - timedelta(hours=HOURS_OF_ORDERS), now)
        while due := counting.due(database_now(), MOST_SLOS):
            counting.count_many(due)
    return f"orders answered for {HOURS_OF_ORDERS} hours before the fleet was started."


def orders_v3() -> str:
    """Running live: two people agreed, and its first stage bakes on the fleet's traffic from now on."""
    story = Acting("orders-v3")
    if _told(story.slug, 4):
        return ""
    if not story.exists:
        story.plan("sofia.brandt", *after(database_now(), 15, 20, 25))
    story.decide("sofia.brandt", Action.PROPOSE, reason="All callers are ready.")
    story.agree("mina.okafor", "noor.haddad")
    story.tick("mina.okafor")
    story.decide("sofia.brandt", Action.START)
    return "orders-v3 runs: its first stage bakes on live traffic."


STORIES: tuple[Callable[[], str], ...] = (
    notifications_one_mail,
    invoicing_tax_rates,
    invoicing_batches,
    shipping_carrier_labels,
    orders_so_far,
    checkout_express,
    orders_v3,
)
ALWAYS = (orders_so_far,)
"""What is told also where no rollouts are wanted: those that people make rest on it."""
