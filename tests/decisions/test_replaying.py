"""`manage.py decisions replay`: the tables against the log."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from rollouts.audit import services as audit
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.decisions.machine.values import Action
from rollouts.decisions.replaying import replay
from rollouts.plans.models import Rollout
from tests.decisions import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("decisions", "replay", *arguments, stdout=out, stderr=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def walked() -> Rollout:
    """A rollout that was promoted, halted and rolled back."""
    there = make.world()
    row = make.ready(there)
    make.decide(there.priya, Action.APPROVE_AND_PROMOTE, stage=2)
    make.decide(there.priya, Action.HALT)
    make.decide(there.priya, Action.ROLL_BACK, reason="It is slow.")
    return row


def test_states_rebuilt_from_the_log_equal_the_tables() -> None:
    walked()
    code, said = run("--json")
    assert (code, json.loads(said)["agree"]) == (0, True)
    assert run("--rollout", "orders-v3")[1].startswith("Tables and log agree: 1 rollouts rebuilt from")


def test_a_row_that_was_changed_beside_the_door_is_named() -> None:
    row = walked()
    Rollout.objects.filter(pk=row.pk).update(state="running", granted_stage=2)
    row.stages.filter(number=1).update(state="promoted")
    code, said = run()
    assert code == 1
    assert "orders-v3: The rollout is running here and rolling_back there." in said
    assert "orders-v3: Stage 1 is promoted here and rolling_back there." in said
    assert "The granted stage is 2 here and nothing there." in said


def test_an_unknown_rollout_is_bad_input() -> None:
    assert run("--rollout", "nothing") == (2, "There is no rollout nothing.\n")


def test_erased_words_leave_the_states_rebuilt() -> None:
    row = walked()
    there = make.world()
    newest = Event.objects.filter(stream=row.stream).order_by("-seq", "-pk")[0]
    audit.erase(event_id=newest.pk, actor=there.mina.actor, face=Face.PAGE, reason="asked for")
    content = audit.read(newest.pk).content
    assert "It is slow." not in json.dumps(content)
    assert [each.differences for each in replay()] == [()]
