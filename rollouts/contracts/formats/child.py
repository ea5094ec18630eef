"""`python -m rollouts.contracts.formats.child`: one comparison, asked and answered as JSON, within bounds."""

import json
import sys

from rollouts.contracts.formats import sandbox


def main() -> int:
    asked = json.load(sys.stdin.buffer)
    sandbox.limit(str(asked["format"]))
    sys.stdout.buffer.write(sandbox.answer_to(asked))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
