"""Runs the mailbox: `python -m demo.mailbox`."""

import json
import os
import sys
from pathlib import Path

from demo import run
from demo.mailbox.server import LocalMailbox


def main() -> int:
    """Serve until SIGTERM. 2 when a port is taken."""
    run.prepare()
    environment = os.environ
    folder = environment.get("GATEHOUSE_DEMO_MAIL_DIR", "")
    try:
        mailbox = LocalMailbox(
            smtp_port=int(environment.get("GATEHOUSE_DEMO_MAIL_SMTP_PORT", "0")),
            port=int(environment.get("GATEHOUSE_DEMO_MAIL_PORT", "0")),
            host=environment.get("GATEHOUSE_DEMO_HOST", "127.0.0.1"),
            folder=Path(folder) if folder else None,
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"The mailbox cannot start: {error}\n")
        return 2
    mailbox.start()
    run.say(json.dumps({"smtp": mailbox.smtp_port, "mailbox": mailbox.port}))
    run.until_told_to_stop()
    mailbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
