"""`manage.py ticker`: the clock. Several may run."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from rollouts.decisions.ticker import Ticker
from rollouts.lib.stopping import Stop


class Command(BaseCommand):
    help = "Offers what is due to the workers, and does what nobody takes. Several may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Tick once, do what is due here, and stop.")
        parser.add_argument(
            "--every", type=float, default=settings.GATEHOUSE_TICK_S, help="Seconds between ticks."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            ticker = Ticker(tick_s=options["every"], offer=_nobody)
            ticker.tick()
            ticker.settle()
            return
        stop = Stop()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop.set)
        Ticker(tick_s=options["every"]).run(stop)


def _nobody(work: str, pks: list[int]) -> None:
    raise ConnectionError("asked to work alone")
