"""The orders service, in its old and its new version, and the three ways to break one of them."""

import random
import threading
import time
from enum import StrEnum

from demo.fleet.service import Service
from demo.httpd import Request, Response

OLD, NEW = "2.4.0", "3.0.0"


class Mode(StrEnum):
    """What a version does with its requests."""

    HEALTHY = "healthy"
    SLOW = "slow"
    ERRORS = "errors"
    DEAD = "dead"


SLOW_S = (0.6, 1.5)
"""Extra seconds, evenly spread: callers wait at most 1 s, so about half of them give up."""
ERROR_SHARE = 0.5


class Orders:
    """One version of orders."""

    def __init__(self, version: str, *, port: int, host: str) -> None:
        speaks = {"contract": "orders-api", "contract_version": version.split(".")[0]}
        self.service = Service("orders", version, port=port, host=host, speaks=speaks)
        self.service.work = self._look_up
        self._lock = threading.Lock()
        self._mode = Mode.HEALTHY

    @property
    def mode(self) -> Mode:
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Break or mend this version, at any time and from any mode."""
        with self._lock:
            self._mode = mode
            if mode is Mode.DEAD:
                self.service.server.refuse()
            else:
                self.service.server.start()

    def _look_up(self, request: Request) -> Response:
        _work()
        if self._mode is Mode.SLOW:
            time.sleep(random.uniform(*SLOW_S))
        if self._mode is Mode.ERRORS and random.random() < ERROR_SHARE:
            return Response.json({"error": "address could not be split"}, 500)
        order = request.path.rsplit("/", 1)[-1]
        return Response.json({"id": order, "version": self.service.version, **self._address()})

    def _address(self) -> dict[str, object]:
        if self.service.version == OLD:
            return {"address": "12 Harbour Road, 20095 Hamburg"}
        return {"address": {"street": "Harbour Road", "number": "12", "postcode": "20095", "city": "Hamburg"}}


def _work() -> None:
    """The time that a look-up takes: about 12 ms, seldom above 40."""
    time.sleep(min(0.06, random.lognormvariate(-4.4, 0.45)))
