"""The two questions asked with facts as JSON, so that CI can ask without an installation. Django-free."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry

from rollouts.contracts.questions.values import Caller, Calls, Evidence, PromoteFacts, RetireFacts, Touch
from rollouts.contracts.values import Readiness

SCHEMA = Path(__file__).with_name("facts.schema.json")


class BadFacts(ValueError):
    """Facts that say something else than the schema knows: where, and what."""


def read(text: str, question: str) -> Mapping[str, Any]:
    """The facts of one question ("promote", "retire"), checked. Raises BadFacts."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFacts("The facts are no JSON.") from error
    errors = sorted(_validator(question).iter_errors(found), key=lambda error: list(map(str, error.path)))
    if errors:
        where = "/".join(map(str, errors[0].path)) or "the facts"
        raise BadFacts(f"{where}: {errors[0].message[:200]}")
    known: Mapping[str, Any] = found
    return known


@cache
def _validator(question: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(
        {**schema, "$ref": f"#/$defs/{question}"}, registry=Registry(), format_checker=checker
    )


def promote_facts(given: Mapping[str, Any]) -> PromoteFacts:
    """What `read` gave, as values. Raises BadFacts for a time that is none."""
    policy = given.get("policy", {})
    return PromoteFacts(
        contract=given["contract"],
        version=given["version"],
        now=_time(given["now"]),
        consumers=[_caller(each) for each in given.get("consumers", ())],
        beside=given.get("old_version_stays", False),
        wants_evidence=policy.get("evidence_required", False),
        evidence_for=timedelta(days=policy.get("evidence_days", 14)),
        unnamed_last_hour=given.get("unnamed_calls_last_hour", 0),
    )


def retire_facts(given: Mapping[str, Any]) -> RetireFacts:
    """What `read` gave, as values. Raises BadFacts for a date that is none."""
    return RetireFacts(
        contract=given["contract"],
        version=given["version"],
        today=_date(given["today"]),
        deprecated=given["deprecated"],
        sunset=_date(given["sunset"]) if given.get("sunset") else None,
        consumers=[_caller(each) for each in given.get("consumers", ())],
        calls=[Calls(each.get("caller") or "", each["count"]) for each in given.get("calls", ())],
        coverage=given.get("coverage", 1.0),
        days=given.get("days", 14),
        quiet_days=given.get("quiet_days", 0),
        returns=given.get("rollbacks", ()),
    )


def _caller(given: Mapping[str, Any]) -> Caller:
    return Caller(
        name=given["name"],
        owner=given.get("owner", ""),
        build=given.get("build", ""),
        exposed=given.get("exposed", True),
        declared=given.get("declared", True),
        confidence=given.get("confidence", 1.0),
        readiness=Readiness(given.get("readiness", "unknown")),
        touch=Touch(given.get("difference", "undecided")),
        touched_by=given.get("touched_by", ""),
        calls_last_hour=given.get("calls_last_hour", 0),
        evidence=[_evidence(each) for each in given.get("evidence", ())],
        excludes=given.get("excludes_version", False),
    )


def _evidence(given: Mapping[str, Any]) -> Evidence:
    return Evidence(
        passed=given["result"] == "passed",
        at=_time(given["at"]),
        build=given.get("build", ""),
        version=given.get("version", ""),
        source=given.get("source", ""),
        reference=given.get("reference", ""),
        expires_at=_time(given["expires_at"]) if given.get("expires_at") else None,
    )


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFacts(f"“{text}” is no time. Write 2026-11-29T08:00:00Z.") from error
    if found.tzinfo is None:
        raise BadFacts(f"“{text}” has no time zone. Write 2026-11-29T08:00:00Z.")
    return found


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadFacts(f"“{text}” is no date. Write 2026-11-29.") from error
