"""Why a gate's verdict is what it is: its page, for every kind, and the same verdict again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rollouts.accounts.models import Person
from rollouts.gates import services as gates
from rollouts.gates.models import Gate, Verdict
from rollouts.health.models import PartialData, Query, Slo, Source
from rollouts.lib.clock import database_now
from rollouts.lib.links import read
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.dashboard.test_rollout_page import signed_in
from tests.gates.factories import EXPOSURE, METRIC, gate, running
from tests.health.factories import EPOCH, environment, series, service, source, window

pytestmark = pytest.mark.django_db
WINDOW = timedelta(seconds=5)
COMPARE: dict[str, Any] = {
    **METRIC, "name": "beside", "settings": {"signal": "errors", "guard": False}
}  # fmt: skip
APPROVAL = {"name": "sign-off", "kind": "approval", "settings": {"quorum": 2}}
SCHEDULE = {
    "name": "hours", "kind": "schedule",
    "settings": {"zone": "Europe/Berlin", "hours": {"days": ["mon"], "from": "09:00", "to": "17:00"}},
}  # fmt: skip
CHECKLIST = {
    "name": "told", "kind": "checklist", "settings": {"items": [{"name": "desk", "title": "The desk knows"}]}
}  # fmt: skip


@pytest.fixture
def mina() -> Person:
    made = person("mina@example.test")
    team("orders", viewer=[made])
    return made


def judged(*plan: dict[str, Any], bad: int = 3, windows: int = 20) -> Rollout:
    """A stage with these gates that was measured for so many windows until now."""
    until = database_now()
    fleet = source()
    old, new = series(fleet, version="2.4.0"), series(fleet, version="3.0.0")
    last = int((until - EPOCH).total_seconds()) // 5
    for number in range(last - windows, last):
        window(old, number, bad=9, total=900)
        window(new, number, bad=bad, total=100)
    Source.objects.update(collected_through_at=until)
    with transaction.atomic():
        rollout = running(*plan, at=until - windows * WINDOW)
        gates.judge(rollout_ids=[rollout.pk], now=until)
    return rollout


def page(who: Person, row: Gate, query: str = "") -> str:
    answer = signed_in(who).get(f"{row.rollout.get_absolute_url()}gates/{row.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def part(text: str, name: str) -> str:
    """The words of one panel."""
    found = re.search(rf'<section[^>]*data-part="{name}".*?</section>', text, re.S)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_failed_comparison_says_rule_counts_evidence_and_history(mina: Person) -> None:
    row = gate(judged(COMPARE, bad=20), "beside")
    text = page(mina, row)
    assert "it is worse than that" in part(text, "verdict")
    assert "100 % of what fails it (3.00 of 3.00)" in part(text, "verdict")
    assert "more than 1.25 times the old version" in part(text, "rule")
    assert "in at most 5 % of rollouts" in part(text, "rule")
    assert "A doubling is excluded" in part(text, "numbers")
    assert "New 3.0.0" in part(text, "numbers")
    assert "Old 2.4.0" in part(text, "numbers")
    assert "20.00 %" in part(text, "numbers")
    assert "it is worse than that" in part(text, "history")
    assert "Evidence: Errors of orders" in part(text, "charts")
    assert "No query: what was scraped" in part(text, "queries")


def test_the_stored_windows_give_the_same_verdict_again_or_the_page_says_that_they_do_not(
    mina: Person,
) -> None:
    row = gate(judged(COMPARE), "beside")
    assert "Compute it again" in part(page(mina, row), "again")
    assert "The same word and sentence come out of" in part(page(mina, row, "?again=1"), "again")
    told = signed_in(mina).get(f"/api/v1/gates/{row.pk}/recompute/").json()
    assert told["same"] is True
    assert len(told["evidence"]) == told["windows"]
    Gate.objects.filter(pk=row.pk).update(verdict="fail", sentence="Somebody wrote this.")
    assert "Something else comes out" in part(page(mina, row, "?again=1"), "again")


@pytest.mark.parametrize(
    ("plan", "name", "rule", "numbers"),
    [
        (METRIC, "errors", "2 of the last 3 measurements are over 5 %", "inside"),
        (EXPOSURE, "exposure", "more than 5 points off", "agrees"),
        (APPROVAL, "sign-off", "Approvals 2", "Nobody was asked yet"),
        (SCHEDULE, "hours", "Mon from 09:00 to 17:00 Europe/Berlin", "Clock"),
        (CHECKLIST, "told", "Somebody says that 1 item is done", "The numbers"),
    ],
)
def test_every_kind_says_its_rule_and_what_it_rests_on(
    mina: Person, plan: dict[str, Any], name: str, rule: str, numbers: str
) -> None:
    text = page(mina, gate(judged(plan), name))
    assert rule in part(text, "rule")
    assert numbers in part(text, "numbers")


def test_open_items_of_a_checklist_stand_beside_the_verdict(mina: Person) -> None:
    text = part(page(mina, gate(judged(CHECKLIST), "told")), "verdict")
    assert "0 of 1 items are done" in text
    assert "The desk knows" in text


def test_budget_gate_shows_what_was_spent(mina: Person) -> None:
    Slo.objects.create(
        slug="answers", title="Answers", service=service(), environment=environment(), target=0.99,
        standing={
            "at": database_now().isoformat(), "total": 1_000_000, "bad": 0, "remaining": 1.0, "firing": "",
            "burns": [],
        },
    )  # fmt: skip
    plan = {**METRIC, "settings": {"signal": "errors", "judge": "budget", "slo": "answers"}}
    text = page(mina, gate(judged(plan, bad=30)))
    assert "error budget; allowed are 2 %" in part(text, "verdict")
    assert "more than 2 % of the error budget of “answers”" in part(text, "rule")


def test_queries_warnings_and_links_stand_where_the_numbers_come_from(mina: Person, settings: Any) -> None:
    settings.GATEHOUSE_LINKS = read('{"Traces": "https://t.test/?s={service}&v={version}"}')
    rollout = judged(METRIC)
    fleet, now = Source.objects.get(), database_now()
    Query.objects.create(
        source=fleet, template="gatehouse.requests", signal="errors", perspective="server",
        text="sum by (service) (increase(x[5s]))", first_end_at=now - timedelta(hours=1), last_end_at=now,
    )  # fmt: skip
    PartialData.objects.create(
        source=fleet, start_at=now - 2 * WINDOW, signal="errors", text="one store is away"
    )
    text = page(mina, gate(rollout))
    assert "sum by (service) (increase(x[5s]))" in part(text, "queries")
    assert "Fleet says that its data may not be whole: one store is away" in part(text, "verdict")
    assert "https://t.test/?s=orders&amp;v=3.0.0" in text


def test_gate_page_needs_as_many_questions_with_much_history_as_with_little(mina: Person) -> None:
    rollout = judged(METRIC, COMPARE, EXPOSURE)
    row = gate(rollout, "beside")
    client = signed_in(mina)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(f"{rollout.get_absolute_url()}gates/{row.pk}/?again=1")
        counts.append(len(asked))
        now = database_now()
        Verdict.objects.bulk_create(
            Verdict(gate=row, at=now - timedelta(hours=n), word="pass", sentence="Fine.") for n in range(40)
        )
    assert counts[0] == counts[1]


def test_gates_of_the_rollout_lead_to_their_pages_and_dropped_ones_keep_theirs(mina: Person) -> None:
    rollout = judged(METRIC)
    row = gate(rollout)
    text = signed_in(mina).get(f"{rollout.get_absolute_url()}panels/gate_list/").content.decode()
    assert f'href="{rollout.get_absolute_url()}gates/{row.pk}/"' in text
    Gate.objects.filter(pk=row.pk).update(gone_at=database_now())
    assert "A later revision of the plan dropped this gate" in page(mina, row)


def test_gate_of_another_or_a_private_rollout_is_not_there(mina: Person) -> None:
    rollout = judged(METRIC)
    base = f"{rollout.get_absolute_url()}gates/"
    assert signed_in(mina).get(f"{base}{gate(rollout).pk + 1}/").status_code == 404
    Rollout.objects.filter(pk=rollout.pk).update(visibility="private")
    stranger = signed_in(person("stranger@example.test"))
    assert stranger.get(f"{base}{gate(rollout).pk}/").status_code == 404


def test_panel_shows_evidence_and_the_budget_of_the_changed_service(mina: Person) -> None:
    slo = Slo.objects.create(
        slug="answers", title="Answers", service=service(), environment=environment(), target=0.99
    )
    rollout = judged(COMPARE)
    address = f"{rollout.get_absolute_url()}panels/health/"
    text = signed_in(mina).get(address).content.decode()
    assert "Evidence: Errors of orders" in text
    assert "Answers was not counted yet." in text
    slo.standing = {
        "at": database_now().isoformat(), "total": 1000, "bad": 2, "remaining": 0.8, "firing": "",
        "burns": [{"long": 1.5, "long_s": 3600, "fires": False, "factor": 14.4}],
    }  # fmt: skip
    slo.save()
    text = signed_in(mina).get(address).content.decode()
    assert "Answers has 80 % of its error budget left." in text
    assert "1.5 times as fast as allowed" in text
    figure = re.search(r'data-figure="([^"]+/evidence/)"', text)
    assert figure
    drawn = signed_in(mina).get(figure[1]).json()
    assert drawn["layout"]["shapes"][0]["y0"] == 100
    assert signed_in(mina).get(figure[1].replace("/evidence/", "1/evidence/")).status_code == 404
