"""Runs the local Slack: `python -m demo.slack`."""

import json
import os
import sys
from pathlib import Path

from demo import run
from demo.slack.server import SIGNING_SECRET, TOKEN, LocalSlack


def main() -> int:
    """Serve until SIGTERM. 2 when the port or the folder is taken."""
    run.prepare()
    environment = os.environ
    folder, secrets = (environment.get(f"GATEHOUSE_DEMO_{name}", "") for name in ("SLACK_DIR", "SECRETS"))
    try:
        slack = LocalSlack(
            port=int(environment.get("GATEHOUSE_DEMO_SLACK_PORT", "0")),
            host=environment.get("GATEHOUSE_DEMO_HOST", "127.0.0.1"),
            token=environment.get("SLACK_BOT_TOKEN") or TOKEN,
            signing_secret=environment.get("SLACK_SIGNING_SECRET") or SIGNING_SECRET,
            gatehouse_url=environment.get("GATEHOUSE_URL", ""),
            folder=Path(folder) if folder else None,
            secrets=Path(secrets) if secrets else None,
            limits=environment.get("GATEHOUSE_DEMO_SLACK_LIMITS", "on") != "off",
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"The local Slack cannot start: {error}\n")
        return 2
    slack.start()
    run.say(json.dumps({"slack": int(slack.url.rsplit(":", 1)[1])}))
    run.until_told_to_stop()
    slack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
