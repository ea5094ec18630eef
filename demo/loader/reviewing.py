"""The reviews of the demo's rollouts, as their authors wrote them."""

from datetime import timedelta

from demo.loader.acting import who
from demo.loader.past import Past
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now
from rollouts.reviews import learning, services
from rollouts.reviews.values import ItemKind

Words = dict[str, tuple[str, str]]

ONE_MAIL: Words = {
    "summary": (
        "Two e-mails for each order instead of four. It went to everybody within an hour and nothing failed.",
        "Since last week you get two e-mails for each order, not four. The change went without trouble.",
    ),
    "impact": ("About 60 % fewer e-mails a day. Support was asked about the change eleven times.", ""),
    "factors": ("The words of both e-mails were read by support before we began.", ""),
    "went_well": ("One stage of ten minutes was enough to see every language once.", ""),
    "went_badly": ("We had no number for returned e-mails; we looked into the mail server by hand.", ""),
    "lessons": ("Count what the customer gets, not only what we send.", ""),
}
TAX_RATES: Words = {
    "summary": (
        "Rates now carry the day from which they hold. Sums of a day differ by less than 0.01 %.",
        "Invoices name the tax rate of every line.",
    ),
    "impact": ("None that customers would notice. Eleven invoices differ by one cent.", ""),
    "factors": ("Two people had read the table of rates before the first stage.", ""),
    "went_well": ("The accountant saw the first hundred invoices on the same morning.", ""),
    "went_badly": ("The checklist asked for two readers and did not ask who they were.", ""),
    "lessons": ("Write down who checked, not only that somebody did.", ""),
}
LABELS: Words = {
    "summary": (
        "At every second parcel a third of the labels failed; Gatehouse halted by itself within seconds. "
        "The cause are postcodes with a country letter, which the carriers' new service refuses.",
        "Some labels could not be printed. The change stopped by itself; parcels get their labels from "
        "the old service.",
    ),
    "impact": ("Labels of about two minutes failed and were printed again by the old service.", ""),
}


def one_mail(clock: Past) -> None:
    """Closed two days after the rollout, with two lessons and one action item that is open."""
    slug, author, reader = "notifications-one-mail", who("priya.natarajan"), who("ruth.adeyemi")
    _write(slug, "priya.natarajan", ONE_MAIL, clock)
    learning.add_lesson(
        review=slug,
        title="Count returned e-mails before you change their number.",
        services=["notifications"],
        actor=author.actor,
        face=Face.PAGE,
        public=True,
    )
    learning.add_item(
        review=slug,
        title="Export the number of returned e-mails as a metric",
        kind=ItemKind.DETECT,
        owner=author,
        due_on=(database_now() + timedelta(days=14)).date(),
        actor=author.actor,
        face=Face.PAGE,
    )
    services.submit(review=slug, actor=author.actor, face=Face.PAGE)
    clock.forward(timedelta(hours=20))
    services.approve(review=slug, actor=reader.actor, face=Face.PAGE)
    services.publish(review=slug, published=True, actor=author.actor, face=Face.PAGE)
    services.close(review=slug, actor=author.actor, face=Face.PAGE)


def tax_rates(clock: Past) -> None:
    """Written, and waiting for a reader."""
    slug, author = "invoicing-tax-rates", who("lena.hoff")
    _write(slug, "lena.hoff", TAX_RATES, clock)
    learning.add_lesson(
        review=slug,
        title="A checklist that asks for two readers should ask for their names.",
        services=["invoicing", "orders"],
        actor=author.actor,
        face=Face.PAGE,
    )
    services.submit(review=slug, actor=author.actor, face=Face.PAGE)


def labels(clock: Past) -> None:
    """Begun while the rollout is halted; one action item has no owner yet."""
    slug, author = "shipping-carrier-labels", who("tomas.rey")
    _write(slug, "tomas.rey", LABELS, clock)
    learning.add_item(
        review=slug,
        title="Remove the country letter from postcodes before the new service is asked",
        kind=ItemKind.PREVENT,
        actor=author.actor,
        face=Face.PAGE,
    )


def _write(slug: str, author: str, words: Words, clock: Past) -> None:
    clock.forward(timedelta(minutes=25))
    for section, (internal, public) in words.items():
        clock.forward(timedelta(minutes=3))
        services.save_section(
            review=slug,
            section=section,
            version=0,
            internal=internal,
            public=public,
            actor=who(author).actor,
            face=Face.PAGE,
        )
