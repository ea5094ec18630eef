"""`manage.py audit verify|checkpoint|export`: exit 0 whole, 1 faults found, 2 bad input."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from rollouts.audit import services
from rollouts.audit.models import Content, Event
from rollouts.audit.verify import known, verify


class Command(BaseCommand):
    help = "Checks, signs and exports the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("verify", help="Walk the chains; name each fault.")
        check.add_argument("--stream")
        check.add_argument("--json", action="store_true")
        sign = actions.add_parser("checkpoint", help="Sign the heads of all streams now.")
        sign.add_argument("--json", action="store_true")
        export = actions.add_parser("export", help="Write events as JSON lines.")
        export.add_argument("--stream")
        export.add_argument("--json", action="store_true", help="JSON lines is the only format.")

    def handle(self, *args: Any, **options: Any) -> None:
        stream = options.get("stream")
        if stream is not None and not known(stream):
            self.stderr.write(f"There is no stream {stream}. Streams are named like rollout:orders-v3.")
            sys.exit(2)
        {"verify": self._verify, "checkpoint": self._checkpoint, "export": self._export}[options["action"]](
            options
        )

    def _verify(self, options: dict[str, Any]) -> None:
        report = verify(options["stream"])
        if options["json"]:
            faults = [vars(fault) for fault in report.faults]
            self.stdout.write(
                json.dumps(
                    {
                        "whole": not faults,
                        "streams": report.streams,
                        "events": report.events,
                        "faults": faults,
                    }
                )
            )
        else:
            for fault in report.faults:
                self.stdout.write(f"{fault.stream}: {fault.what}: {fault.sentence}")
            whole = "The log is whole" if not report.faults else f"{len(report.faults)} faults"
            counted = f"{report.events} events in {report.streams} streams, {report.checkpoints} checkpoints"
            self.stdout.write(f"{whole}: {counted}.")
        if report.faults:
            sys.exit(1)

    def _checkpoint(self, options: dict[str, Any]) -> None:
        made = services.checkpoint()
        if options["json"]:
            self.stdout.write(
                json.dumps({"at": made.at.isoformat(), "events": made.events, "signature": made.signature})
            )
        else:
            self.stdout.write(
                f"Signed {made.events} events in {len(made.heads)} streams at {made.at:%Y-%m-%d %H:%M:%S}."
            )

    def _export(self, options: dict[str, Any]) -> None:
        for line in _lines(options["stream"]):
            self.stdout.write(line)


def _lines(stream: str | None) -> Iterator[str]:
    events = Event.objects.order_by("pk") if stream is None else Event.objects.of(stream)
    batch: list[Event] = []
    for event in events.iterator(chunk_size=500):
        batch.append(event)
        if len(batch) == 500:
            yield from _batch(batch)
            batch = []
    yield from _batch(batch)


def _batch(events: list[Event]) -> Iterator[str]:
    contents = Content.objects.in_bulk([event.pk for event in events])
    for event in events:
        content = contents.get(event.pk)
        yield json.dumps(
            {
                "stream": event.stream,
                "seq": event.seq,
                "kind": event.kind,
                "at": event.at.isoformat(),
                "digest": event.digest,
                "previous": event.previous,
                "hash": event.hash,
                "salt": content.salt if content else None,
                "body": content.body if content else None,
                "erased_at": content.erased_at.isoformat() if content and content.erased_at else None,
            }
        )
