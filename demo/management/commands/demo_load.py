"""`manage.py demo_load`: makes the demo's organisation and rollouts; a second time changes nothing."""

import os
import time
from typing import Any

from django.core.management.base import BaseCommand

from demo.loader import organisation, stories


class Command(BaseCommand):
    help = "Loads the demo: an organisation, its catalog, and rollouts in every state."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        organisation.establish()
        wanted = os.environ.get("GATEHOUSE_DEMO_ROLLOUTS", "yes") != "no"
        for story in stories.STORIES if wanted else ():
            told = story()
            if told:
                self.stdout.write(told)
        self.stdout.write(f"The demo is loaded, in {time.monotonic() - started:.1f} s.")
