"""What `manage.py plan` says of checks and back-tests, to people and to programs."""

from typing import Any

from rollouts.lib.documents.problems import Problem
from rollouts.plans.document.check import Checked


def tried(report: dict[str, Any]) -> list[str]:
    first = f"Stage {report['stage']}, {report['title']} ({report['judge']}): {report['sentence']}"
    left = report.get("left_out")
    older = [f"  {left:,} older windows were asked for and left out."] if left else []
    return [first, *(f"  {proposal}" for proposal in report.get("proposals", ())), *older]


def as_json(checked: Checked) -> dict[str, Any]:
    return {
        "valid": checked.sound,
        "digest": checked.digest,
        "problems": [problem.as_json() for problem in checked.problems],
    }


def lines_of(name: str, problems: tuple[Problem, ...]) -> list[str]:
    return [
        f"{name}:{one.line}:{one.column}: {one.severity.value}: {one.path or '/'}: {one.message} {one.remedy}"
        for one in problems
    ]


def told(found: dict[str, Any]) -> str:
    if "error" in found:
        return str(found["error"])
    lines = [
        "{file}:{line}:{column}: {severity}: {path}: {message} {remedy}".format(
            file=found["file"], **(one | {"path": one["path"] or "/"})
        )
        for one in found["problems"]
    ]
    end = f"{found['file']}: the plan is sound, {found['digest'][:19]}." if found["valid"] else ""
    return "\n".join([*lines, end]).strip()


def unsound(checked: Checked) -> int:
    """A document that can be read and is wrong is a no; one that cannot be read is bad input."""
    return 1 if isinstance(checked.document, dict) else 2
