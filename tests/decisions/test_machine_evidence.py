"""A decision is refused as changed for a revision, a stage's state or a word; never for a number."""

import json
from dataclasses import replace

import pytest

from rollouts.decisions.machine.evidence import evidence, from_content, key, to_content
from rollouts.decisions.machine.values import Action, Evidence
from rollouts.gates.values import Word
from rollouts.plans.values import RevisionState, RolloutState
from tests.decisions.snapshots import (
    B,
    P,
    R,
    approval_gate,
    does,
    entry_gate,
    gate,
    refuses,
    request,
    resting,
    revision,
    says,
    snapshot,
    stage,
    vote,
    with_gate,
    with_stage,
)

TWO = (revision(), revision(2, RevisionState.PROPOSED))


def test_evidence_holds_what_a_decision_depends_on() -> None:
    seen = with_gate(snapshot(revisions=TWO), 1, gate(), gate("p95", Word.PENDING), gate("new", observe=True))
    seen = with_gate(seen, 2, entry_gate(word=Word.INCONCLUSIVE), gate(word=Word.FAIL))
    assert evidence(seen) == Evidence(
        revision=1,
        proposed=2,
        stages={1: R, 2: P, 3: P},
        words={"1/exit/errors": Word.PASS, "1/exit/p95": Word.PENDING, "2/entry/drill": Word.INCONCLUSIVE},
    )
    assert key(stage(3), gate("a/b")) == "3/exit/a/b"
    empty = snapshot(revisions=(), stages=())
    assert evidence(empty) == Evidence()


def test_what_is_unchanged_is_decided() -> None:
    seen = snapshot()
    assert does(seen, Action.PROMOTE, seen=evidence(seen)).stage == 2
    assert does(seen, Action.PROMOTE, seen=Evidence()).stage == 2


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        (Evidence(revision=7), "revision 7 no longer governs"),
        (Evidence(stages={1: B}), "stage 1 was baking and is ready"),
        (Evidence(stages={9: P}), "stage 9 was pending and is gone"),
        (Evidence(words={"1/exit/errors": Word.NO_DATA}), "“errors” said no data and says pass"),
        (
            Evidence(revision=7, stages={1: B}, words={"1/exit/errors": Word.FAIL}),
            "revision 7 no longer governs, stage 1 was baking and is ready "
            "and “errors” said fail and says pass",
        ),
    ],
)
@pytest.mark.parametrize("action", [Action.PROMOTE, Action.HOLD, Action.APPROVE])
def test_what_changed_is_refused_and_named(action: Action, then: Evidence, sentence: str) -> None:
    seen = snapshot(requests=(request(1, 2),))
    assert says(refuses(seen, action, stage=2, seen=then)) == (
        "changed",
        f"Changed since you looked: {sentence}.",
        "Look at what stands there now, and decide again.",
    )


def test_taking_back_rests_on_no_word() -> None:
    seen = snapshot(RolloutState.HALTED)
    said = Evidence(words={"1/exit/errors": Word.NO_DATA})
    assert does(seen, Action.ROLL_BACK, reason="because", seen=said) is not None
    for then in (Evidence(revision=7), Evidence(stages={1: B}, words=said.words)):
        assert refuses(seen, Action.ROLL_BACK, reason="because", seen=then).code == "changed"


def test_a_word_that_no_longer_matters_is_not_compared() -> None:
    then = Evidence(words={"3/exit/errors": Word.FAIL, "1/exit/gone/name": Word.FAIL})
    assert does(snapshot(), Action.PROMOTE, seen=then).stage == 2
    named = with_gate(snapshot(), 1, gate("a/b"))
    refused = refuses(named, Action.PROMOTE, seen=Evidence(words={"1/exit/a/b": Word.FAIL}))
    assert refused.sentence == "Changed since you looked: “a/b” said fail and says pass."


def test_another_proposal_changes_what_a_vote_on_it_is_about() -> None:
    seen = resting(
        RolloutState.PROPOSED, revisions=(revision(3, RevisionState.PROPOSED),), requests=(request(3),)
    )
    then = Evidence(proposed=2)
    expected = "Changed since you looked: revision 2 is no longer proposed."
    assert refuses(seen, Action.APPROVE, seen=then).sentence == expected
    assert refuses(seen, Action.REJECT, seen=then, reason="because").sentence == expected
    assert does(seen, Action.APPROVE, seen=Evidence(proposed=3)).revision == 3
    assert does(seen, Action.APPROVE, seen=Evidence()).revision == 3
    assert does(seen, Action.WITHDRAW, seen=then).revision == 3


def test_a_vote_on_a_stage_does_not_depend_on_a_proposal() -> None:
    seen = snapshot(requests=(request(1, 2),))
    assert does(seen, Action.APPROVE, stage=2, seen=Evidence(proposed=2)).casts


def test_an_approval_gate_is_compared_by_what_its_votes_say() -> None:
    asked = with_gate(snapshot(requests=(request(1, 2),)), 2, approval_gate())
    assert evidence(asked).words["2/entry/go"] is Word.PENDING
    given = replace(asked, requests=(request(1, 2, votes=(vote(),)),))
    assert refuses(given, Action.PROMOTE, seen=evidence(asked)).sentence == (
        "Changed since you looked: “go” said pending and says pass."
    )


def test_evidence_survives_json() -> None:
    seen = evidence(with_stage(snapshot(revisions=TWO), 2, gates=(entry_gate(),)))
    content = json.loads(json.dumps(to_content(seen)))
    assert from_content(content) == seen
    assert content == {
        "revision": 1,
        "proposed": 2,
        "stages": {"1": "ready", "2": "pending", "3": "pending"},
        "words": {"1/exit/errors": "pass", "2/entry/drill": "pass"},
    }
