"""`manage.py plan`: checks, saves, proposes, shows, compares. 0 yes, 1 no, 2 bad input, 3 could not tell."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now
from rollouts.lib.documents.canonical import to_yaml
from rollouts.lib.documents.source import media_type_of
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries, services, telling
from rollouts.plans.document.checks.facts import NOTHING_KNOWN
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.registry import verbs
from rollouts.plans.sequencing.judging import Order
from rollouts.plans.wave_facts import BadFacts, order_of_facts
from rollouts.plans.waves import Wave
from rollouts.plans.whatif import words
from rollouts.plans.whatif.asking import ask
from rollouts.plans.whatif.form import WhatIfForm

YES, NO, BAD_INPUT, COULD_NOT_TELL = 0, 1, 2, 3


class BadInput(Exception):
    """What was asked for cannot be read or is not there; `data` says it to programs."""

    def __init__(self, text: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.data = data or {"error": text}


class Command(BaseCommand):
    help = "Checks, saves and shows plan documents."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, what in ACTIONS.items():
            action = actions.add_parser(name, help=what)
            action.add_argument("--json", action="store_true", help="Write JSON.")
            if name == "validate":
                action.add_argument("files", nargs="+", help="Plan files, or - for standard input.")
                action.add_argument(
                    "--offline", action="store_true", help="Do not check names against the catalog."
                )
            elif name == "apply":
                action.add_argument("files", nargs=1, help="A plan file, or - for standard input.")
                action.add_argument(
                    "--as", dest="email", help="E-mail of the author. Default: the plan's owner."
                )
            else:
                by_file = name in ("waves", "order", "backtest")
                action.add_argument(
                    "what",
                    help="A service's slug." if name == "what-if" else HELP + ", or a plan file." * by_file,
                    nargs="?" if name in ("waves", "order") else None,
                )
            if name == "what-if":
                for option in ("contract", "version", "old", "environment", "on"):
                    action.add_argument(f"--{option}", default="")
            if name == "propose":
                action.add_argument("--as", dest="email", help="E-mail of the planner. Default: the owner.")
                action.add_argument(
                    "--override", action="append", default=[], help="Name of what is passed over; repeat."
                )
                action.add_argument("--reason", default="", help="Why; an override needs one.")
            if name == "waves":
                action.add_argument(
                    "--stages", action="store_true", help="Propose stages, as a plan has them."
                )
            if name in ("waves", "order"):
                action.add_argument("--facts", metavar="FILE", help="Changes and needs as JSON, or -.")
            if name == "backtest":
                action.add_argument("--days", type=int, default=7, help="Past days, 1 to 28. Default: 7.")
                action.add_argument(
                    "--shift", type=float, help="Times worse that must be seen. Default: as the gates say."
                )
            if name == "show":
                action.add_argument("--revision", type=int, help="Default: the newest.")
            if name == "diff":
                action.add_argument("old", type=int, help="Number of the older revision.")
                action.add_argument("new", type=int, help="Number of the newer revision.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = {
            "validate": self._validate,
            "apply": self._apply,
            "show": self._show,
            "waves": self._waves,
            "order": self._order,
            "propose": self._propose,
            "what-if": self._what_if,
            "diff": self._diff,
            "backtest": self._backtest,
        }[options["action"]]
        try:
            code = run(options)
        except BadInput as fault:
            code = self._say(options, BAD_INPUT, str(fault), fault.data)
        except OperationalError as fault:
            sentence = "The database cannot be reached, so names could not be checked."
            code = self._say(options, COULD_NOT_TELL, f"{sentence} ({fault})", {"error": sentence})
        if code:
            sys.exit(code)

    def _say(self, options: dict[str, Any], code: int, text: str, data: Any) -> int:
        if options["json"]:
            self.stdout.write(json.dumps(data, ensure_ascii=False))
        elif text:
            (self.stdout if code == YES else self.stderr).write(text)
        return code

    def _validate(self, options: dict[str, Any]) -> int:
        facts = NOTHING_KNOWN if options["offline"] else None
        found: list[dict[str, Any]] = []
        code = YES
        for name in options["files"]:
            try:
                checked = services.validate(source=_read(name), media_type=media_type_of(name), facts=facts)
            except BadInput as fault:
                code = BAD_INPUT
                found.append({"file": name, "valid": False, "error": str(fault), "problems": []})
                continue
            code = max(code, YES if checked.sound else telling.unsound(checked))
            found.append({"file": name, **telling.as_json(checked)})
        return self._say(options, code, "\n".join(telling.told(one) for one in found), found)

    def _apply(self, options: dict[str, Any]) -> int:
        name = options["files"][0]
        source, media_type = _read(name), media_type_of(name)
        checked = services.validate(source=source, media_type=media_type)
        if checked.plan is None:
            told = {"file": name, **telling.as_json(checked)}
            return self._say(options, BAD_INPUT, telling.told(told), told)
        actor = _author(options["email"] or checked.plan.owner.person).actor
        try:
            saved = services.save_draft(source=source, media_type=media_type, actor=actor, face=Face.COMMAND)
        except Refusal as refusal:
            data = {"saved": False, "code": refusal.code, "error": refusal.sentence, "remedy": refusal.remedy}
            return self._say(options, NO, str(refusal), data)
        number, what = saved.revision.number, "Saved as" if saved.made else "Nothing new:"
        data = {
            "saved": saved.made,
            "rollout": checked.plan.name,
            "revision": number,
            "state": saved.revision.state,
            "digest": saved.revision.digest,
            "problems": [problem.as_json() for problem in checked.problems],
        }
        text = f"{what} revision {number} of {checked.plan.name}, {saved.revision.digest[:19]}."
        return self._say(options, YES, "\n".join([*telling.lines_of(name, checked.problems), text]), data)

    def _show(self, options: dict[str, Any]) -> int:
        revision = _revision(_rollout(options["what"]), options["revision"])
        data = {
            "rollout": options["what"],
            "revision": revision.number,
            "state": revision.state,
            "digest": revision.digest,
            "document": revision.document,
        }
        return self._say(options, YES, queries.yaml_of(revision).rstrip("\n"), data)

    def _backtest(self, options: dict[str, Any]) -> int:
        plan = _plan(options["what"])
        if not 1 <= options["days"] <= 28 or not 1.1 <= (options["shift"] or 2) <= 100:
            raise BadInput("Give --days from 1 to 28, and --shift from 1.1 to 100.")
        reports = [
            report.as_json()
            for report in verbs["backtest"](
                plan, now=database_now(), days=options["days"], shift=options["shift"]
            )
        ]
        sound = {report["sound"] for report in reports}
        code = NO if False in sound else COULD_NOT_TELL if None in sound else YES
        lines = [line for report in reports for line in telling.tried(report)]
        return self._say(options, code, "\n".join(lines) or "There is no metric gate in it.", reports)

    def _waves(self, options: dict[str, Any]) -> int:
        if options["stages"]:
            return self._stages(options)
        found = _waves_asked(options["what"], options["facts"])
        return self._say(
            options, YES, "\n".join(str(wave) for wave in found), [wave.as_json() for wave in found]
        )

    def _stages(self, options: dict[str, Any]) -> int:
        if options["what"] is None:
            raise BadInput("Stages are proposed for a rollout or a plan file.")
        try:
            found = services.propose_stages(**_document(options["what"]))
        except services.Unsound as unsound:
            told = {"file": options["what"], **telling.as_json(unsound.checked)}
            raise BadInput(telling.told(told), told) from unsound
        return self._say(options, YES, to_yaml({"stages": found.stages}).rstrip("\n"), found.stages)

    def _order(self, options: dict[str, Any]) -> int:
        order = _order_asked(options["what"], options["facts"])
        code = YES if order.holds else NO
        lines = [f"{'Breaks' if one.breaks else 'Doubtful'}: {one.sentence}." for one in order.findings]
        lines += [one.sentence for one in order.contradictions]
        return self._say(options, code, "\n".join(lines) or "The order harms nobody.", order.as_json())

    def _what_if(self, options: dict[str, Any]) -> int:
        form = WhatIfForm({**options, "service": options["what"]})
        if not form.is_valid():
            raise BadInput(
                "\n".join(f"{field}: {' '.join(map(str, said))}" for field, said in form.errors.items())
            )
        answer = ask(form.question, database_now())
        data = json.loads(json.dumps(words.as_json(form.question, answer), default=str))
        return self._say(options, YES, words.told(form.question, answer), data)

    def _propose(self, options: dict[str, Any]) -> int:
        rollout = _rollout(options["what"])
        actor = _author(options["email"] or (rollout.owner.email if rollout.owner else None)).actor
        try:
            decided = verbs["propose"](
                rollout=rollout.slug,
                override=tuple(options["override"]),
                reason=options["reason"],
                actor=actor,
                face=Face.COMMAND,
            )
        except Refusal as refusal:
            data = {
                "proposed": False, "code": refusal.code, "error": refusal.sentence, "remedy": refusal.remedy
            }  # fmt: skip
            return self._say(options, NO, str(refusal), data)
        sentence = decided.event.content["sentence"]
        return self._say(options, YES, sentence, {"proposed": True, "sentence": sentence})

    def _diff(self, options: dict[str, Any]) -> int:
        rollout = _rollout(options["what"])
        old, new = _revision(rollout, options["old"]), _revision(rollout, options["new"])
        found = queries.compare(old, new)
        text = "\n".join([*(str(one) for one in found), "", queries.compare_text(old, new)]).strip()
        return self._say(options, YES, text or "Nothing differs.", [one.as_json() for one in found])


def _plan(what: str) -> Plan:
    """The plan in a file, or the newest one of a rollout."""
    if _is_file(what):
        checked = services.validate(source=_read(what), media_type=media_type_of(what))
        if checked.plan is None:
            told = {"file": what, **telling.as_json(checked)}
            raise BadInput(telling.told(told), told)
        return checked.plan
    return queries.plan_of(_revision(_rollout(what), None))


def _is_file(what: str) -> bool:
    return what == "-" or bool(Path(what).suffix) or Path(what).is_file()


def _document(what: str) -> dict[str, Any]:
    """The text of a file, or of the newest revision of a rollout."""
    if _is_file(what):
        return {"source": _read(what), "media_type": media_type_of(what)}
    revision = _revision(_rollout(what), None)
    return {"source": bytes(revision.source), "media_type": revision.media_type}


def _waves_asked(what: str | None, facts: str | None) -> list[Wave]:
    """Of a plan as the database knows its services, or of facts, which need no database."""
    return list(_order_asked(what, facts).waves)


def _order_asked(what: str | None, facts: str | None) -> Order:
    if (what is None) == (facts is None):
        raise BadInput("Name a rollout or a plan file, or give --facts.")
    if facts is None:
        return queries.order_of(_plan(str(what)))
    try:
        return order_of_facts(_read(facts))
    except BadFacts as fault:
        raise BadInput(str(fault)) from fault


HELP = "A rollout's slug"
ACTIONS = {
    "backtest": "Replay the metric gates on past days: what they would have done.",
    "validate": "Check plan files; name every problem with path, line and remedy.",
    "apply": "Save a plan file as the next draft revision of its rollout.",
    "show": "Write a rollout's plan, as it was written.",
    "waves": "Say which changes may move together, and why.",
    "order": "Say whom the order of the stages breaks: exit code 1 if somebody.",
    "what-if": "Say what a version of a contract would take: waves, who is not ready, by when.",
    "propose": "Propose the newest draft; refused when its order breaks somebody.",
    "diff": "Say what differs between two revisions, in words and as text.",
}


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from error


def _author(email: str | None) -> Person:
    if not email:
        raise BadInput("Nobody is named as the author. Add --as EMAIL, or `owner.person` to the plan.")
    person = Person.objects.filter(email=email.lower(), is_active=True).first()
    if person is None:
        raise BadInput(f"There is no active person with the e-mail {email}.")
    return person


def _rollout(slug: str) -> Rollout:
    rollout = Rollout.objects.filter(slug=slug).first()
    if rollout is None:
        raise BadInput(f"There is no rollout {slug}.")
    return rollout


def _revision(rollout: Rollout, number: int | None) -> Revision:
    rows = rollout.revisions.order_by("-number")
    found = rows.filter(number=number).first() if number is not None else rows.first()
    if found is None:
        raise BadInput(
            f"{rollout.slug} has no revision {number}." if number else f"{rollout.slug} has no plan."
        )
    return found
