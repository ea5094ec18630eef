"""Runs the fleet: `python -m demo.fleet`."""

import os
import sys
from pathlib import Path

from demo import run
from demo.fleet import ports
from demo.fleet.control import Control, ports_line
from demo.fleet.fleet import RATE, Fleet


def main() -> int:
    """Serve until SIGTERM. 2 when the environment is no good or a port is taken."""
    run.prepare()
    environment = os.environ
    host = environment.get("GATEHOUSE_DEMO_HOST", "127.0.0.1")
    secrets = environment.get("GATEHOUSE_DEMO_SECRETS", "")
    try:
        wanted = ports.from_environment(environment)
        fleet = Fleet(
            ports=wanted,
            host=host,
            gatehouse_url=environment.get("GATEHOUSE_URL", ""),
            secrets=Path(secrets) if secrets else None,
            rate=float(environment.get("GATEHOUSE_DEMO_RATE", RATE)),
        )
        control = Control(fleet, port=wanted["control"], host=host)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"The demo fleet cannot start: {error}\n")
        return 2
    fleet.start()
    control.server.start()
    run.say(ports_line(fleet, control))
    run.until_told_to_stop()
    control.server.close()
    fleet.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
