"""The fleet's own page and its JSON twin: what runs, and how to break and mend it."""

import json

from demo import assets
from demo.fleet import pages, recorded
from demo.fleet.fleet import Fleet
from demo.fleet.orders import NEW, OLD, Mode
from demo.httpd import HttpServer, Request, Response

STOP_SCRAPING, SCRAPE, MEND = "stop-scraping", "scrape", "mend"
MODES = (*(mode.value for mode in Mode), MEND, STOP_SCRAPING, SCRAPE)


class Control:
    """GET / (page), GET /state, POST /control with {"mode": one of MODES, "version": of orders}.

    POST /pipeline runs the tests of shipping.

    Below /api/v1/ it answers for what it recorded, as Prometheus would.
    """

    def __init__(self, fleet: Fleet, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._fleet = fleet
        self.server = HttpServer(self._answer, port=port, host=host)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(assets.PREFIX):
            return assets.serve(request.path)
        if request.path.startswith(recorded.PREFIX):
            return recorded.answer(self._fleet.recorder, request)
        match request.method, request.path:
            case "GET" | "HEAD", "/":
                return Response.html(pages.fleet(self._fleet))
            case "GET", "/state":
                return Response.json(self.state())
            case "GET", "/healthz":
                return Response.text("alive\n")
            case "POST", "/control":
                return self._control(request)
            case "POST", "/pipeline":
                return self._pipeline(request)
        return Response.text("No such page.\n", 404)

    def _control(self, request: Request) -> Response:
        if not request.same_origin:
            return Response.text("Sent from another site.\n", 403)
        try:
            wanted = request.json() if request.is_json else request.form()
            mode, version = str(wanted.get("mode", "")), str(wanted.get("version") or NEW)
        except (ValueError, AttributeError):
            return Response.json({"error": "Send a JSON object."}, 400)
        if mode not in MODES or version not in (OLD, NEW):
            known = f"mode is one of {', '.join(MODES)}; version is {OLD} or {NEW}."
            return Response.json({"error": known}, 400)
        self.apply(mode, version)
        return Response.json(self.state()) if request.is_json else Response.see_other("/")

    def _pipeline(self, request: Request) -> Response:
        """The pipeline of shipping, once."""
        if not request.same_origin:
            return Response.text("Sent from another site.\n", 403)
        run = self._fleet.pipeline.run()
        return Response.json(vars(run)) if request.is_json else Response.see_other("/")

    def apply(self, mode: str, version: str = NEW) -> None:
        """`mend` makes everything whole again: both versions and the scraping."""
        if mode == MEND:
            for each in self._fleet.orders:
                self._fleet.set_mode(Mode.HEALTHY, each)
        if mode in (MEND, SCRAPE, STOP_SCRAPING):
            self._fleet.set_scraped(mode != STOP_SCRAPING)
        else:
            self._fleet.set_mode(Mode(mode), version)

    def state(self) -> dict[str, object]:
        """What the page shows, as JSON; rates are per second over the last 5 s."""
        fleet = self._fleet
        return {
            "orders": {version: orders.mode.value for version, orders in fleet.orders.items()},
            "scraping": fleet.scraped,
            "share": fleet.share(),
            "services": [vars(row) for row in fleet.served()],
            "calls": [vars(row) for row in fleet.called()],
            "flags": {
                name: {
                    "asked": caller.flags.asked,
                    "unanswered": caller.flags.unanswered,
                    "silent_for_s": caller.flags.silent_for_s,
                }
                for name, caller in fleet.callers.items()
            },
            "metrics": fleet.metrics_urls(),
            "skipped": fleet.load.skipped,
        }


def ports_line(fleet: Fleet, control: Control) -> str:
    """Where everything listens, as one line of JSON."""
    return json.dumps({"control": control.server.port, **fleet.ports})
