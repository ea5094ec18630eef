"""What a source must be to be saved: only what its kind can use, and matchers that are matchers."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rollouts.health.models import Source
from rollouts.health.sources import promql
from rollouts.health.sources.conventions import conventions
from rollouts.health.values import SourceKind

if TYPE_CHECKING:
    from rollouts.health.services import SourceGiven

_MATCHER = re.compile(r"\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(=~|!~|!=|=)\s*\"(?:\\.|[^\"\\\n])*\"\s*", re.ASCII)
MOST_BOUNDS = 20


def origin(url: str) -> tuple[str, str]:
    """Scheme with host and port: who is spoken to."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def check(given: "SourceGiven", found: Source | None) -> None:
    """Raises ValidationError with one sentence a field."""
    if found is not None and found.kind != given.kind:
        raise ValidationError({"kind": _("A source stays of its kind. Make a new one and switch this off.")})
    faults = {SourceKind.PROMETHEUS: _prometheus, SourceKind.PUSH: _push}.get(given.kind, _openmetrics)
    wrong = faults(given)
    if wrong:
        raise ValidationError(wrong)


def _openmetrics(given: "SourceGiven") -> dict[str, str]:
    if given.url or given.delay_s or given.asked.as_json():
        return {"url": _("An OpenMetrics source has targets; an address of its own is for Prometheus.")}
    return {}


def _push(given: "SourceGiven") -> dict[str, str]:
    if given.url or given.targets or given.asked.as_json():
        return {"targets": _("Nobody asks a source of kind push: it has no targets and no address.")}
    if given.delay_s is not None and given.delay_s > given.window_s:
        return {"delay_s": _("At most a window: gates call a source silent after three.")}
    return {}


def _prometheus(given: "SourceGiven") -> dict[str, str]:
    wrong: dict[str, str] = {}
    asked = given.asked
    if not given.url:
        wrong["url"] = _("A Prometheus source needs its address.")
    if given.targets:
        wrong["targets"] = _("A Prometheus source has no targets: it finds services by their labels.")
    if given.delay_s is not None and given.delay_s > given.window_s:
        wrong["delay_s"] = _("At most one window: gates call a source silent after three.")
    if unknown := [name for name in asked.conventions if name not in conventions]:
        wrong["conventions"] = _("There is no convention named %(name)s. Known: %(known)s.") % {
            "name": unknown[0],
            "known": ", ".join(conventions.names()),
        }
    for field in ("service_label", "version_label"):
        label = getattr(asked, field)
        if label and not promql.is_label(label):
            wrong[field] = _("A label is letters, digits and underscores.")
    if asked.matchers and not matchers(asked.matchers):
        wrong["matchers"] = _(
            'Write matchers as PromQL has them between braces: namespace="shop", env!="test".'
        )
    if len(asked.bounds_s) > MOST_BOUNDS or any(not 0 < each < 1e6 for each in asked.bounds_s):
        wrong["bounds_s"] = _("At most %(most)s bounds, each a number of seconds above 0.") % {
            "most": MOST_BOUNDS
        }
    return wrong


def matchers(text: str) -> bool:
    """Whether `text` is a list of label matchers and nothing that could leave the braces."""
    place = 0
    while found := _MATCHER.match(text, place):
        place = found.end()
        if place == len(text):
            return True
        if text[place] != ",":
            return False
        place += 1
    return False
