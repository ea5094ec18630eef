"""`manage.py demo_load`: makes the demo's organisation and rollouts; a second time changes nothing."""

import logging
import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo.loader import documents, organisation, quotes, stories, trials

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Loads the demo: an organisation, its catalog, and rollouts in every state."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        organisation.establish()
        documents.establish()
        quotes.called()
        wanted = os.environ.get("GATEHOUSE_DEMO_ROLLOUTS", "yes") != "no"
        failed = []
        for story in stories.STORIES if wanted else stories.ALWAYS:
            try:
                if told := story():
                    self.stdout.write(told)
            except Exception:
                # One story that ends badly leaves the others to be told.
                logger.exception("demo.story_failed: %s", story.__name__)
                failed.append(story.__name__)
        trials.establish()
        if failed:
            raise CommandError(f"These rollouts of the demo could not be made: {', '.join(failed)}.")
        self.stdout.write(f"The demo is loaded, in {time.monotonic() - started:.1f} s.")
