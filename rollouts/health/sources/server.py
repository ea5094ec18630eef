"""The kind `prometheus`: one server that knows many services, asked a few grouped queries a window."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from rollouts.catalog.models import Service
from rollouts.health import writing
from rollouts.health.models import Counters, OwnSignal, Query, Source
from rollouts.health.signals import Measured, Subject
from rollouts.health.sources import asking, circuit, exemplars, own, taking
from rollouts.health.sources.access import Access
from rollouts.health.sources.asking import Ask, Gathered
from rollouts.health.sources.own import Own
from rollouts.health.sources.prometheus import Api
from rollouts.health.sources.protocol import Claim, Question, Taken, Warned
from rollouts.health.sources.values import Asked
from rollouts.health.values import Perspective, Signal
from rollouts.lib import secrets

LATE = "The source did not answer in time."
PROBED = "The source answers again; everything is asked from the next window on."
RESTS = "Not asked in this window, after several without an answer. "


def own_of(row: OwnSignal) -> Own:
    """The row as the pure core takes it."""
    return Own(row.name, row.signal_word, row.parts, tuple(row.services), row.bound_s, row.named, row.unit)


class Prometheus:
    kind: ClassVar[str] = "prometheus"
    in_flight: ClassVar[int] = 4

    def questions(self, claims: Sequence[Claim]) -> Mapping[int, Sequence[Question]]:
        """See MetricSource: a question for each template and each query of somebody's own."""
        slugs = _slugs()
        ids = [claim.source.pk for claim in claims]
        sizes: dict[int, dict[str, int]] = {pk: {} for pk in ids}
        for pk, template, size in Counters.objects.filter(source__in=ids).values_list(
            "source_id", "template", "state__batch"
        ):
            if size:
                sizes[pk][template] = size
        mine: dict[int, list[OwnSignal]] = {pk: [] for pk in ids}
        for row in OwnSignal.objects.filter(source__in=ids).order_by("name", "pk"):
            mine[row.source_id].append(row)
        return {
            claim.source.pk: _questions(claim, _asks(claim.source, slugs, mine, sizes), slugs)
            for claim in claims
        }

    def take(self, claim: Claim, source: Source, answers: Mapping[str, Any], *, end: datetime) -> Taken:
        """See MetricSource."""
        slugs = _slugs()
        if _resting(claim.source, claim.asked_at):
            return _rested(source, slugs)
        found = _Round(source, Asked.read(source.settings), slugs, answers, end)
        found.take_conventions()
        found.take_own()
        _note_queries(source, found.sent, end)
        taken = found.taken()
        if circuit.probing(claim.source.failed_windows):
            return taken
        named = exemplars.gather(found.asked, answers, slugs, end)
        source.exemplars_error = named.error
        asked_for = sum(1 for key in answers if key.startswith(exemplars.PREFIX))
        return replace(taken, exemplars=named.found, requests=taken.requests + asked_for)


def _slugs() -> dict[str, int]:
    return dict(Service.objects.filter(gone_at__isnull=True).order_by("slug").values_list("slug", "pk"))


def _resting(source: Source, at: datetime) -> bool:
    return source.rests_until_at is not None and source.rests_until_at > at


def _rested(source: Source, slugs: Mapping[str, int]) -> Taken:
    said = source.last_error.removeprefix(RESTS)
    return Taken(
        silent=frozenset(slugs), answered=False, error=f"{RESTS}{said}", rests_until=source.rests_until_at
    )


def _asks(
    source: Source,
    slugs: Mapping[str, int],
    mine: Mapping[int, Sequence[OwnSignal]],
    sizes: Mapping[int, Mapping[str, int]],
) -> list[Ask]:
    asked = Asked.read(source.settings)
    found = asking.asks(asked, slugs, source.window_s, sizes[source.pk])
    for row in mine[source.pk]:
        found += own.asks(own_of(row), asked, slugs, source.environment.slug, source.window_s)
    return [ask for ask in found if ask.values]


def _questions(claim: Claim, asks: Sequence[Ask], slugs: Mapping[str, int]) -> list[Question]:
    source = claim.source
    if _resting(source, claim.asked_at):
        return []
    try:
        access = Access.opened(source.access)
    except secrets.Unreadable as error:
        broken = str(error)
        return [Question(ask.key, partial(_unreadable, ask, broken)) for ask in asks]
    end = claim.end
    found = [Question(ask.key, partial(_ask, source.url, access, ask, end)) for ask in asks]
    if circuit.probing(source.failed_windows):
        return found[:1]
    asked = Asked.read(source.settings)
    return [*found, *exemplars.questions(source.url, access, asked, slugs, end - source.window, end)]


def _unreadable(ask: Ask, sentence: str, deadline: float) -> tuple[Ask, Gathered]:
    return ask, Gathered(pieces=[asking.Piece(None, "", sentence)])


def _ask(url: str, access: Access, ask: Ask, end: datetime, deadline: float) -> tuple[Ask, Gathered]:
    return ask, asking.gather(Api(url, access), ask, end, deadline)


About = tuple[str, Signal, Perspective, str]


def _about(subject: Subject) -> About:
    """What only one convention or own signal may tell of."""
    return subject.service, subject.signal, subject.perspective, subject.name


class _Round:
    """One source's answers for one window, as they are taken in."""

    def __init__(
        self,
        source: Source,
        asked: Asked,
        slugs: Mapping[str, int],
        answers: Mapping[str, Any],
        end: datetime,
    ) -> None:
        self.source, self.asked, self.slugs, self.end = source, asked, slugs, end
        self.answers: Mapping[str, tuple[Ask, Gathered]] = answers
        self.measured: dict[Subject, Measured] = {}
        self.silent: set[str] = set()
        self.errors: list[str] = []
        self.warnings: list[Warned] = []
        self.sent: list[tuple[Ask, asking.Piece]] = []
        self.answered = False
        self.told = 0

    def take_conventions(self) -> None:
        """Counters of every template. Where two conventions tell of the same, the first is taken."""
        kept = {row.template: row for row in self.source.counters.select_for_update().order_by("pk")}
        rows = []
        owned: dict[About, str] = {}
        for convention, template in asking.chosen(self.asked):
            key = asking.key_of(convention, template)
            gathered = self._heard(key)
            if gathered is None:
                continue
            # Counters that are told apart otherwise than before would all be new, and count from 0.
            mark = asking.digest(self.source.url, str(self.asked.as_json()), *template.spoken)
            row = kept.get(key) or Counters(source=self.source, template=key)
            before = row.state if row.state.get("mark") == mark else {}
            stepped = taking.step(
                template,
                asking.labels_of(convention, self.asked),
                self.asked,
                gathered,
                before,
                slugs=self.slugs,
                at=self.end.timestamp(),
                window_s=self.source.window_s,
            )
            row.state = stepped.state | {"mark": mark, "batch": gathered.batch} if stepped.state else {}
            rows.append(row)
            self.silent |= stepped.silent
            if stepped.error:
                self.errors.append(stepped.error)
            for subject, measured in stepped.measured.items():
                if owned.setdefault(_about(subject), convention.name) == convention.name:
                    # Two metrics of one convention may count parts of the same: all calls, and failed ones.
                    self.measured[subject] = self.measured.get(subject, Measured()).plus(measured)
        writing.keep_counters(rows)

    def take_own(self) -> None:
        """Own signals stand instead of conventions, and two may not tell of the same."""
        stood: set[About] = set()
        for row in self.source.own_signals.order_by("name", "pk"):
            signal = own_of(row)
            parts = {
                part: gathered
                for part in signal.parts
                if (gathered := self._heard(signal.key(part))) is not None
            }
            read = own.read(signal, self.asked, parts, self.slugs)
            self.silent |= read.silent
            if read.error:
                self.errors.append(read.error)
            told = {_about(one) for one in read.measured}
            if twice := sorted(told & stood):
                self.errors.append(f"Two own signals measure {twice[0][0]}; {row.name} is left out.")
                continue
            covered = told | {
                (slug, signal.stored, Perspective.SERVER, signal.series) for slug in read.silent
            }
            kept = {one: value for one, value in self.measured.items() if _about(one) not in covered}
            self.measured = kept | dict(read.measured)
            stood |= told

    def _heard(self, key: str) -> Gathered | None:
        if key not in self.answers:
            # Absent on purpose when only one was asked; then an error of that one says more.
            self.errors.append(PROBED if circuit.probing(self.source.failed_windows) else LATE)
            self.silent |= set(self.slugs)
            return None
        ask, gathered = self.answers[key]
        self.told += gathered.requests
        self.answered = self.answered or gathered.answered
        self.errors += [piece.error for piece in gathered.failed]
        self.warnings += [Warned(ask.signal.value, text, ask.name) for text in gathered.warnings]
        self.sent += [(ask, piece) for piece in gathered.pieces if piece.text]
        return gathered

    def taken(self) -> Taken:
        """All of it. With nothing to ask nothing failed."""
        errors = sorted(dict.fromkeys(self.errors), key=lambda text: text in (LATE, PROBED))
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        answered = self.answered or (not self.answers and not errors)
        failed = 0 if answered else self.source.failed_windows + 1
        return Taken(
            measured=self.measured,
            silent=frozenset(self.silent),
            services=frozenset(self.slugs[slug] for slug in self.silent if slug in self.slugs),
            answered=answered,
            error=f"{errors[0]}{more}" if errors else "",
            warnings=tuple(dict.fromkeys(self.warnings)),
            requests=self.told,
            rests_until=circuit.rests(failed, self.source.window, self.source.due_at or self.end),
        )


def _note_queries(source: Source, sent: Sequence[tuple[Ask, asking.Piece]], end: datetime) -> None:
    """Keeps what was sent: a text that is known is used longer, a new one is a new row."""
    rows = {
        (ask.key, ask.part, digest): Query(
            source=source,
            template=ask.key,
            part=ask.part,
            signal=ask.signal,
            name=ask.name,
            perspective=ask.perspective,
            services=None if piece.batch is None else list(piece.batch),
            text=piece.text,
            digest=digest,
            first_end_at=end,
            last_end_at=end,
        )
        for ask, piece in sent
        if (digest := asking.digest(piece.text))
    }
    Query.objects.bulk_create(
        list(rows.values()),
        update_conflicts=True,
        unique_fields=["source", "template", "part", "digest"],
        update_fields=["last_end_at", "name"],
    )
