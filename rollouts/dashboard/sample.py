"""Sample values for the gallery: the pages of the design, filled by hand."""

# ruff: noqa: E501 - one sample a line reads like the table that it is.

from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.dashboard.drawings import calendar, line, slice
from rollouts.dashboard.lamps import known
from rollouts.dashboard.values import (
    Act,
    Answer,
    Answers,
    CheckItem,
    DecisionBar,
    Edge,
    Failure,
    GateCount,
    GateRow,
    GraphSlice,
    LogRow,
    Node,
    RiskView,
    SignalRow,
    StageView,
    StripStage,
    Upcoming,
    VoteView,
)

NOW = datetime(2026, 11, 24, 23, 34, 10, tzinfo=UTC)


def day(number: int, hour: int = 9, minute: int = 0, month: int = 11) -> datetime:
    """A time of the sample."""
    return datetime(2026, month, number, hour, minute, tzinfo=UTC)


def stages() -> list[StageView]:
    """Six stages, the fourth baking."""
    return [
        StageView(1, "Expand", "promoted", "new fields beside old", "", 1, False, day(16), day(17), day(16, 9, 12),
                  day(17, 9, 40), gates=GateCount(4, 4, "pass")),
        StageView(2, "Staff traffic", "promoted", "internal users", "", 1, False, day(17), day(18), day(17, 10, 5),
                  day(18, 11, 30), gates=GateCount(5, 5, "pass")),
        StageView(3, "Canary 5 %", "promoted", "EU checkout", "", 1, False, day(18, 12), day(20, 12), day(18, 12),
                  day(23, 9, 30), halted_for=timedelta(hours=5, minutes=23), gates=GateCount(6, 6, "pass")),
        StageView(4, "EU 25 %", "baking", "checkout and shipping", "Baking 78 %", 0.78, True, day(20, 12), day(24),
                  day(24, 14, 14), bake_ends_at=day(25, 2, 14), gates=GateCount(5, 7, "wait")),
        StageView(5, "All regions", "pending", "100 %", "", None, False, day(24), day(27, 16),
                  earliest_at=day(25, 2, 14), gates=GateCount(2, 6, "none", True)),
        StageView(6, "Contract", "pending", "retire orders-api 2", "", None, False, day(8, month=12),
                  day(10, month=12), earliest_at=day(11, month=12)),
    ]  # fmt: skip


def gates() -> list[GateRow]:
    """Gates of several kinds, the open ones first."""
    return [
        GateRow("lag", "Event lag, invoicing", "metric", "fail", "94 s against a limit of 30 s, in 3 windows.", NOW,
                runbook="https://runbooks.example/lag", owner="Invoicing", on_fail="Halts the stage."),
        GateRow("basket", "Basket p95", "metric", "no_data", "Datadog EU is silent since 23:02 UTC.", NOW,
                on_fail="The stage is held at 23:47 if it stays silent."),
        GateRow("bake", "Bake: stay healthy for 12 h", "bake", "pending",
                "9 h 20 min done. Restarts if a health gate fails.", until_at=day(25, 2, 14), until_word="ends",
                share=0.778),
        GateRow("approval", "Approval: 1 of 2, one must be Platform SRE", "approval", "pending",
                "Approved by Priya Natarajan (Checkout). Asked: you, Sofia Brandt, Kofi Mensah.",
                until_at=day(25, 6), until_word="expires"),
        GateRow("ready", "Ready to go on", "checklist", "pending", "1 of 2 done.",
                checklist=(CheckItem("Support knows", True, "Mina Okafor, 22:10 UTC"),
                           CheckItem("Labels printed in staging", False, href="#tick"))),
        GateRow("success", "Order success, new version against old", "metric", "pass",
                "99.94 % against 99.95 %. Evidence of harm 0.4, alarm at 20.", NOW, warning=True),
        GateRow("exposure", "Share of traffic agrees with what is granted", "exposure", "pass",
                "24.6 % measured, 25 % granted.", NOW, observe=True),
        GateRow("freeze", "No freeze window", "schedule", "pass",
                "Next: Peak freeze, 26 Nov 18:00 to 1 Dec 08:00 UTC, tier 1 services.", NOW),
    ]  # fmt: skip


def points(values: str, start: datetime, minutes: int) -> tuple[tuple[datetime, float | None], ...]:
    """A short series; `-` is a window without data."""
    found = [None if word == "-" else float(word) for word in values.split()]
    return tuple((start + timedelta(minutes=minutes * index), value) for index, value in enumerate(found))


def charts() -> list[Any]:
    """One chart on a log axis and one with a gap."""
    start = day(24, 14, 14)
    evidence = line.Series(
        "gallery-evidence", "Evidence that v3 harms orders", "e-value of order failures, log scale.", "",
        points("1 1.1 .9 1.3 2.1 1.2 .6 .8 1.4 .7 .5 .9 .7 .4 .6 .3 .5 .4", start, 33),
        limit=20, limit_word="alarm 20", log=True, places=1,
    )  # fmt: skip
    latency = line.Series(
        "gallery-latency", "Checkout p95 latency", "ms, per window.", "ms",
        points("398 401 407 404 - - - 409 406 411 408 404 410 412 409 413 411 412", start, 33),
        points("399 400 402 401 403 402 400 404 403 405 402 401 404 403 405 404 406 405", start, 33),
        limit=446, limit_word="+10 %", marks=(line.Mark(day(24, 17, 14), "warm-up ends"),),
    )  # fmt: skip
    return [line.chart(evidence), line.chart(latency)]


def signals() -> list[SignalRow]:
    """Rows of the health table."""
    wave = (3, 5, 4, 6, 5, 7, None, 6, 5, 6, 8, 7)
    return [
        SignalRow(
            "Order success", "demo fleet", "99.94 %", "99.95 %", "−0.01 pt", "−0.10 pt", "pass", wave, "9 h"
        ),
        SignalRow("Basket p95", "Datadog EU", "no data", "405 ms", "no data", "+10 %", "no_data", (), "9 h"),
    ]


def graph() -> GraphSlice:
    """The orders slice."""
    return GraphSlice(
        providers=(Node("orders", "Tier 1, Orders team", "#", focus=True),),
        contracts=(Node("orders-api 3.0.0", "OpenAPI, active beside 2.4", tone="move"),
                   Node("order-events v2", "Avro, dual-written with v1", tone="move")),
        consumers=(Node("checkout", "calls 3.0.0", "#", "pass", "Ready"),
                   Node("shipping", "calls 3.0.0, reads v2", "#", "pass", "Ready"),
                   Node("invoicing", "reads 2.4 and v1", "#", "wait", "Not ready"),
                   Node("notifications", "reads v2", "#", "pass", "Ready")),
        provides=(Edge(0, 0), Edge(0, 1)),
        consumes=(Edge(0, 0), Edge(0, 1), Edge(0, 2), Edge(1, 1), Edge(1, 2), Edge(1, 3, True)),
        sentence="orders provides orders-api 3.0.0 and order-events v2; 3 of 4 consumers are ready, invoicing is not.",
    )  # fmt: skip


def bar() -> DecisionBar:
    """A promotion that waits."""
    return DecisionBar(
        title="Promote to stage 5: all regions?",
        sentence="From 25 % of EU to every order.",
        facts=(
            ("Health", "5 of 5 inside limits"),
            ("Gates", "5 of 7 pass"),
            ("Way back", "Flag off, 4 min 12 s"),
        ),
        votes=(
            VoteView("Priya Natarajan", "Checkout", "Approved", "pass"),
            VoteView("Platform SRE", "", "Asked"),
        ),
        acts=(
            Act("approve", "Approve stage 5", "approval", "#approve", "go tall wide"),
            Act("promote", "Promote: opens 02:14 UTC", "arrow", "", "wide", False, "The bake has not ended."),
            Act("hold", "Hold", "held", "#hold"),
            Act("roll_back", "Roll back…", "back", "#back"),
        ),
        halt=Act("halt", "Halt", "halt", "#halt", "halt tall", needs_fresh=False),
        more=(Act("override", "Override…", "override", "#override"),),
        why_not="Promote needs the bake to end and a vote from Platform SRE.",
    )


def panels() -> dict[str, dict[str, Any]]:
    """Every panel's context by its name."""
    picture = calendar.draw(stages(), [("Peak freeze", day(26, 18), day(1, 8, month=12))], NOW,
                            "Planned and actual windows of six stages. Stage 3 ran three days longer than planned.")  # fmt: skip
    log = [
        LogRow(9, day(24, 22, 51), "Priya Natarajan approved stage 5.", "pass", "approval", face="from Slack",
               reason="Conversion flat, support queue quiet."),
        LogRow(8, day(24, 14, 14), "Mina Okafor promoted to stage 4.", "move", "arrow", detail="6 of 6 gates."),
        LogRow(5, day(24, 2, 47), "Gate event lag failed: stage 3 halted by policy.", "stop", "halt"),
    ]  # fmt: skip
    return {
        "answers": {"answers": Answers(
            Answer("Stage 4 of 6: 25 % of EU orders use the new version.", "Baking since 14:14 UTC.", "move"),
            Answer("Two of seven gates are open questions: the bake, and one more approval.", "", "wait",
                   day(25, 2, 14), "Earliest promotion"),
            Answer("Approve stage 5 now; your vote counts when the bake ends.", "You are an approver for Platform SRE."),
        )},
        "stage_rail": {"stages": stages(), "at": 4, "rail_note": "3 of 6 promoted, 17 h behind plan"},
        "gate_list": {"gates": gates(), "gates_title": "Gates before stage 5", "gates_note": "3 pass", "judged_at": NOW},
        "health": {"charts": charts(), "signals": signals(), "health_tone": "none", "health_word": "1 of 2 has no data",
                   "silent": "Datadog EU is silent since 23:02 UTC. Its gates say no data and hold."},
        "graph_slice": {"graph": graph(), "picture": slice.draw(graph())},
        "decision_bar": {"bar": bar()},
        "next": {"upcoming": [Upcoming(day(25, 2, 14), "bake ends"), Upcoming(day(25, 6), "approvals expire", "asks again")]},
        "calendar": {"calendar": picture},
        "activity_log": {"days": [("Tue 24 Nov", log)], "log_note": "chain verified"},
        "risk_list": {"risks": [RiskView("invoicing misses 4 Dec", "open", "Likely, medium impact.", "Ada Mbeki"),
                                RiskView("Old clients send one line", "mitigated", "The parser keeps the raw line.")]},
        "failures": {"failures": [Failure(1, "delivery", "Slack message to #rollouts", "channel_not_found", 5, NOW, "#")]},
    }  # fmt: skip


def lamps() -> list[str]:
    """Every state that has a lamp."""
    return list(known())


def strip() -> list[StripStage]:
    """A strip in which every look occurs."""
    return [StripStage("promoted", 1), StripStage("baking", 0.6, True), StripStage("halted"), StripStage("waiting"),
            StripStage("rolling_back"), StripStage("pending")]  # fmt: skip
