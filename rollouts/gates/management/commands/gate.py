"""`manage.py gate judge`: 0 all pass, 1 one fails, 2 a bad line, 3 pending, inconclusive or no data."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rollouts.gates.judges.lines import MOST_BYTES, BadLine, answer
from rollouts.gates.values import Word
from rollouts.lib import jsonlines

YES, NO, BAD_INPUT, COULD_NOT_TELL = 0, 1, 2, 3
WORST_FIRST = (BAD_INPUT, NO, COULD_NOT_TELL, YES)
CODES = {Word.PASS.value: YES, Word.FAIL.value: NO}


class Command(BaseCommand):
    help = "Judges streams of counts as gates would. Needs no database."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        judge = actions.add_parser("judge", help="JSON lines in, one answer a line in the same order.")
        judge.add_argument("file", nargs="?", default="-", help="A file, or - for standard input.")
        judge.add_argument("--json", action="store_true", help="Write JSON lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the module. Lines are answered as they come."""
        codes = set[int]()
        try:
            with jsonlines.opened(options["file"]) as stream:
                for number, line in jsonlines.counted(jsonlines.lines(stream, MOST_BYTES)):
                    found = _answer(line, number)
                    codes.add(BAD_INPUT if "error" in found else CODES.get(found["verdict"], COULD_NOT_TELL))
                    self._write(found, number, options["json"])
        except BrokenPipeError:
            sys.stderr.close()  # whoever read has seen enough
        except OSError as error:
            self.stderr.write(f"{options['file']} cannot be read: {error.strerror}.")
            codes.add(BAD_INPUT)
        # Nothing was asked, so nothing can be said.
        sys.exit(next((code for code in WORST_FIRST if code in codes), COULD_NOT_TELL))

    def _write(self, found: dict[str, Any], number: int, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found))
        elif "error" in found:
            self.stdout.write(f"{number}\tbad line\t{found['error']}")
        else:
            halt = "" if found["halt_at"] is None else f" at {found['halt_at']}"
            self.stdout.write(f"{number}\t{found['verdict']}{halt}\t{found['sentence']}")


def _answer(line: bytes, number: int) -> dict[str, Any]:
    try:
        return answer(line)
    except BadLine as bad:
        return {"error": str(bad), "line": number}
