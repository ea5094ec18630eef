"""Tags of the page's frame: style sheets, navigation, theme, the reader's zone."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.dashboard import wording
from rollouts.dashboard.templatetags.gatehouse import clock, reader_zone

register = template.Library()

SHEETS = [
    "tokens",
    "base",
    "frame",
    "lamps",
    "buttons",
    "panels",
    "gate",
    "rail",
    "decide",
    "tables",
    "charts",
    "map",
    "forms",
    "inbox",
    "approve",
    "ladder",
    "plan",
    "contracts",
    "review",
    "public",
    "done",
    "phone",
    "motion",
]
"""The style sheets in the order in which they overrule each other."""

PLACES = (
    ("now", gettext_lazy("Now"), "/", "n"),
    ("rollouts", gettext_lazy("Rollouts"), "/rollouts/", "r"),
    ("services", gettext_lazy("Services"), "/services/", "s"),
    ("graph", gettext_lazy("Map"), "/graph/", "m"),
    ("escalations", gettext_lazy("Escalations"), "/escalations/", ""),
    ("reviews", gettext_lazy("Reviews"), "/reviews/", ""),
    ("status", gettext_lazy("Status"), "/status/", ""),
)


@dataclass(frozen=True)
class Link:
    """One entry of the navigation; `key` follows `g`. `counts`: it shows how many things need the reader."""

    word: str
    href: str
    current: bool = False
    count: int = 0
    key: str = ""
    counts: bool = False


@cache
def built(path: str) -> bool:
    """Whether some view answers at `path`: what is not built is absent from the navigation."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@register.simple_tag
def style_sheets() -> SafeString:
    """The links of every style sheet."""
    return format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}">',
        ((static(f"css/{name}.css"),) for name in SHEETS),
    )


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: Context, find: bool = False) -> dict[str, Any]:
    """The main navigation. `nav` in the context, or the address, says where the reader is."""
    path = getattr(context.get("request"), "path", "")
    here = context.get("nav") or next((key for key, _w, href, _k in PLACES[1:] if path.startswith(href)), "")
    here = here or ("now" if path == "/" else "")
    links = [
        Link(
            str(word),
            href,
            key == here,
            context.get("needs_you") or 0 if key == "now" else 0,
            f"g{letter}",
            key == "now",
        )
        if letter
        else Link(str(word), href, key == here)
        for key, word, href, letter in PLACES
        if built(href)
    ]
    if find and built("/search/"):
        links.append(Link(_("Find"), "/search/"))
    return {"links": links}


@register.simple_tag
def find_link() -> SafeString:
    """The search field's door in the bar, once there is a search."""
    if not built("/search/"):
        return SafeString("")
    return format_html(
        '<a class="find" href="/search/" data-key="/" aria-label="{}"><svg class="i" aria-hidden="true">'
        '<use href="{}#i-search"/></svg><span>{}</span><kbd>/</kbd></a>',
        _("Find anything"),
        static("icons.svg"),
        _("Find anything"),
    )


@register.simple_tag(takes_context=True)
def theme_attribute(context: Context) -> SafeString:
    """`data-theme` as the reader chose, from the cookie; nothing means as the system."""
    chosen = getattr(context.get("request"), "COOKIES", {}).get("theme", "")
    return format_html(' data-theme="{}"', chosen) if chosen in ("light", "dark") else SafeString("")


@register.simple_tag(takes_context=True)
def own_zone(context: Context) -> str:
    """The reader's own zone in words, if it is not UTC: " Yours: Europe/Berlin (CET)." """
    zone = reader_zone(context)
    if zone == "UTC":
        return ""
    name = wording.zone_name(clock(context).astimezone(wording.zone_of(zone)))
    return " " + _("Yours: %(zone)s (%(name)s).") % {"zone": zone, "name": name}


@register.simple_tag(takes_context=True)
def now_time(context: Context) -> SafeString:
    """The time of the page's data, to the second."""
    at = clock(context)
    text = f"{wording.moment(at, now=timezone.now(), shape='second')} UTC"
    return format_html('<time datetime="{}" data-live-at>{}</time>', wording.utc(at), text)
