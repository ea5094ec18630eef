"""Every page a person can open, by area; `make screens` takes its picture in both widths and themes."""

from dataclasses import dataclass

SOFIA, ADA, NOBODY = "sofia.brandt", "ada.mbeki", ""
ORDERS = "/rollouts/orders-v3/"
EXPRESS = "/rollouts/checkout-express/"
LABELS = "/rollouts/shipping-carrier-labels/"


@dataclass(frozen=True)
class Screen:
    """One address and who opens it. With `follow`, the first link on it that fits is opened instead."""

    area: str
    name: str
    address: str
    who: str = SOFIA
    status: int = 200
    follow: str = ""

    @property
    def slug(self) -> str:
        """What its pictures are called."""
        return f"{self.area}-{self.name}"


SCREENS = [
    Screen("start", "home", "/"),
    Screen("start", "search", "/search/?q=orders"),
    Screen("start", "login", "/accounts/login/", NOBODY),
    Screen("start", "missing", "/nothing-is-here/", status=404),
    Screen("rollouts", "list", "/rollouts/"),
    Screen("rollouts", "running", ORDERS),
    Screen("rollouts", "halted", LABELS),
    Screen("rollouts", "proposed", EXPRESS),
    Screen("rollouts", "completed", "/rollouts/notifications-one-mail/"),
    Screen("rollouts", "log", f"{ORDERS}log/"),
    Screen("gates", "why", LABELS, follow=rf"{LABELS}gates/\d+/"),
    Screen("gates", "chart", ORDERS, follow=rf"{ORDERS}charts/\d+/"),
    Screen("decide", "asked", f"{EXPRESS}approval/", ADA),
    Screen("decide", "asked-stage", f"{ORDERS}approval/?stage=2"),
    Screen("decide", "approve", f"{EXPRESS}decide/approve/", ADA),
    Screen("decide", "promote", f"{ORDERS}decide/promote/"),
    Screen("decide", "halt", f"{ORDERS}decide/halt/"),
    Screen("services", "list", "/services/"),
    Screen("services", "orders", "/services/orders/"),
    Screen("services", "shipping", "/services/shipping/"),
    Screen("services", "month", "/services/orders/?range=30d"),
    Screen("services", "tokens", "/services/orders/tokens/", ADA),
    Screen("graph", "all", "/graph/"),
    Screen("graph", "seen", "/dependencies/seen/"),
    Screen("graph", "silent", "/dependencies/seen/?list=silent"),
    Screen("graph", "outdated", "/dependencies/seen/?list=outdated"),
    Screen("graph", "reach", "/dependencies/of/orders/"),
    Screen("graph", "confirmed", "/dependencies/seen/?list=confirmed"),
    Screen("catalog", "imports", "/imports/", ADA),
    Screen("catalog", "import-new", "/imports/new/", ADA),
    Screen("contracts", "one", "/contracts/orders-api/", ADA),
    Screen("contracts", "document", "/contracts/orders-api/versions/3/document/", ADA),
    Screen("contracts", "difference", "/contracts/orders-api/diff/?from=2&to=3"),
    Screen("contracts", "events", "/contracts/order-events/diff/"),
    Screen("contracts", "end", "/contracts/orders-api/versions/2/end/", ADA),
    Screen("contracts", "answers", "/contracts/order-events/versions/2/answers/", ADA),
    Screen("contracts", "answers-old", "/contracts/orders-api/versions/2/answers/", ADA),
    Screen("evidence", "readiness", "/contracts/orders-api/readiness/", ADA),
    Screen("evidence", "sign", "/contracts/orders-api/readiness/shipping/", ADA),
    Screen("evidence", "list", "/evidence/"),
    Screen("evidence", "one", "/evidence/?kind=contract_test", follow=r"/evidence/\d+/"),
    Screen("evidence", "new", "/evidence/new/?rollout=orders-v3", ADA),
    Screen("contracts", "give", "/contracts/orders-api/document/", ADA),
    Screen("contracts", "rules", "/contracts/orders-api/rules/", ADA),
    Screen("contracts", "elements", "/contract-elements/?q=address"),
    Screen("catalog", "parts", "/contracts/orders-api/consumers/shipping/parts/"),
    Screen("graph", "around", "/graph/?focus=orders&depth=1"),
    Screen("graph", "tier", "/graph/?tier=1"),
    Screen("graph", "teams", "/graph/?view=teams"),
    Screen("graph", "team", "/graph/?view=teams&team=orders"),
    Screen("services", "chart", "/services/orders/trends/latency/?range=7d"),
    Screen("plans", "new", "/plans/new/"),
    Screen("plans", "read", f"{ORDERS}plan/"),
    Screen("plans", "edit", f"{ORDERS}plan/edit/"),
    Screen("plans", "what-if", "/what-if/?service=orders&contract=orders-api&version=3"),
    Screen("plans", "agenda", f"{ORDERS}agenda/"),
    Screen("plans", "campaigns", "/campaigns/"),
    Screen("plans", "compare", f"{ORDERS}plan/compare/"),
    Screen("catalog", "home", "/catalog/", ADA),
    Screen("catalog", "service", "/catalog/services/orders/", ADA),
    Screen("catalog", "team", "/catalog/teams/orders/", ADA),
    Screen("catalog", "environment", "/catalog/environments/production/", ADA),
    Screen("contracts", "list", "/contracts/"),
    Screen("contracts", "one", "/contracts/", follow=r"/contracts/(?!new/)[a-z0-9-]+/"),
    Screen("contracts", "new", "/contracts/new/", ADA),
    Screen("contracts", "dependencies", "/dependencies/"),
    Screen("policies", "list", "/policies/", ADA),
    Screen("policies", "one", "/policies/production/", ADA),
    Screen("policies", "delegations", "/delegations/"),
    Screen("policies", "freezes", "/freezes/"),
    Screen("policies", "freeze", "/freezes/new/", ADA),
    Screen("escalations", "list", "/escalations/"),
    Screen("escalations", "run", "/escalations/", follow=r"/escalations/E-\d+/"),
    Screen("escalations", "policies", "/escalations/policies/"),
    Screen("escalations", "policy", "/escalations/policies/orders-on-call/", ADA),
    Screen("notifications", "deliveries", "/deliveries/", ADA),
    Screen("notifications", "slack", "/slack/", ADA),
    Screen("notifications", "choosing", "/me/notifications/"),
    Screen("notifications", "webhooks", "/webhooks/", ADA),
    Screen("notifications", "webhook-new", "/webhooks/new/", ADA),
    Screen("reviews", "list", "/reviews/"),
    Screen("reviews", "done", "/reviews/notifications-one-mail/"),
    Screen("reviews", "being-written", "/reviews/invoicing-tax-rates/", "lena.hoff"),
    Screen("reviews", "edit", "/reviews/shipping-carrier-labels/sections/summary/", "tomas.rey"),
    Screen("reviews", "public", "/reviews/notifications-one-mail/public/"),
    Screen("accounts", "me", "/me/"),
    Screen("accounts", "teams", "/teams/"),
    Screen("accounts", "team", "/teams/orders/", ADA),
    Screen("accounts", "people", "/people/", ADA),
    Screen("sources", "list", "/sources/", ADA),
    Screen("sources", "one", "/sources/demo-fleet/", ADA),
    Screen("sources", "prometheus", "/sources/new/prometheus/", ADA),
    Screen("sources", "recorded", "/sources/demo-recorded/", ADA),
    Screen("sources", "signals", "/sources/demo-recorded/signals/", ADA),
    Screen("probes", "list", "/probes/", ADA),
    Screen("probes", "one", "/probes/orders-reads/", ADA),
    Screen("probes", "new-version", "/probes/orders-reads-3/", ADA),
    Screen("probes", "edit", "/probes/orders-reads/edit/", ADA),
    Screen("sources", "push", "/sources/new/push/", ADA),
    Screen("rollouts", "backtest", f"{ORDERS}backtest/", "sofia.brandt"),
    Screen("slos", "list", "/slos/", ADA),
    Screen("slos", "one", "/slos/orders-answers/", ADA),
    Screen("slos", "edit", "/slos/orders-quick/edit/", ADA),
    Screen("slos", "import", "/slos/import/", ADA),
    Screen("status", "index", "/status/", NOBODY),
    Screen("status", "rollout", "/status/", NOBODY, follow=r"/status/[a-z0-9-]+/[a-z0-9-]+/"),
    Screen("status", "updates", f"{ORDERS}updates/"),
    Screen("status", "feedback", f"{ORDERS}feedback/"),
]
