"""Seconds of CPU that processes have used, their ended children included."""

import os
import time
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def spent(server: int, *workers: int) -> dict[str, float]:
    """Of this process and its `workers`, of PostgreSQL behind them, and of the process `server`."""
    place = Path(os.environ["GATEHOUSE_STATE_DIR"]).parent
    postmaster = int((place / "data" / "postmaster.pid").read_text().split()[0])
    return {
        "ours": time.process_time() + sum(_own(pid) for pid in workers),
        "PostgreSQL": _own(postmaster, ended=True) + sum(_own(pid) for pid in _children(postmaster)),
        "Prometheus": _own(server),
    }


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return []


def _own(pid: int, *, ended: bool = False) -> float:
    # proc(5): utime and stime are the fields 14 and 15, those of ended children 16 and 17.
    fields = _stat(pid)
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICKS_A_SECOND


def _children(parent: int) -> list[int]:
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return [pid for pid in pids if (fields := _stat(pid)) and int(fields[1]) == parent]
