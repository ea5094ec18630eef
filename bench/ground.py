"""What a measurement stands on: private servers, as durable as ever, and the schema."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.places import CLONE
from deploy.local.postgres import Postgres
from deploy.local.valkey import Valkey


@contextmanager
def ground() -> Iterator[Path]:
    """A database with the product's schema and a broker, in a folder of their own."""
    place = Path(tempfile.mkdtemp(prefix="gatehouse-bench-", dir="/tmp"))
    place.chmod(0o711)
    postgres = Postgres(place / "data", place / "postgres").start()
    valkey = Valkey(place / "valkey").start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": postgres.url,
        "BROKER_URL": valkey.url,
        "GATEHOUSE_STATE_DIR": str(place / "state"),
    }
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(migrate, cwd=CLONE, check=True)
        import django

        django.setup()
        yield place
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(place, ignore_errors=True)
