"""`manage.py decisions replay`: exit 0 tables and log agree, 1 they differ, 2 there is no such rollout."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rollouts.decisions.replaying import replay


class Command(BaseCommand):
    help = "Rebuilds the states of rollouts from the log and compares them with the tables."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        again = actions.add_parser("replay", help="Replay the log; name each difference.")
        again.add_argument("--rollout", help="Only the rollout with this slug.")
        again.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(replay(options["rollout"]))
        if options["rollout"] and not found:
            self.stderr.write(f"There is no rollout {options['rollout']}.")
            sys.exit(2)
        differing = [each for each in found if each.differences]
        events = sum(each.events for each in found)
        if options["json"]:
            differences = [
                {"rollout": each.rollout, "differences": list(each.differences)} for each in differing
            ]
            answer = {"agree": not differing, "rollouts": len(found), "events": events}
            self.stdout.write(json.dumps(answer | {"differing": differences}))
        else:
            for each in differing:
                for sentence in each.differences:
                    self.stdout.write(f"{each.rollout}: {sentence}")
            said = "Tables and log agree" if not differing else f"{len(differing)} rollouts differ"
            self.stdout.write(f"{said}: {len(found)} rollouts rebuilt from {events} events.")
        if differing:
            sys.exit(1)
