"""Compares two documents once: the answer is kept by both digests, the settings and the engine."""

from dataclasses import dataclass
from datetime import timedelta

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
    rows = Compared.objects.filter(
        old=old, new=new, format=settings.format.value, settings=settings.key, engine=engine()
    )
    found = rows.first()
    if found is None:
        return None
    now = database_now()
    if found.answer.get("error") and found.compared_at < now - AGAIN_AFTER:
        return None
    if _told_by_day(found) and found.compared_at.date() != now.date():
        return None
    return comparison_of(found.answer)


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
