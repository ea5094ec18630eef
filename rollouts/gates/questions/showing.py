"""An answer as people read it: a row for each consumer, what stands against it, and where one does what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.contracts.queries import Standing
from rollouts.contracts.questions.values import (
    WORST_FIRST,
    Caller,
    Do,
    Evidence,
    Line,
    PromoteFacts,
    Touch,
    Word,
)
from rollouts.gates.questions.answering import Answered
from rollouts.gates.questions.returning import PRIVATE
from rollouts.health.queries import speaking

LAMPS = {
    Word.YES: ("pass", "pass"),
    Word.NO: ("stop", "halt"),
    Word.PENDING: ("wait", "wait"),
    Word.NO_DATA: ("none", "none"),
}


def word_of(word: Word) -> str:
    """The answer in a word."""
    return {
        Word.YES: _("Yes"), Word.NO: _("No"), Word.PENDING: _("Pending"), Word.NO_DATA: _("No data"),
    }[word]  # fmt: skip


@dataclass(frozen=True)
class Act:
    """Where one does what a line asks for."""

    href: str
    words: str


@dataclass(frozen=True)
class Row:
    """One line with what is known of whom it is about. Without a caller it is about the version or its calls.

    `calls`: in the last hour on an older version, or in the days that are looked at on the one that ends.
    """

    line: Line
    caller: Caller | None
    name: str
    href: str
    against: str
    diff: str
    standing: Standing | None
    evidence: Evidence | None
    result: str
    calls: int
    seen: speaking.Guess | None
    act: Act | None

    @property
    def tone(self) -> str:
        return "wait" if self.line.warning else LAMPS[self.line.word][0]

    @property
    def icon(self) -> str:
        return "risk" if self.line.warning else LAMPS[self.line.word][1]

    @property
    def word(self) -> str:
        return _("Yes, but") if self.line.warning else word_of(self.line.word)


@dataclass(frozen=True)
class Shown:
    """One answer."""

    question: str
    answered: Answered
    rows: tuple[Row, ...]

    @property
    def sentence(self) -> str:
        return self.answered.answer.sentence

    @property
    def tone(self) -> str:
        return LAMPS[self.answered.answer.word][0]

    @property
    def icon(self) -> str:
        return LAMPS[self.answered.answer.word][1]

    @property
    def word(self) -> str:
        return word_of(self.answered.answer.word)

    @property
    def left_out(self) -> Sequence[str]:
        return self.answered.answer.left_out


def shown(found: Answered) -> Shown:
    """The answer with its rows, in the order of the lines: what stands against it first."""
    rows = sorted(
        _rows(found), key=lambda row: (WORST_FIRST.index(row.line.word), not row.line.warning, row.name)
    )
    return Shown(found.asked.question.value, found, tuple(rows))


def _rows(found: Answered) -> Iterator[Row]:
    callers = {each.name: each for each in found.facts.consumers}
    known = {*found.subject.ground.consumers, *found.owners}
    for line in found.answer.lines:
        caller = callers.get(line.about)
        row = found.subject.ground.consumers.get(line.about)
        newest = max(caller.evidence, key=lambda each: each.at, default=None) if caller else None
        yield Row(
            line=line,
            caller=caller,
            name=row.service.name if row else _name(line.about),
            href=f"/services/{line.about}/" if line.about in known else "",
            against=_against(caller, found) if caller else "",
            diff=_diff(line.about, found),
            standing=found.standings.get(line.about),
            evidence=newest,
            result=reverse("evidence:result", args=[newest.reference]) if newest and newest.reference else "",
            calls=found.calls.unnamed if line.about == "unnamed" else found.calls.named.get(line.about, 0),
            seen=found.subject.seen.get(line.about),
            act=_act(line, found),
        )


def _name(about: str) -> str:
    return {"unnamed": _("Callers without a name"), "calls": _("How far calls were counted")}.get(
        about, about
    )


def _against(caller: Caller, found: Answered) -> str:
    """What of the new version stands against a consumer."""
    if not isinstance(found.facts, PromoteFacts):
        return ""
    if found.facts.beside:
        return _("nothing: the old version stays")
    part = caller.touched_by
    return {
        Touch.BREAKING: part or _("it breaks"),
        Touch.UNDECIDED: _("undecided: %(why)s") % {"why": part} if part else _("undecided"),
        Touch.DANGEROUS: _("dangerous: %(part)s") % {"part": part} if part else _("dangerous"),
        Touch.COMPATIBLE: _("nothing"),
    }[caller.touch]


def _diff(name: str, found: Answered) -> str:
    """Where the difference to the version that it speaks is told in full."""
    felt = found.feeling.felt.get(name) if found.feeling else None
    if felt is None or not felt.older or felt.touch is Touch.COMPATIBLE:
        return ""
    path = reverse("contracts:diff", args=[found.asked.contract])
    return f"{path}?{urlencode({'from': felt.older[0], 'to': found.asked.version})}"


def _act(line: Line, found: Answered) -> Act | None:
    """The page where one does it; nothing for what only time brings."""
    contract, version = found.subject.ground.contract, found.asked.version
    declared = line.about in found.subject.ground.consumers
    match line.do:
        case Do.SAY if declared:
            href = reverse("contracts:readiness-sign", args=[contract.slug, line.about])
            return Act(
                f"{href}?{urlencode({'version': found.subject.next_version})}", _("Say how ready it is")
            )
        case Do.SAY | Do.DECLARE:
            href = reverse("health:edges")
            return Act(
                f"{href}?{urlencode({'service': line.about})}", _("Declare it, or say that it is none")
            )
        case Do.TEST:
            href = reverse("contracts:readiness", args=[contract.slug])
            return Act(f"{href}?{urlencode({'version': version})}", _("Tests and readiness"))
        case Do.MOVE:
            who = line.about if line.about in found.owners else contract.provider.slug
            return Act(f"/services/{who}/", _("Look at its calls"))
        case Do.END:
            return Act(
                reverse("contracts:version-end", args=[contract.slug, version]), _("The end of the version")
            )
        case Do.FINISH:
            named = [slug for slug in found.returns if slug != PRIVATE]
            return Act(f"/rollouts/{named[0]}/", _("Look at it")) if named else None
        case Do.COUNT:
            return Act(reverse("health:sources"), _("Metric sources"))
    return None
