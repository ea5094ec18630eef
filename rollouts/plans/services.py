"""One way to check a plan document and one to save it, for the page, the API, an upload and the command."""

from dataclasses import dataclass

from rollouts.accounts.models import Person, Team
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Environment
from rollouts.lib.documents.canonical import to_yaml
from rollouts.lib.documents.problems import Problem
from rollouts.lib.documents.source import YAML
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries
from rollouts.plans.campaigns.services import end_campaign as end_campaign
from rollouts.plans.campaigns.services import open_campaign as open_campaign
from rollouts.plans.document.check import Checked, check
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.registry import Draft, verbs
from rollouts.plans.sequencing.proposing import USUAL, Stage, rewritten, staged
from rollouts.plans.surroundings import facts as known_facts


class Unsound(Refusal):
    """The document has errors; `checked` names every one of them."""

    def __init__(self, checked: Checked) -> None:
        count = len(checked.errors)
        sentence = "The plan has an error." if count == 1 else f"The plan has {count} errors."
        super().__init__("unsound", sentence, "Mend what is named and save again.")
        self.checked = checked


class Outdated(Refusal):
    """Somebody saved another revision since the one that this edit began with."""


@dataclass(frozen=True)
class Saved:
    """The revision that holds the document. `made` is false when the newest draft held it already."""

    revision: Revision
    made: bool
    checked: Checked


def validate(*, source: bytes, media_type: str = YAML, facts: Facts | None = None) -> Checked:
    """Everything that is wrong with a document, against the catalog as it is now."""
    return check(source, media_type, known_facts() if facts is None else facts)


@dataclass(frozen=True)
class Proposed:
    """Stages in the order of the waves, and the document's text with them in place of its own."""

    stages: list[Stage]
    text: str


def propose_stages(*, source: bytes, media_type: str = YAML) -> Proposed:
    """Stages from the waves of a document's changes, which need not have stages yet. Raises Unsound.

    Saves nothing: they are the author's to edit.
    """
    checked = validate(source=source, media_type=media_type)
    document, plan = checked.document, checked.plan
    if plan is None and isinstance(document, dict):
        # What is wrong with its stages is no obstacle: others are asked for.
        document = {**document, "stages": list(USUAL)}
        plan = validate(source=to_yaml(document).encode()).plan
    if plan is None:
        raise Unsound(checked)
    stages = staged(document, queries.order_of(plan).waves)
    return Proposed(stages, rewritten(source, media_type, stages))


def save_draft(
    *,
    source: bytes,
    actor: Actor,
    face: Face,
    media_type: str = YAML,
    rollout: str | None = None,
    base: str | None = None,
) -> Saved:
    """Saves the document as the next draft revision of its rollout, which is made when there is none.

    `rollout` is the slug that the caller means; `base` the digest of the newest revision that the
    caller knew. Raises Unsound, Outdated, or another Refusal when the actor may not; nothing is then
    changed. The same document again changes nothing either.
    """
    checked = validate(source=source, media_type=media_type)
    plan = checked.plan
    if plan is None or checked.digest is None:
        raise Unsound(checked)
    if rollout is not None and plan.name != rollout:
        raise Unsound(_misnamed(checked, rollout, plan.name))
    newest = Revision.objects.filter(rollout__slug=plan.name).order_by("-number").first()
    _require_base(newest, base)
    if newest is not None and newest.state == "draft" and _same(newest, source, media_type):
        return Saved(newest, False, checked)
    draft = Draft(source, media_type, checked.document, checked.digest, _person_id(actor), _reference(actor))
    create = None if newest is not None else _new_rollout(plan, actor)
    revision = verbs["save_plan"](rollout=plan.name, draft=draft, actor=actor, face=face, create=create)
    return Saved(revision, True, checked)


def _same(revision: Revision, source: bytes, media_type: str) -> bool:
    return bytes(revision.source) == source and revision.media_type == media_type


def _require_base(newest: Revision | None, base: str | None) -> None:
    if base is None or base == (newest.digest if newest else ""):
        return
    who = f"Revision {newest.number} was saved" if newest else "The rollout was removed"
    raise Outdated(
        "outdated", f"{who} since you began to edit.", "Read it, bring your changes in, and save again."
    )


def _misnamed(checked: Checked, wanted: str, found: str) -> Checked:
    message = f"This plan is named {found}, and the rollout {wanted}."
    problem = Problem("/name", 1, 1, message, f"Write `name: {wanted}`, or save it as a new rollout.")
    return Checked(checked.document, (problem, *checked.problems))


def _person_id(actor: Actor) -> int | None:
    return int(actor.id) if actor.kind == "person" else None


def _reference(actor: Actor) -> str:
    """What separation of duties compares votes with: the person's id."""
    return actor.id


def _new_rollout(plan: Plan, actor: Actor) -> Rollout:
    named = Person.objects.filter(email=(plan.owner.person or "").lower()).first()
    return Rollout(
        title=plan.title,
        team=Team.objects.get(slug=plan.owner.team),
        owner=named or Person.objects.filter(pk=_person_id(actor) or 0).first(),
        environment=Environment.objects.get(slug=plan.environment),
        visibility=plan.communication.visibility.value,
    )
