"""What the Makefile's targets do, once `.venv` is there."""

import sys

from deploy.local.trouble import Trouble


def main(what: str) -> int:
    """Run one target; its exit code."""
    # Each loads its own: what serves needs no tools for tests, and the other way round.
    if what == "run":
        from deploy.local.run import run

        return run()
    from deploy.local.checks import CHECKS

    try:
        return CHECKS[what]()
    except Trouble as trouble:
        sys.exit(str(trouble))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
