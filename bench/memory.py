"""Memory of the whole embedded product, demo included, once it has settled: proportional set sizes."""

import os
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from bench.figures import Table
from deploy.local.places import CLONE

SETTLE_S = 45.0


def measure() -> Table:
    from tests.local.runs import running

    clone = Path(tempfile.mkdtemp(prefix="gatehouse-memory-", dir="/tmp"))
    clone.chmod(0o711)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=CLONE, capture_output=True, check=True)  # noqa: S607
    for name in filter(None, tracked.stdout.decode().split("\0")):
        if (CLONE / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CLONE / name, clone / name)
    for name in ("DATABASE_URL", "BROKER_URL", "GATEHOUSE_STATE_DIR", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)
    try:
        with running(clone) as run:
            run.settled(240)
            time.sleep(SETTLE_S)
            return _table(run.processes() + [run.supervisor()])
    finally:
        shutil.rmtree(clone, ignore_errors=True)


def _table(processes: list[psutil.Process]) -> Table:
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for process in processes:
        try:
            sizes[_part(" ".join(process.cmdline()))].append(process.memory_full_info().pss)
        except psutil.Error:
            continue
    rows = [(part, str(len(found)), f"{sum(found) / 2**20:.0f} MB") for part, found in sorted(sizes.items())]
    whole = sum(map(sum, sizes.values())) / 2**20
    rows.append(("all", str(sum(map(len, sizes.values()))), f"{whole:.0f} MB"))
    answer = f"The whole embedded product with its demo takes {whole:.0f} MB (PSS)."
    return Table(("part", "processes", "PSS"), tuple(rows), answer)


def _part(line: str) -> str:
    for part, words in {
        "web server": "granian",
        "worker": "celery",
        "ticker": "ticker",
        "database": "postgres",
        "broker": "valkey",
        "demo": "demo.",
        "supervisor": "deploy",
    }.items():
        if words in line:
            return part
    return "other"
