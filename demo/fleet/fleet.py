"""The fleet as a whole: services, load, and what the page may do to them."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.fleet.callers import VERSIONS, Caller
from demo.fleet.flags import Flags
from demo.fleet.load import Load
from demo.fleet.orders import NEW, OLD, Mode, Orders
from demo.fleet.pipeline import Pipeline
from demo.fleet.ports import NAMES
from demo.fleet.recorded import Recorder
from demo.fleet.service import Service
from demo.httpd import HttpServer
from demo.secrets import SecretsFile

RATE = 18.0
"""Requests a second that the load generator sends; checkout's calls of shipping come on top."""
SPAN_S = 5
"""What the page calls now."""


@dataclass(frozen=True)
class Served:
    """One running service over the last seconds; rates are per second."""

    service: str
    version: str
    url: str
    mode: str
    rate: float
    failed: float


@dataclass(frozen=True)
class Called:
    """The calls of one caller to one version of orders over the last seconds; rates are per second."""

    caller: str
    version: str
    rate: float
    outcomes: dict[str, float]


@dataclass(frozen=True)
class _Sample:
    at: float
    served: list[Mapping[str, int]]
    called: list[Mapping[tuple[str, str, str], int]]


class Fleet:
    """Five services in one process, with real connections between them.

    `secrets` is the file with the flag and the tokens; without it or without `gatehouse_url` everybody gets
    the old version. `ports` has 0 for a free port.
    """

    def __init__(
        self,
        *,
        ports: Mapping[str, int] | None = None,
        host: str = "127.0.0.1",
        gatehouse_url: str = "",
        secrets: Path | None = None,
        rate: float = RATE,
    ) -> None:
        wanted = {**dict.fromkeys(NAMES, 0), **(ports or {})}
        self.gatehouse_url = gatehouse_url
        self.orders = {v: Orders(v, port=wanted[f"orders-{v}"], host=host) for v in (OLD, NEW)}
        file = SecretsFile(secrets)
        orders_urls = {version: orders.service.server.url for version, orders in self.orders.items()}
        self.callers: dict[str, Caller] = {}
        # Shipping first: checkout has to know where it listens.
        for name in sorted(VERSIONS, reverse=True):
            shipping = self.callers["shipping"].service.server.url if name == "checkout" else None
            callees = [("orders", OLD), ("orders", NEW)]
            if shipping:
                callees.append(("shipping", VERSIONS["shipping"]))
            self.callers[name] = Caller(
                Service(name, VERSIONS[name], port=wanted[name], host=host, callees=callees),
                flags=Flags(service=name, gatehouse_url=gatehouse_url, secrets=file),
                orders=orders_urls,
                shipping_url=shipping,
            )
        self.callers = {name: self.callers[name] for name in VERSIONS}
        urls = {name: caller.service.server.url for name, caller in self.callers.items()}
        self.load = Load(urls, rate=rate)
        self.pipeline = Pipeline(
            build=VERSIONS["shipping"],
            orders_url=orders_urls[NEW],
            gatehouse_url=gatehouse_url,
            secrets=file,
        )
        self._samples: deque[_Sample] = deque(maxlen=SPAN_S + 1)
        self.recorder = Recorder()
        self._stopped = threading.Event()

    @property
    def services(self) -> list[Service]:
        return [
            *(caller.service for caller in self.callers.values()),
            *(orders.service for orders in self.orders.values()),
        ]

    @property
    def ports(self) -> dict[str, int]:
        """Where the services listen, by the names of `ports.NAMES`."""
        found = {name: caller.service.server.port for name, caller in self.callers.items()}
        return found | {f"orders-{v}": orders.service.server.port for v, orders in self.orders.items()}

    def metrics_urls(self) -> dict[str, str]:
        """The address to scrape for each service and version."""
        return {f"{s.name}-{s.version}": f"{s.server.url}/metrics" for s in self.services}

    def start(self) -> None:
        for service in self.services:
            service.server.start()
        self.load.start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def stop(self) -> None:
        """Within a second; requests in flight are dropped."""
        self._stopped.set()
        self.load.stop()
        HttpServer.close_all(service.server for service in self.services)
        for caller in self.callers.values():
            caller.close()

    def set_mode(self, mode: Mode, version: str = NEW) -> None:
        """Break or mend one version of orders. Raises KeyError for a version that does not run."""
        self.orders[version].set_mode(mode)

    @property
    def scraped(self) -> bool:
        return all(service.scraped for service in self.services)

    def set_scraped(self, scraped: bool) -> None:
        """Whether /metrics of every service answers."""
        for service in self.services:
            service.scraped = scraped

    def served(self) -> list[Served]:
        first, last = self._span()
        seconds = max(last.at - first.at, 0.001)
        rows = []
        for service, before, after in zip(self.services, first.served, last.served, strict=True):
            grown = {code: count - before.get(code, 0) for code, count in after.items()}
            mode = self.orders[service.version].mode if service.name == "orders" else Mode.HEALTHY
            rows.append(
                Served(
                    service.name,
                    service.version,
                    service.server.url,
                    mode.value,
                    rate=sum(grown.values()) / seconds,
                    failed=sum(count for code, count in grown.items() if code >= "500") / seconds,
                )
            )
        return rows

    def called(self) -> list[Called]:
        """Calls to orders as the callers counted them, so that a dead version's are in it too."""
        first, last = self._span()
        seconds = max(last.at - first.at, 0.001)
        rows = []
        for name, before, after in zip(self.callers, first.called, last.called, strict=True):
            for version in self.orders:
                outcomes = {
                    outcome: (count - before.get((callee, callee_version, outcome), 0)) / seconds
                    for (callee, callee_version, outcome), count in after.items()
                    if (callee, callee_version) == ("orders", version)
                }
                rows.append(Called(name, version, sum(outcomes.values()), outcomes))
        return rows

    def share(self) -> float | None:
        """The part of all calls to orders that went to the new version, None without calls."""
        rates = dict.fromkeys(self.orders, 0.0)
        for row in self.called():
            rates[row.version] += row.rate
        total = sum(rates.values())
        return rates[NEW] / total if total else None

    def _span(self) -> tuple[_Sample, _Sample]:
        last = self._sample()
        samples = list(self._samples)
        return (samples[0] if samples else last), last

    def _sample(self) -> _Sample:
        served = [service.metrics.totals()[0] for service in self.services]
        called = [caller.service.metrics.totals()[1] for caller in self.callers.values()]
        return _Sample(time.monotonic(), served, called)

    def _watch(self) -> None:
        while not self._stopped.wait(1.0):
            self._samples.append(self._sample())
            if self.scraped:
                sizes = {v: orders.service.metrics.sizes() for v, orders in self.orders.items()}
                self.recorder.note(time.time(), sizes)
