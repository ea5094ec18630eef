"""Compares two documents once: the answer is kept by both digests, the settings and the engine."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.contracts.documents.digests import digest, engine
from rollouts.contracts.documents.models import Compared, Document
from rollouts.contracts.formats import sandbox
from rollouts.contracts.formats.values import Comparison, comparison_of
from rollouts.contracts.values import Category, Format
from rollouts.lib.clock import database_now

AGAIN_AFTER = timedelta(minutes=10)
"""What could not be compared, such as for want of time, is tried again after this, and not at each look."""


@dataclass(frozen=True)
class Settings:
    """How two documents of a contract are compared. `open_model`: what is not declared is not sent."""

    format: Format
    open_model: bool
    category: Category = Category.WIRE_JSON

    @property
    def key(self) -> str:
        """The settings that this format knows: answers that differ in others are the same."""
        if self.format is Format.PROTOBUF:
            return self.category.value
        if self.format is Format.JSONSCHEMA:
            return "open" if self.open_model else "strict"
        return ""

    @property
    def whole(self) -> bool:
        """Whether consumers read a message as a whole or not at all."""
        return self.format is Format.AVRO or self.key == "strict"


def compare(old: Document, new: Document, settings: Settings) -> Comparison:
    """What the new document does to who relies on the old one, from the table when it was asked before."""
    found = kept(old.digest, new.digest, settings)
    if found is None:
        found = _asked(old.text, new.text, settings)
        keep(old, new, settings, found)
    return found


def compare_text(old: Document, text: str, settings: Settings, *, backwards: bool = False) -> Comparison:
    """The same with a text that may not be stored; `backwards`: from the text to the document."""
    pair = (digest(text), old.digest) if backwards else (old.digest, digest(text))
    texts = (text, old.text) if backwards else (old.text, text)
    return kept(*pair, settings) or _asked(*texts, settings)


def fault(text: str, settings: Settings) -> str:
    """Why the text cannot be read as a document of its format; empty when it can."""
    return _asked(text, text, settings).error


def _asked(old: str, new: str, settings: Settings) -> Comparison:
    return sandbox.compare(
        settings.format.value,
        old,
        new,
        open_model=settings.open_model,
        category=settings.category.value,
        today=database_now().date(),
    )


def kept(old: str, new: str, settings: Settings) -> Comparison | None:
    """What was answered of these two digests, if it still holds; one query and the clock."""
    return kept_of([(old, new, settings)]).get((old, new, settings))


def kept_of(asked: Collection[tuple[str, str, Settings]]) -> dict[tuple[str, str, Settings], Comparison]:
    """What was answered of pairs of digests, where it still holds; one query and the clock."""
    if not asked:
        return {}
    wanted = {(old, new, each.format.value, each.key): (old, new, each) for old, new, each in asked}
    rows = Compared.objects.filter(
        old__in={old for old, *_ in asked}, new__in={new for _, new, _ in asked}, engine=engine()
    )
    found: dict[tuple[str, str, Settings], Comparison] = {}
    now = None
    for row in rows:
        key = wanted.get((row.old_id, row.new_id, row.format, row.settings))
        if key is None:
            continue
        now = now or database_now()
        if _holds(row, now):
            found[key] = comparison_of(row.answer)
    return found


def _holds(found: Compared, now: datetime) -> bool:
    if found.answer.get("error") and found.compared_at < now - AGAIN_AFTER:
        return False
    return not _told_by_day(found) or found.compared_at.date() == now.date()


def _told_by_day(found: Compared) -> bool:
    """Whether the answer may be another tomorrow: an operation may go once its sunset has passed."""
    return any(
        each["rule"] in ("operation-removed", "operation-retired") for each in found.answer["differences"]
    )


def keep(old: Document, new: Document, settings: Settings, found: Comparison) -> None:
    """Keeps an answer for who asks next."""
    Compared.objects.update_or_create(
        old=old,
        new=new,
        format=settings.format.value,
        settings=settings.key,
        defaults={"engine": engine(), "answer": found.as_json(), "compared_at": database_now()},
    )
