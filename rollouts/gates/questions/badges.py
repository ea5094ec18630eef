"""Answers as badges: what they say, and who may see them without signing in."""

import hmac
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.questions.values import Answer, Question, Unanswerable, Word
from rollouts.gates.questions.answering import answer
from rollouts.gates.questions.asking import asked
from rollouts.gates.questions.models import BadgeKey
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.lib.secrets import new_token

QUESTIONS = {"can-promote": Question.PROMOTE, "can-retire": Question.RETIRE}
LABELS = {Question.PROMOTE: "can be promoted", Question.RETIRE: "can be retired"}
COLOURS = {Word.YES: "#1a7f37", Word.NO: "#b3261e", Word.PENDING: "#8a5a00", Word.NO_DATA: "#57606a"}
FRESH_S = 60
NAMED, LONGEST = 1, 30
LETTER, PADDING = 6.6, 12
"""Of Verdana at 11 pixels; the picture says how wide each text is, so that others take as much."""


@dataclass(frozen=True)
class Badge:
    """Two words on two colours. English, as READMEs are."""

    label: str
    word: str
    colour: str

    @property
    def left(self) -> int:
        return round(len(self.label) * LETTER) + PADDING

    @property
    def right(self) -> int:
        return round(len(self.word) * LETTER) + PADDING

    @property
    def width(self) -> int:
        return self.left + self.right

    @property
    def middles(self) -> tuple[float, float]:
        """Where the two texts stand."""
        return self.left / 2, self.left + self.right / 2


def badge_of(question: Question, answer: Answer) -> Badge:
    """The word, and who stands against it: "no, shipping and 2 more"."""
    names = [
        "callers without a name" if line.about == "unnamed" else line.about
        for line in answer.lines
        if line.word is answer.word and " " not in line.about and line.about != "calls"
    ]
    word = answer.word.value.replace("_", " ")
    if answer.word is Word.YES or not names:
        return Badge(LABELS[question], word, COLOURS[answer.word])
    first = names[0] if len(names[0]) <= LONGEST else f"{names[0][: LONGEST - 1]}…"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return Badge(LABELS[question], f"{word}, {first}{more}", COLOURS[answer.word])


def read(question: str, contract: str, version: str) -> Badge:
    """The badge as it is now. What is not there says so."""
    what = QUESTIONS[question]
    try:
        found = answer(asked(what, contract, version, {}), make=False)
    except Unanswerable:
        return Badge(LABELS[what], "unknown version", COLOURS[Word.NO_DATA])
    return badge_of(what, found.answer)


def key_of(contract: Contract) -> str:
    """The key with which badges are seen from outside; empty where they are not."""
    return BadgeKey.objects.filter(contract=contract).values_list("key", flat=True).first() or ""


def fits(contract: str, key: str) -> bool:
    """Whether this is the contract's key."""
    known = BadgeKey.objects.filter(contract__slug=contract).values_list("key", flat=True).first()
    return known is not None and hmac.compare_digest(known.encode(), key.encode())


def address(row: ContractVersion, question: str, key: str = "") -> str:
    """Where the badge stands."""
    path = reverse("gates:badge", args=[row.contract.slug, row.version, question])
    return f"{settings.GATEHOUSE_URL}{path}{f'?key={quote(key)}' if key else ''}"


def examples(row: ContractVersion) -> list[str]:
    """Both badges as Markdown, each with a link to the page that explains it."""
    key = key_of(row.contract)
    page = f"{settings.GATEHOUSE_URL}{reverse('gates:answers', args=[row.contract.slug, row.version])}"
    return [
        f"[![{row.contract.name} {row.version} {LABELS[what]}]({address(row, name, key)})]({page})"
        for name, what in QUESTIONS.items()
    ]


def share(*, contract: str, shared: bool, by: Person, face: Face) -> str:
    """Lets whoever has the address see the badges of the contract, under a new key; or nobody any more.

    Gives the key. Raises Refusal and Contract.DoesNotExist.
    """
    with transaction.atomic(durable=True):
        rows = Contract.objects.select_for_update(of=("self",)).select_related("provider__team")
        row = rows.get(slug=contract)
        now = database_now()
        if not plans_for_service(by, row.provider.slug):
            raise Refusal(
                "forbidden",
                f"You may not change who sees the badges of {row.name}.",
                f"Ask a planner or admin of {row.provider.team.name}.",
            )
        if not shared and not BadgeKey.objects.filter(contract=row).exists():
            return ""
        BadgeKey.objects.filter(contract=row).delete()
        key = new_token("badge") if shared else ""
        if shared:
            BadgeKey.objects.create(contract=row, key=key, made_at=now, made_by=by.name)
        said = "lets whoever has the address see" if shared else "closed"
        audit.append(
            stream=f"service:{row.provider.slug}",
            kind="contracts.badges",
            actor=by.actor,
            face=face,
            content={
                "contract": row.slug,
                "service": row.provider.slug,
                "shared": shared,
                "sentence": f"{by.name} {said} the badges of {row.name}.",
            },
            at=now,
        )
    return key
