"""The pipeline of shipping: its contract tests against orders 3.0.0, and the report that it sends.

The tests are real: they read an order from the version that runs, whatever was done to it meanwhile.
"""

import json
import threading
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree

from demo.fleet.calls import Client
from demo.fleet.secrets import credentials
from demo.secrets import SecretsFile

FIELDS = ("street", "number", "postcode", "city")
ORDERS_TIMEOUT_S, GATEHOUSE_TIMEOUT_S = 2.0, 5.0


@dataclass(frozen=True)
class Run:
    """What one run found and what became of its report."""

    passed: int
    failed: int
    said: str

    @property
    def fine(self) -> bool:
        return not self.failed


class Pipeline:
    """Tests one build of shipping; one run at a time."""

    def __init__(self, *, build: str, orders_url: str, gatehouse_url: str, secrets: SecretsFile) -> None:
        self._build = build
        self._orders_url = orders_url
        self._gatehouse_url = gatehouse_url
        self._secrets = secrets
        self._lock = threading.Lock()
        self.last: Run | None = None

    def run(self) -> Run:
        """Tests, and sends the report. Never raises for what the network or the other sides do."""
        with self._lock:
            faults = self._tests()
            failed = sum(bool(fault) for fault in faults.values())
            self.last = Run(len(faults) - failed, failed, self._send(_junit(faults)))
            return self.last

    def _tests(self) -> dict[str, str]:
        """By the name of each test why it failed; empty when it passed."""
        client = Client(self._orders_url, timeout_s=ORDERS_TIMEOUT_S)
        reply = client.call("GET", "/orders/pipeline-1")
        client.close()
        if reply.status != 200:
            return {"reads an order": f"orders answered {reply.status or reply.outcome}"}
        try:
            address = json.loads(reply.body).get("address")
        except (ValueError, AttributeError):
            return {"reads an order": "the answer is no JSON object"}
        fields = address if isinstance(address, dict) else {}
        return {"reads an order": ""} | {
            f"prints the {name} from its own field": "" if fields.get(name) else f"address has no {name}"
            for name in FIELDS
        }

    def _send(self, report: bytes) -> str:
        token = credentials(self._secrets.document()).pipeline
        if not self._gatehouse_url or not token:
            return "not sent: Gatehouse gave no token"
        about = {
            "service": "shipping",
            "build": self._build,
            "contract": "orders-api",
            "version": "3",
            "environment": "production",
            "source": "shipping-ci",
        }
        client = Client(self._gatehouse_url, timeout_s=GATEHOUSE_TIMEOUT_S)
        reply = client.call(
            "POST",
            f"/api/v1/evidence/?{urlencode(about)}",
            body=report,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/xml"},
        )
        client.close()
        if reply.status in (200, 201):
            return "sent to Gatehouse"
        return f"not taken by Gatehouse: {reply.status or reply.outcome}"


def _junit(faults: dict[str, str]) -> bytes:
    """The report as test runners write it."""
    failed = str(sum(bool(fault) for fault in faults.values()))
    suite = ElementTree.Element("testsuite", name="orders-api 3", tests=str(len(faults)), failures=failed)
    for name, fault in faults.items():
        case = ElementTree.SubElement(suite, "testcase", classname="shipping.labels", name=name)
        if fault:
            ElementTree.SubElement(case, "failure", message=fault)
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))
