"""Named points at which an outside script can stop a process, to kill it there."""

import os
import time
from pathlib import Path


def reach(name: str) -> None:
    """Does nothing, unless GATEHOUSE_FAULT_DIR holds `<name>.armed`: then says so and waits to be killed."""
    folder = os.environ.get("GATEHOUSE_FAULT_DIR")
    if not folder:
        return
    armed = Path(folder) / f"{name}.armed"
    try:
        armed.unlink()  # one process takes the order; others go on
    except FileNotFoundError:
        return
    (Path(folder) / f"{name}.reached").write_text(str(os.getpid()), encoding="utf-8")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)
