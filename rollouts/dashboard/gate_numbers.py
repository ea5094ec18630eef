"""What a verdict rests on, in numbers and tables: counts, shares of traffic, votes, ticks, times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.approvals import queries as approvals
from rollouts.dashboard import wording
from rollouts.dashboard.parts.gates import check_items
from rollouts.dashboard.standing import Standing
from rollouts.dashboard.values import CheckItem
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word

Row = tuple[str, ...]
MOST_COLUMNS = 5
LONG = 40
"""A sentence in a cell, which has to have room."""
ANSWERS = {
    "yes": gettext_lazy("yes"), "no": gettext_lazy("no"), "pending": gettext_lazy("pending"),
    "no_data": gettext_lazy("no data"),
}  # fmt: skip


@dataclass(frozen=True)
class Meter:
    """How far something is on its way to what ends it."""

    share: float
    tone: str
    words: str


@dataclass(frozen=True)
class Numbers:
    """Facts, one meter, one table, a checklist, and where to read on: what a kind has of them.

    `prose`: the table holds sentences, and is set to the left.
    """

    facts: tuple[tuple[str, str], ...] = ()
    meter: Meter | None = None
    title: str = ""
    head: Row = ()
    rows: tuple[Row, ...] = ()
    items: tuple[CheckItem, ...] = ()
    prose: bool = False
    links: tuple[tuple[str, str], ...] = ()

    @property
    def wide(self) -> bool:
        """Whether its table is too wide for a phone, where its rows then stand as cards."""
        return len(self.head) > MOST_COLUMNS or any(len(cell) > LONG for row in self.rows for cell in row)

    @property
    def cells(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        """The rows' cells with what each is."""
        return tuple(tuple(zip(self.head, row, strict=True)) for row in self.rows)


def numbers(standing: Standing, gate: Gate) -> Numbers:
    """What the newest verdict on a gate rests on; empty before its first."""
    return KINDS.get(gate.kind, _plain)(standing, gate)


def _metric(standing: Standing, gate: Gate) -> Numbers:
    found = gate.evidence
    if "bar" in found:
        return _weighed(found)
    if "spent" in found:
        return _budget(found)
    if "limit" in found and "recent" in found:
        return _limited(found)
    return _plain(standing, gate)


def _weighed(found: Mapping[str, Any]) -> Numbers:
    share = float(found["strength"])
    tone = "stop" if share >= 1 else "wait" if share >= 0.5 else "pass"
    said = _("The highest evidence so far is %(share)s of what fails it (%(most)s of %(bar)s).")
    words = {
        "share": wording.percent(share, 0),
        "most": wording.number(share * found["bar"], 2),
        "bar": wording.number(found["bar"], 2),
    }
    if found.get("guarded"):
        said = _(
            "One window was so bad that it failed at once; the evidence was at %(share)s of what fails it."
        )
    facts = [(_("Windows with data"), wording.number(found["measurements"]))]
    if found["judge"] != "limit-e":
        excluded = _("Yes: there is enough data") if found["assured"] else _("Not yet")
        facts.append((_("A doubling is excluded"), excluded))
    if found["failed_at"]:
        at = datetime.fromtimestamp(found["failed_at"], UTC)
        facts.append((_("Failed in the window of"), f"{wording.moment(at, now=at, shape='second')} UTC"))
    head, rows = _arms(found)
    return Numbers(tuple(facts), Meter(share, tone, said % words), _("Counts of both versions"), head, rows)


def _arms(found: Mapping[str, Any]) -> tuple[Row, tuple[Row, ...]]:
    """New version and old: what is bad of how many."""
    versions = found.get("versions") or {}
    named = ((_("New"), "canary", ""), (_("Old"), "baseline", "baseline_"))
    rows = []
    for word, key, prefix in named:
        bad, total = found.get(f"{prefix}bad", 0), found.get(f"{prefix}total", 0)
        if key == "baseline" and not total:
            continue
        share = wording.percent(bad / total, 2) if total else _("no data")
        name = f"{word} {versions.get(key, '')}".strip()
        rows.append((name, wording.number(bad), wording.number(total), share))
    return (_("Version"), _("Bad"), _("Requests"), _("Share")), tuple(rows)


def _budget(found: Mapping[str, Any]) -> Numbers:
    spent, most = found["spent"], found["most"]
    meter = None
    if spent is not None and most:
        said = _("It has spent %(spent)s of the error budget; allowed are %(most)s.")
        words = {"spent": wording.percent(spent), "most": wording.percent(most)}
        meter = Meter(min(1.0, spent / most), "stop" if spent > most else "pass", said % words)
    facts = (
        (_("Target of the SLO"), wording.percent(found["target"])),
        (_("Requests in its period"), wording.number(found["period_total"])),
        (_("Windows with data"), wording.number(found["measurements"])),
    )
    return Numbers(facts, meter, _("Counts of both versions"), *_arms(found))


def _limited(found: Mapping[str, Any]) -> Numbers:
    counted = found.get("signal") in ("errors", "latency")

    def said(value: float | None) -> str:
        if value is None:
            return _("no data")
        return wording.percent(value, 2) if counted else wording.number(value, 2)

    count, of, breaches = found["breach_count"], found["breach_of"], found["breaches"]
    text = _("%(n)s of the last %(of)s measurements breach the limit; it fails at %(count)s.")
    words = text % {"n": breaches, "of": of, "count": count}
    tone = "stop" if breaches >= count else "wait" if breaches else "pass"
    rows = tuple(
        (
            _clock(each["start"]),
            *((wording.number(each["bad"]), wording.number(each["total"])) if counted else ()),
            said(each["value"]),
            _("breach") if each["breach"] else _("inside"),
        )
        for each in reversed(found["recent"])
    )
    head = (_("From (UTC)"), *((_("Bad"), _("Requests")) if counted else ()), _("Value"), _("Limit"))
    meter = Meter(min(1.0, breaches / count), tone, words)
    facts = (
        (_("Limit"), said(found["limit"])),
        (_("Measurements"), wording.number(found["measurements"])),
    )
    return Numbers(facts, meter, _("The newest measurements"), head, rows)


def _clock(seconds: int) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return wording.moment(at, now=at, shape="second")


def _exposure(standing: Standing, gate: Gate) -> Numbers:
    rows = []
    for name, found in (gate.evidence.get("shares") or {}).items():
        for each in reversed(found.get("recent", ())):
            share = each["exposed"] / each["total"] if each["total"] else None
            rows.append(
                (
                    name,
                    _clock(each["start"]),
                    wording.number(each["exposed"]),
                    wording.number(each["total"]),
                    _("no data") if share is None else wording.percent(share, 2),
                    wording.percent(found["granted"]),
                    _("off") if each["off"] else _("agrees"),
                )
            )
    head = (
        *(_("Change"), _("From (UTC)"), _("To the new"), _("Requests")),
        *(_("Measured"), _("Granted"), _("Verdict")),
    )  # fmt: skip
    return Numbers(title=_("Measured and granted"), head=head, rows=tuple(rows))


def _approval(standing: Standing, gate: Gate) -> Numbers:
    stage = gate.stage.number + (1 if gate.position == Position.EXIT else 0)
    asked = approvals.request_for(standing.rollout, stage=stage, gate=gate.name)
    facts: list[tuple[str, str]] = []
    found = gate.evidence
    if "quorum" in found:
        words = {"n": found["approvals"], "of": found["quorum"]}
        facts.append((_("Approvals"), _("%(n)s of %(of)s") % words))
    if asked is None:
        return Numbers(((_("Request"), _("Nobody was asked yet.")),))
    facts.append((_("Asked"), wording.moment(asked.opened_at, now=standing.now)))
    rows = tuple(
        (
            vote.person.name,
            vote.get_ballot_display(),
            wording.moment(vote.at, now=standing.now, shape="near"),
            _("voided") if vote.voided_at else vote.reason,
        )
        for vote in sorted(asked.votes.all(), key=lambda vote: (vote.at, vote.pk), reverse=True)
    )
    head = (_("Who"), _("Vote"), _("When (UTC)"), _("Words"))
    return Numbers(tuple(facts), title=_("Votes"), head=head, rows=rows)


def _checklist(standing: Standing, gate: Gate) -> Numbers:
    items = check_items(standing, gate)
    done = sum(item.done for item in items)
    words = _("%(n)s of %(of)s items are done.") % {"n": done, "of": len(items)}
    meter = Meter(done / len(items), "pass" if done == len(items) else "move", words) if items else None
    return Numbers(meter=meter, items=items)


def _schedule(standing: Standing, gate: Gate) -> Numbers:
    rows = tuple(
        (
            freeze.name,
            wording.moment(freeze.starts_at, now=standing.now),
            wording.moment(freeze.ends_at, now=standing.now),
            _("absolute") if freeze.absolute else _("yields to its owner"),
        )
        for freeze in standing.freezes
    )
    facts = ((_("Clock"), wording.moment(standing.now, now=standing.now)),)
    head = (_("Freeze"), _("Begins"), _("Ends"), _("Kind"))
    return Numbers(facts, title=_("Freezes now and ahead"), head=head, rows=rows)


def _error_budget(_standing: Standing, gate: Gate) -> Numbers:
    """What the rollout has burned of each budget, and what is left."""
    rows = tuple(
        (
            each["title"],
            _share(each["burned"]),
            wording.percent(each["most"]),
            _share(each["remaining"]),
            wording.percent(each["least"]),
            _("not begun") if each["requests"] is None else wording.number(each["requests"]),
            Word(each["word"]).label.lower(),
        )
        for each in gate.evidence.get("budgets", ())
    )
    head = (
        *(_("SLO"), _("Burned by the rollout"), _("Allowed"), _("Left of the budget"), _("Needed")),
        *(_("Requests to the new version"), _("Verdict")),
    )
    return Numbers(title=_("Error budgets"), head=head if rows else (), rows=rows)


def _share(value: float | None) -> str:
    return _("no data") if value is None else wording.percent(value, 2)


def _composite(_standing: Standing, gate: Gate) -> Numbers:
    """The parts with their words; those that decided are named."""
    found = gate.evidence
    because = set(found.get("because", ()))
    rows = tuple(
        (
            part["title"],
            part["importance"],
            wording.number(part["weight"], 1),
            Word(part["word"]).label.lower(),
            _("yes") if part["gate"] in because else _("no"),
        )
        for part in found.get("parts", ())
    )
    head = (_("Part"), _("Importance"), _("Weight"), _("Verdict"), _("Decided it"))
    return Numbers(title=_("Parts"), head=head if rows else (), rows=rows)


def _contract(_standing: Standing, gate: Gate) -> Numbers:
    """The lines of the answer: of each consumer what it says and who must do what."""
    found = gate.evidence
    rows = tuple(
        (
            line["about"],
            ANSWERS.get(line["answer"], line["answer"]),
            line["sentence"],
            line["todo"] if line["answer"] != "yes" else "",
        )
        for line in found.get("lines", ())
    )
    left_out = ", ".join(found.get("left_out", ()))
    facts = ((_("Not reached by the stage"), left_out),) if left_out else ()
    head = (_("Who"), _("Answer"), _("Why"), _("What has to be done"))
    return Numbers(facts, title=_("Consumers"), head=head if rows else (), rows=rows, prose=True)


def _evidence(_standing: Standing, gate: Gate) -> Numbers:
    """What was asked for, what came of it, and by which result."""
    rows = tuple(
        (
            line["who"] or _("the rollout"),
            Word(line["word"]).label.lower(),
            line["sentence"],
            str(line["evidence"] or "–"),
            _day(line["until"]),
        )
        for line in gate.evidence.get("lines", ())
    )
    head = (_("Who"), _("Verdict"), _("Why"), _("Evidence"), _("Counts until"))
    links = tuple(
        (_("Evidence %(n)s") % {"n": number}, reverse("evidence:result", args=[number]))
        for number in gate.evidence.get("evidence", ())
    )
    title = _("What was tried")
    return Numbers(title=title, head=head if rows else (), rows=rows, links=links, prose=True)


def _day(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%-d %b %Y, %H:%M} UTC" if text else "–"


def _plain(_standing: Standing, gate: Gate) -> Numbers:
    """What there is of plain values in the evidence, by their names."""
    return Numbers(
        tuple(
            (key.replace("_", " "), wording.number(value, 2) if isinstance(value, float) else str(value))
            for key, value in gate.evidence.items()
            if isinstance(value, str | int | float) and value != ""
        )
    )


KINDS: dict[str, Callable[[Standing, Gate], Numbers]] = {
    "metric": _metric,
    "exposure": _exposure,
    "approval": _approval,
    "checklist": _checklist,
    "schedule": _schedule,
    "error_budget": _error_budget,
    "composite": _composite,
    "contract": _contract,
    "evidence": _evidence,
}
