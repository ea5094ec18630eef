"""The two questions on the command line: from facts as JSON, or from the database."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from rollouts.contracts.questions import facts
from rollouts.contracts.questions.facts import BadFacts
from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.retiring import can_retire
from rollouts.contracts.questions.values import Answer, Asked, Question, Unanswerable
from rollouts.contracts.registry import answers
from rollouts.lib import jsonlines

MOST_READ = 2_000_000
QUESTIONS = {"can-promote": Question.PROMOTE, "can-retire": Question.RETIRE}


class BadQuestion(ValueError):
    """What was given cannot be asked; a sentence that says what to do."""


def add_to(parser: ArgumentParser, *, promotes: bool) -> None:
    """The arguments of one question."""
    parser.add_argument("contract", nargs="?", help="The contract, as it stands in addresses.")
    parser.add_argument("version", nargs="?", help="Its version.")
    parser.add_argument("--facts", metavar="FILE", help="Facts as JSON instead; - for standard input.")
    parser.add_argument("--environment", default="", help="Only where; default everywhere.")
    if promotes:
        parser.add_argument(
            "--consumers", metavar="A,B", default="", help="Only these services; default all."
        )
        parser.add_argument(
            "--old-stays", action="store_true", help="The old version stays served beside it."
        )
    parser.add_argument("--json", action="store_true", help="Write JSON.")


def answered(options: Mapping[str, Any]) -> Answer:
    """The answer. Raises BadQuestion."""
    question = QUESTIONS[options["action"]]
    if options["facts"]:
        if options["contract"]:
            raise BadQuestion("Give a contract and its version, or --facts.")
        return _from_facts(question, options["facts"])
    if not (options["contract"] and options["version"]):
        raise BadQuestion("Give a contract and its version, or --facts.")
    consumers = {name.strip() for name in options.get("consumers", "").split(",")} - {""}
    asked = Asked(
        question,
        options["contract"],
        options["version"],
        environment=options["environment"],
        consumers=frozenset(consumers) or None,
        beside=True if options.get("old_stays") else None,
    )
    try:
        return answers["gates"](asked)
    except Unanswerable as fault:
        raise BadQuestion(f"{fault} {fault.remedy}") from fault


def _from_facts(question: Question, name: str) -> Answer:
    try:
        with jsonlines.opened(name) as stream:
            text = stream.read(MOST_READ).decode()
        given = facts.read(text, question.value)
        if question is Question.PROMOTE:
            return can_promote(facts.promote_facts(given))
        return can_retire(facts.retire_facts(given))
    except OSError as error:
        raise BadQuestion(f"{name} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, BadFacts) as error:
        raise BadQuestion(str(error)) from error


def said(answer: Answer) -> str:
    """For people: the answer, and a line for each consumer."""
    lines = [f"{answer.question} {answer.word.value.replace('_', ' ').upper()}: {answer.sentence}"]
    for line in answer.lines:
        todo = f" {line.todo}" if line.todo else ""
        lines.append(f"  {line.word.value.replace('_', ' '):8} {line.about}: {line.sentence}{todo}")
    return "\n".join([*lines, *(f"  left out {name}" for name in answer.left_out)])
