"""Tags and filters of the design: lamps, gates, icons, faces, times, numbers, strips, notes, panels.

Each draws one small component of `/gallery/`. A state is never drawn without its word.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from rollouts.dashboard import lamps, wording

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """A symbol of icons.svg: decoration, or an image with a name if `label` is given."""
    attrs = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i {}" {}><use href="{}#i-{}"/></svg>',
        size,
        attrs,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def symbol(name: str, x: float, y: float, size: float) -> SafeString:
    """A symbol of icons.svg within a drawing, at a place."""
    return format_html(
        '<use class="i" href="{}#i-{}" x="{}" y="{}" width="{}" height="{}"/>',
        static("icons.svg"),
        name,
        x,
        y,
        size,
        size,
    )


@register.simple_tag
def lamp(tone: str, word: object, icon: str = "", look: str = "") -> SafeString:
    """A lamp of one `tone` with its `word`; `look` adds `big` or `bare`."""
    return drawn(lamps.Lamp(tone, str(word), icon), look)


@register.simple_tag
def state(value: object, word: object = "", look: str = "") -> SafeString:
    """The lamp of a state's value (rollout, stage, revision, readiness); `word` replaces its word."""
    found = lamps.lamp_of(value)
    return drawn(lamps.Lamp(found.tone, str(word or found.word), found.icon), look)


@register.simple_tag
def verdict(value: object, word: object = "", look: str = "") -> SafeString:
    """The lamp of a gate's verdict: pass, fail, pending, inconclusive or no data."""
    found = lamps.verdict_lamp(value)
    return drawn(lamps.Lamp(found.tone, str(word or found.word), found.icon), look)


def drawn(found: lamps.Lamp, look: str) -> SafeString:
    """The element of a lamp."""
    return format_html(
        '<span class="lamp {} {}">{}{}</span>',
        found.tone,
        look,
        icon(found.symbol),
        found.word,
    )


@register.filter
def tone(value: object) -> str:
    """The tone of a state's value, as a class."""
    return lamps.lamp_of(value).tone


@register.filter
def state_word(value: object) -> str:
    """The word of a state's value."""
    return str(lamps.lamp_of(value).word)


@register.filter
def verdict_tone(value: object) -> str:
    """The tone of a verdict, as a class."""
    return lamps.verdict_lamp(value).tone


@register.filter
def verdict_icon(value: object) -> str:
    """The icon of a verdict."""
    return lamps.verdict_lamp(value).symbol


@register.filter
def gate_icon(kind: object) -> str:
    """The icon of a gate's kind."""
    return lamps.GATE_ICONS.get(str(getattr(kind, "value", kind)), "gate")


@register.filter
def done(share: float | None) -> str:
    """A share of one as a class that the style sheet knows: done-0 to done-100."""
    return f"done-{max(0, min(100, round((share or 0) * 100)))}"


GLYPH = (
    '<svg y="5" width="30" height="29" viewBox="0 5 30 29">'
    '<path class="grid" d="M10.2 2v28M15 2v29M19.8 2v28M6 13h18M6 20h18M6 27h18"/></svg>'
    '<path class="wall" d="M4 34V15a11 11 0 0 1 22 0v19"/>'
)


@register.simple_tag
def gate(up: float, tone: str, label: str, look: str = "") -> SafeString:
    """The gate glyph, lifted by `up` (0 to 1). `label` is the sentence; `look` adds `later` or `large`."""
    return format_html(
        '<svg class="gate {} {} {}" viewBox="0 0 30 34" role="img" aria-label="{}">{}</svg>',
        tone,
        done(up),
        look,
        label,
        mark_safe(GLYPH),  # noqa: S308 - a constant
    )


@register.simple_tag
def gate_after(stage: Any) -> SafeString:
    """The gate between a stage (a StageView) and the next, with its count."""
    counted = stage.gates
    if counted is None or not counted.total:
        label = _("No gate after stage %(number)s") % {"number": stage.number}
        return format_html('{}<span class="n">{}</span>', gate(1, "none", label, "later"), _("no gate"))
    words = {"number": stage.number, "passed": counted.passed, "total": counted.total}
    label = _("Gate after stage %(number)s: %(passed)s of %(total)s passed") % words
    return format_html(
        '{}<span class="n"><b>{}/{}</b> {}</span>',
        gate(counted.share, counted.tone, label, "later" if counted.later else ""),
        counted.passed,
        counted.total,
        _("gates"),
    )


@register.simple_tag(takes_context=True)
def live(context: Context) -> SafeString:
    """The attributes of a panel's root: its id, and how it renews itself if `live_url` is given.

    `panel_name` is the part's name; `announce` is one sentence that is read aloud when it changes,
    at once if `urgent`.
    """
    name = context.get("panel_name", "")
    root = format_html(' id="{}" data-part="{}"', name, name)
    if context.get("announce"):
        root = format_html('{} data-announce="{}"', root, context["announce"])
        if context.get("urgent"):
            root = format_html("{} data-urgent", root)
    url = context.get("live_url")
    if not url:
        return root
    return format_html('{} data-live hx-get="{}" hx-trigger="every 15s" hx-swap="outerHTML"', root, url)


@register.simple_tag
def face(name: object, size: str = "s") -> SafeString:
    """A person's or team's initials under an arch; the name must stand beside it."""
    return format_html(
        '<span class="face {}" aria-hidden="true">{}</span>',
        size,
        wording.initials(str(name)),
    )


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime | None, shape: str = "full", zone: str = "UTC") -> SafeString:
    """A time in `zone` with a machine-readable form. Shapes: full, day, short, clock, near, second, own.

    `own` is full and adds the reader's own time in brackets where a person must act.
    """
    if at is None:
        return SafeString("")
    own = shape == "own"
    text = wording.moment(at, now=clock(context), zone=zone, shape="full" if own else shape)
    beside = wording.in_own_zone(at, reader_zone(context)) if own else ""
    full = wording.moment(at, now=clock(context), zone=zone)
    shown = format_html('<time datetime="{}" title="{}">{}</time>', wording.utc(at), full, text)
    return format_html("{} ({})", shown, beside) if beside else shown


@register.simple_tag(takes_context=True)
def ago(context: Context, at: datetime | None) -> SafeString:
    """How far away a time is: "in 2 h 40 min" or "4 min ago". Stands beside `when`, never instead."""
    if at is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" data-relative>{}</time>',
        wording.utc(at),
        wording.relative(at, clock(context)),
    )


def clock(context: Context) -> datetime:
    """The page's one reading of the clock, if its view gives `now`."""
    now = context.get("now")
    return now if isinstance(now, datetime) else timezone.now()


def reader_zone(context: Context) -> str:
    """The signed-in person's time zone, or UTC."""
    person = getattr(context.get("request"), "user", None)
    return str(getattr(person, "timezone", "") or "UTC")


@register.filter
def span(length: timedelta | float | None) -> str:
    """A length of time or seconds: "9 h 20 min"."""
    return "" if length is None else wording.span(length)


@register.filter
def percent(share: float | None, places: int | None = None) -> str:
    """A share of one: "99.94 %". Nothing known is "no data"."""
    return _("no data") if share is None else wording.percent(share, places)


@register.filter
def number(value: float | None, places: int = 0) -> str:
    """Grouped digits: "41,000". Nothing known is "no data"."""
    return _("no data") if value is None else wording.number(value, places)


@register.filter
def signed(value: float | None, unit: str = "") -> str:
    """A difference with its sign and unit."""
    if value is None:
        return _("no data")
    return wording.signed(value, unit, 0 if float(value).is_integer() else 2)


@register.inclusion_tag("components/strip.html")
def strip(stages: Iterable[Any]) -> dict[str, Any]:
    """The rail in one line. Each stage has `state` and `share` (0 to 1, or None) and `current`."""
    return {"stages": list(stages)}


@register.simple_tag
def meter(share: float, tone: str, label: str) -> SafeString:
    """A bar filled to `share` of one, with the sentence it shows."""
    return format_html(
        '<div class="meter {}" role="img" aria-label="{}"><i class="{}"></i></div>',
        tone,
        label,
        done(share),
    )


@register.simple_tag
def spark(values: Sequence[float | None]) -> SafeString:
    """A small line beside its numbers: decoration. Gaps stay gaps."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return format_html('<span class="quiet tiny">{}</span>', _("no data"))
    low, high = min(known), max(known)
    step = 86 / max(1, len(values) - 1)
    path, pen, x, y = [], "M", 0.0, 0.0
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x, y = 2 + index * step, 21 - 18 * (value - low) / ((high - low) or 1)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return format_html(
        '<svg class="spark" viewBox="0 0 92 24" aria-hidden="true"><path class="s-can" d="{}"/>'
        '<circle class="t-ink" cx="{}" cy="{}" r="2.5"/></svg>',
        "".join(path),
        f"{x:.1f}",
        f"{y:.1f}",
    )


@register.simple_block_tag
def note(content: str, tone: str, icon: str = "", role: str = "") -> SafeString:
    """A sentence that needs attention, with tone and icon. `role` is "alert" or "status" if it is new."""
    attrs = format_html('role="{}"', role) if role else ""
    symbol = icon or lamps.Lamp(tone, "").symbol
    return format_html(
        '<div class="note {}" {}>{}<div>{}</div></div>',
        tone,
        attrs,
        icon_of(symbol),
        mark_safe(content),  # noqa: S308 - a template made it
    )


def icon_of(name: str) -> SafeString:
    """`icon` where a tag's own input has that name."""
    return icon(name)


@register.simple_block_tag
def empty(content: str, title: str, icon: str = "inbox") -> SafeString:
    """What would be here, why it is not, and one action."""
    return format_html(
        '<div class="empty">{}<b>{}</b>{}</div>',
        icon_of(icon),
        title,
        mark_safe(content),  # noqa: S308 - a template made it
    )


@register.simple_tag
def facts(pairs: Iterable[tuple[object, object]]) -> SafeString:
    """A list of terms and what is known about them."""
    return format_html(
        '<dl class="facts">{}</dl>',
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs),
    )
