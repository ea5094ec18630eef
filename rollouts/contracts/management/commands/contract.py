"""`manage.py contract diff|can-promote|can-retire`: 0 yes, 1 no, 2 bad input, 3 pending or could not tell.

A difference that is only dangerous is a yes that says so.
"""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from rollouts.contracts import asking
from rollouts.contracts.formats import batch, sandbox
from rollouts.contracts.formats.comparing import FLOWS
from rollouts.contracts.formats.protobuf import CATEGORIES
from rollouts.contracts.formats.values import Comparison, Outcome
from rollouts.contracts.questions.values import Word
from rollouts.lib import jsonlines

YES, NO, BAD_INPUT, COULD_NOT_TELL = 0, 1, 2, 3
WORST_FIRST = (BAD_INPUT, NO, COULD_NOT_TELL, YES)
CODES = {Outcome.BREAKING: NO, Outcome.UNKNOWN: COULD_NOT_TELL}
ANSWERS = {Word.YES: YES, Word.NO: NO}
QUESTIONS = {
    "can-promote": "Whether a version may be promoted, and who must do what.",
    "can-retire": "Whether a version may be retired, and who must do what.",
}
MOST_READ = 2_000_000
"""Bytes of a file: more than a document may have, so that it is told that it is too long."""


class Command(BaseCommand):
    help = "Compares versions of contracts, and says what may move. With files it needs no database."
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        diff = actions.add_parser("diff", help="What a new version does to who relies on the old one.")
        diff.add_argument("old", nargs="?", help="The old document: a file, or a folder of .proto files.")
        diff.add_argument("new", nargs="?", help="The new one.")
        diff.add_argument("--format", choices=list(FLOWS))
        diff.add_argument(
            "--model", choices=batch.MODELS, help="Of JSON Schema: may undeclared things be sent?"
        )
        diff.add_argument(
            "--category", choices=CATEGORIES, default="WIRE_JSON", help="Rules of buf for Protobuf."
        )
        diff.add_argument("--batch", metavar="FILE", help="JSON lines of pairs; - for standard input.")
        diff.add_argument("--json", action="store_true", help="Write JSON.")
        for name, what in QUESTIONS.items():
            asking.add_to(actions.add_parser(name, help=what), promotes=name == "can-promote")

    def handle(self, *args: Any, **options: Any) -> None:
        """See the module."""
        if options["action"] in QUESTIONS:
            sys.exit(self._question(options))
        if options["batch"]:
            sys.exit(self._batch(options["batch"], options["json"]))
        if not (options["old"] and options["new"] and options["format"]):
            self.stderr.write("Give --format and two documents, or --batch.")
            sys.exit(BAD_INPUT)
        sys.exit(self._pair(options))

    def _question(self, options: dict[str, Any]) -> int:
        try:
            answer = asking.answered(options)
        except asking.BadQuestion as bad:
            self.stderr.write(str(bad))
            return BAD_INPUT
        self.stdout.write(json.dumps(answer.as_json()) if options["json"] else asking.said(answer))
        return ANSWERS.get(answer.word, COULD_NOT_TELL)

    def _pair(self, options: dict[str, Any]) -> int:
        try:
            old, new = (_document(Path(options[side])) for side in ("old", "new"))
        except OSError as error:
            self.stderr.write(f"{error.filename} cannot be read: {error.strerror}.")
            return BAD_INPUT
        except UnicodeDecodeError:
            self.stderr.write("A document is no text in UTF-8.")
            return BAD_INPUT
        found = sandbox.compare_forked(
            sandbox.request(
                options["format"],
                old,
                new,
                open_model=options["model"] == "open",
                category=options["category"],
                today=datetime.now(UTC).date(),
            )
        )
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else _told(found))
        return CODES.get(found.outcome, YES)

    def _batch(self, name: str, as_json: bool) -> int:
        """Lines are answered as they come."""
        codes = set[int]()
        try:
            with jsonlines.opened(name) as stream:
                for number, line in jsonlines.counted(jsonlines.lines(stream, batch.MOST_BYTES)):
                    code, answer = _answer(line, number)
                    codes.add(code)
                    self.stdout.write(json.dumps(answer) if as_json else _line(answer, number))
        except BrokenPipeError:
            sys.stderr.close()  # whoever read has seen enough
        except OSError as error:
            self.stderr.write(f"{name} cannot be read: {error.strerror}.")
            codes.add(BAD_INPUT)
        # Nothing was asked, so nothing can be said.
        return next((code for code in WORST_FIRST if code in codes), COULD_NOT_TELL)


def _answer(line: bytes, number: int) -> tuple[int, dict[str, Any]]:
    try:
        id_, asked = batch.asked(line)
    except batch.BadLine as bad:
        return BAD_INPUT, batch.answer_of(bad, number)
    found = sandbox.compare_forked(asked)
    return CODES.get(found.outcome, YES), {"id": id_, **found.as_json()}


def _document(place: Path) -> str | dict[str, Any]:
    if place.is_dir():
        return {path.relative_to(place).as_posix(): _text(path) for path in sorted(place.rglob("*.proto"))}
    return _text(place)


def _text(place: Path) -> str:
    with place.open("rb") as file:
        return file.read(MOST_READ).decode()


def _told(found: Comparison) -> str:
    """For people: the verdict, and a line for each difference."""
    lines = [found.outcome.value.upper() + (f": {found.error}" if found.error else "")]
    for each in found.differences:
        lines.append(f"  {each.level.value:10} {each.location or '/'}: {each.sentence}")
    return "\n".join(lines)


def _line(answer: dict[str, Any], number: int) -> str:
    first = next((each["sentence"] for each in answer["differences"]), answer.get("error", ""))
    return f"{answer['id'] if answer['id'] is not None else number}\t{answer['verdict']}\t{first}"
