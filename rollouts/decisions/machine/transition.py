"""What a decision does: the difference between two snapshots, which the shell saves and the log keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from rollouts.approvals.values import Ballot, Vote
from rollouts.decisions.machine.values import Action, EscalationCause, HoldCause, ReviewCause
from rollouts.plans.values import RevisionState, RolloutState, StageState


@dataclass(frozen=True)
class Grant:
    """Which exposure is granted from now on: that of one stage, or nothing when `stage` is None."""

    stage: int | None


@dataclass(frozen=True)
class Cast:
    """A vote to record on a request."""

    request: str
    vote: Vote


@dataclass(frozen=True)
class Void:
    """A live vote that no longer counts."""

    request: str
    person: str


@dataclass(frozen=True)
class Transition:
    """What a command does. The shell writes exactly this, and appends one event of `kind`.

    `rollout` and `held_for` are the values afterwards; the mappings hold only what changes.
    `planned` are the stages of the revision that is put in force by this (others disappear, new ones
    are pending). `grant` is None when the granted exposure stays. `asks_for` are the approvals to ask
    for: None for the proposed revision, a number for entering that stage (the one after the last: for
    completing); where a request for the
    same is open, or no policy asks for one, nothing is opened. `restarts` is the stage whose warm-up
    and bake count from zero again. `skipped_requests` are open requests that an override passed over.
    `yielded` are the freezes that yielded to their owner. `extends`: by how much the stage's bake grows;
    `asked`: the gate that people are asked about.
    """

    action: Action
    kind: str
    sentence: str
    rollout: RolloutState
    stage: int | None = None
    revision: int | None = None
    reason: str = ""
    stages: Mapping[int, StageState] = field(default_factory=dict)
    revisions: Mapping[int, RevisionState] = field(default_factory=dict)
    planned: tuple[int, ...] | None = None
    grant: Grant | None = None
    held_for: HoldCause | None = None
    casts: tuple[Cast, ...] = ()
    voids: tuple[Void, ...] = ()
    closes_requests: tuple[str, ...] = ()
    asks_for: tuple[int | None, ...] = ()
    restarts: int | None = None
    opens_review: ReviewCause | None = None
    starts_escalation: EscalationCause | None = None
    ends_escalation: bool = False
    override: tuple[str, ...] = ()
    skipped_requests: tuple[str, ...] = ()
    yielded: tuple[str, ...] = ()
    unmeasured: bool = False
    remaining: str = ""
    rollback_due_at: datetime | None = None
    extends: timedelta | None = None
    asked: str = ""

    def to_content(self) -> dict[str, Any]:
        """The event's content as JSON values; the shell adds slug, title, stage name and what was shown."""
        return {
            "action": self.action.value,
            "stage": self.stage,
            "revision": self.revision,
            "reason": self.reason,
            "sentence": self.sentence,
            "moved": self._moved(),
        }

    def _moved(self) -> dict[str, Any]:
        return {
            "rollout": self.rollout.value,
            "stages": {str(number): state.value for number, state in sorted(self.stages.items())},
            "revisions": {str(number): state.value for number, state in sorted(self.revisions.items())},
            "planned": None if self.planned is None else list(self.planned),
            "grant": None if self.grant is None else {"stage": self.grant.stage},
            "held_for": self.held_for and self.held_for.value,
            "casts": [_cast_to_json(cast) for cast in self.casts],
            "voids": [{"request": void.request, "person": void.person} for void in self.voids],
            "closes_requests": list(self.closes_requests),
            "asks_for": list(self.asks_for),
            "restarts": self.restarts,
            "opens_review": self.opens_review and self.opens_review.value,
            "starts_escalation": self.starts_escalation and self.starts_escalation.value,
            "ends_escalation": self.ends_escalation,
            "override": list(self.override),
            "skipped_requests": list(self.skipped_requests),
            "yielded": list(self.yielded),
            "unmeasured": self.unmeasured,
            "remaining": self.remaining,
            "rollback_due_at": self.rollback_due_at and self.rollback_due_at.isoformat(),
            "extends_s": self.extends and self.extends.total_seconds(),
            "asked": self.asked,
        }

    @classmethod
    def from_content(cls, kind: str, content: Mapping[str, Any]) -> Self:
        """The transition that an event of `kind` logged. Raises KeyError when it logged none."""
        moved = content["moved"]
        return cls(
            action=Action(content["action"]),
            kind=kind,
            sentence=content["sentence"],
            rollout=RolloutState(moved["rollout"]),
            stage=content["stage"],
            revision=content["revision"],
            reason=content["reason"],
            stages={int(number): StageState(state) for number, state in moved["stages"].items()},
            revisions={int(number): RevisionState(state) for number, state in moved["revisions"].items()},
            planned=None if moved["planned"] is None else tuple(moved["planned"]),
            grant=None if moved["grant"] is None else Grant(moved["grant"]["stage"]),
            held_for=HoldCause(moved["held_for"]) if moved["held_for"] else None,
            casts=tuple(_cast_from_json(cast) for cast in moved["casts"]),
            voids=tuple(Void(void["request"], void["person"]) for void in moved["voids"]),
            closes_requests=tuple(moved["closes_requests"]),
            asks_for=tuple(moved["asks_for"]),
            restarts=moved["restarts"],
            opens_review=ReviewCause(moved["opens_review"]) if moved["opens_review"] else None,
            starts_escalation=_escalation(moved["starts_escalation"]),
            ends_escalation=moved["ends_escalation"],
            override=tuple(moved["override"]),
            skipped_requests=tuple(moved["skipped_requests"]),
            yielded=tuple(moved["yielded"]),
            unmeasured=moved["unmeasured"],
            remaining=moved["remaining"],
            rollback_due_at=_time(moved["rollback_due_at"]),
            # Events that are older than these fields do not have them.
            extends=_length(moved.get("extends_s")),
            asked=moved.get("asked", ""),
        )


def _escalation(text: str | None) -> EscalationCause | None:
    return EscalationCause(text) if text else None


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _cast_to_json(cast: Cast) -> dict[str, Any]:
    return {
        "request": cast.request,
        "person": cast.vote.person,
        "ballot": cast.vote.ballot.value,
        "at": cast.vote.at.isoformat(),
        "on_behalf_of": cast.vote.on_behalf_of,
        "teams": sorted(cast.vote.teams),
    }


def _cast_from_json(content: Mapping[str, Any]) -> Cast:
    vote = Vote(
        person=content["person"],
        ballot=Ballot(content["ballot"]),
        at=datetime.fromisoformat(content["at"]),
        on_behalf_of=content["on_behalf_of"],
        teams=frozenset(content["teams"]),
    )
    return Cast(request=content["request"], vote=vote)
