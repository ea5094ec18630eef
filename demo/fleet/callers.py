"""The services that call orders, and which version of it each request goes to."""

from collections.abc import Mapping

from demo.fleet.calls import Client, Reply
from demo.fleet.flags import Flags
from demo.fleet.orders import NEW, OLD
from demo.fleet.service import Service
from demo.httpd import Request, Response

VERSIONS = {"checkout": "5.8.2", "shipping": "3.1.0", "invoicing": "1.9.4", "notifications": "2.2.1"}
ORDERS_TIMEOUT_S = 1.0
SHIPPING_TIMEOUT_S = 2.5
"""Longer than shipping itself waits for orders, so that a slow orders is not blamed on shipping."""


class Caller:
    """A service that needs an order for everything it does. Checkout needs shipping too."""

    def __init__(
        self, service: Service, *, flags: Flags, orders: Mapping[str, str], shipping_url: str | None
    ) -> None:
        self.service = service
        self.flags = flags
        self._orders = {v: Client(url, timeout_s=ORDERS_TIMEOUT_S) for v, url in orders.items()}
        self._shipping = Client(shipping_url, timeout_s=SHIPPING_TIMEOUT_S) if shipping_url else None
        service.work = self._serve

    def close(self) -> None:
        self.flags.close()
        for client in (*self._orders.values(), *([self._shipping] if self._shipping else [])):
            client.close()

    def _serve(self, request: Request) -> Response:
        customer = request.path.rsplit("/", 1)[-1]
        version = NEW if self.flags.is_on(customer) else OLD
        reply = self._orders[version].call("GET", f"/orders/{customer}")
        self._count("orders", version, reply)
        if not _fine(reply):
            return Response.json({"error": f"orders {version}: {reply.outcome}"}, 502)
        if self._shipping is not None:
            # Shipping asks about the parcel, not the customer: its answers are drawn independently,
            # so that the measured share scatters no more than its binomial interval allows.
            reply = self._shipping.call("POST", f"/quotes/parcel-of-{customer}")
            self._count("shipping", VERSIONS["shipping"], reply)
            if not _fine(reply):
                return Response.json({"error": f"shipping: {reply.outcome}"}, 502)
        return Response.json({"customer": customer, "orders": version})

    def _count(self, callee: str, version: str, reply: Reply) -> None:
        self.service.metrics.called(callee, version, reply.outcome, reply.seconds)


def _fine(reply: Reply) -> bool:
    return reply.outcome == "ok" and reply.status == 200
