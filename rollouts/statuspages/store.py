"""The newest public pages of this process: in memory, on disk, refreshed in the background.

A request reads memory and never waits for the database. Only the first one of a process does, shortly: it
reads the disk, so that pages stand when the database is down from the start, and what the disk has is old.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg

from rollouts.statuspages import stored
from rollouts.statuspages.reader import Reader
from rollouts.statuspages.stored import Stored

log = logging.getLogger(__name__)

EVERY_S = 2.0
PATIENCE_S = 0.5
"""How long a request for a page that is not known waits for a look that has just begun."""


class Store:
    """Pages by address. `folder` is asked at the first use."""

    def __init__(self, folder: Callable[[], Path], every_s: float = EVERY_S) -> None:
        self._folder = folder
        self._every_s = every_s
        self._pages: dict[str, Stored] = {}
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self._looked = threading.Condition()
        self._begun = 0
        self._done = 0
        self._stopped = threading.Event()
        self.checked_at = 0.0
        """When the database last answered, in seconds since 1970; 0 when it never did in this process."""

    def get(self, path: str) -> Stored | None:
        """The newest page that this process knows."""
        if self._thread is None:
            self.look()
        return self._pages.get(path)

    def look(self) -> None:
        """Asks for a look now and waits for it, but never long. For pages that are not known yet."""
        if self._thread is None:
            self.start()
        with self._looked:
            before = self._begun  # the look that is under way may have read too early
            self._wanted.set()
            self._looked.wait_for(lambda: self._done > before, timeout=PATIENCE_S)

    def start(self) -> None:
        """Reads the disk and begins to look at the database. Safe to call twice."""
        with self._begin:
            if self._thread is not None:
                return
            self._keep(stored.read_all(self._folder()), disk=False)
            # One for each thread: a thread that hangs while it is stopped must not begin again with the next.
            self._stopped = threading.Event()
            thread = threading.Thread(
                target=self._run, args=(self._stopped,), name="public-pages", daemon=True
            )
            thread.start()
            self._thread = thread

    def stop(self) -> None:
        """Ends the looking, and forgets every page and its copy on disk."""
        with self._begin:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._stopped.set()
            self._wanted.set()
            thread.join(timeout=5)
            shutil.rmtree(self._folder(), ignore_errors=True)
            self._pages, self.checked_at, self._begun, self._done = {}, 0.0, 0, 0
            self._wanted.clear()

    def _run(self, stopped: threading.Event) -> None:
        reader = Reader()
        failing = False
        while not stopped.is_set():
            with self._looked:
                self._wanted.clear()
                self._begun += 1
            try:
                newer = reader.newer()
                if stopped.is_set():
                    break
                self._keep(newer, disk=True)
                self.checked_at = time.time()
                failing = False
            except psycopg.Error as error:
                if not failing:
                    log.warning(
                        "public pages: the database does not answer, the last copies stand: %s", error
                    )
                failing = True
            except Exception:
                # Whatever a look meets, the next one is made: a page must not stop being refreshed.
                log.exception("public pages: a look failed")
                reader.close()
            with self._looked:
                self._done = self._begun
                self._looked.notify_all()
            self._wanted.wait(self._every_s)
        reader.close()

    def _keep(self, pages: Iterable[Stored], *, disk: bool) -> None:
        """Takes what is newer, never older after newer. Replaced as a whole, so that readers need no lock."""
        newer = [page for page in pages if page.version > self._version(page.path)]
        if not newer:
            return
        self._pages = {**self._pages, **{page.path: page for page in newer}}
        if disk:
            for page in newer:
                try:
                    stored.write(self._folder(), page)
                except OSError as error:
                    log.warning("public pages: cannot keep a copy on disk: %s", error)
                    return

    def _version(self, path: str) -> int:
        known = self._pages.get(path)
        return known.version if known else -1


def _folder() -> Path:
    from django.conf import settings

    return Path(settings.GATEHOUSE_STATE_DIR) / "public"


store = Store(_folder)
"""The one of this process."""
