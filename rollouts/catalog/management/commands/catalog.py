"""`manage.py catalog apply FILE`: 0 applied, 1 a dry run found changes, 2 bad input, 3 could not tell."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError

from rollouts.accounts.models import Person
from rollouts.audit.values import Actor, Face
from rollouts.catalog import services
from rollouts.catalog.registry import What
from rollouts.lib.documents.problems import Problem
from rollouts.lib.documents.source import media_type_of

YES, NO, BAD_INPUT, COULD_NOT_TELL = 0, 1, 2, 3
OPERATOR = Actor(kind="system", id="command", name="The operator")


class Command(BaseCommand):
    help = "Brings the catalog to what a file says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        apply = actions.add_parser("apply", help="Apply a file; twice is the same as once.")
        apply.add_argument(
            "file", help="catalog.yaml or Backstage's catalog-info.yaml; - for standard input."
        )
        apply.add_argument("--as", dest="email", help="E-mail of who does it. Default: the operator.")
        apply.add_argument(
            "--origin",
            default="",
            help="Where a catalog-info.yaml lies; the same each time. Default: its first name.",
        )
        apply.add_argument("--dry-run", action="store_true", help="Only say what would change.")
        apply.add_argument("--json", action="store_true", help="Write JSON.")
        schema = actions.add_parser("schema", help="Write the JSON Schema of the file.")
        schema.add_argument("--json", action="store_true", help="JSON is the only format.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "schema":
            self.stdout.write(json.dumps(services.schema(), indent=2))
            return
        try:
            code = self._apply(options)
        except OperationalError as fault:
            code = self._fail(options, f"The database cannot be reached. ({fault})", (), COULD_NOT_TELL)
        if code:
            sys.exit(code)

    def _apply(self, options: dict[str, Any]) -> int:
        name, dry_run = options["file"], options["dry_run"]
        try:
            source = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            return self._fail(options, f"{name} cannot be read: {error.strerror}.", ())
        actor = OPERATOR
        if options["email"]:
            person = Person.objects.filter(email=options["email"].lower(), is_active=True).first()
            if person is None:
                return self._fail(options, f"There is no active person {options['email']}.", ())
            actor = person.actor
        try:
            report = services.apply_catalog(
                source=source,
                media_type=media_type_of(name),
                actor=actor,
                face=Face.COMMAND,
                dry_run=dry_run,
                origin=options["origin"],
            )
        except services.Unsound as unsound:
            return self._fail(options, unsound.sentence, unsound.problems)
        self._report(report, options)
        return NO if dry_run and report.moved else YES

    def _report(self, report: services.Report, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        for outcome in report.outcomes:
            if outcome.what is not What.UNCHANGED:
                details = f" ({'; '.join(outcome.details)})" if outcome.details else ""
                self.stdout.write(f"{outcome.what.value:9} {outcome.section} {outcome.name}{details}")
        said = ", ".join(f"{count} {what}" for what, count in report.count().items() if count)
        self.stdout.write(f"{'Would be' if options['dry_run'] else 'Catalog'}: {said or 'nothing listed'}.")

    def _fail(
        self, options: dict[str, Any], sentence: str, problems: tuple[Problem, ...], code: int = BAD_INPUT
    ) -> int:
        if options["json"]:
            told = {"error": sentence, "problems": [problem.as_json() for problem in problems]}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return code
        for one in problems:
            place = f"{options['file']}:{one.line}:{one.column}"
            self.stderr.write(f"{place}: {one.path or '/'}: {one.message} {one.remedy}")
        self.stderr.write(sentence)
        return code
