"""Slack's text formatting as safe HTML."""

import re
from collections.abc import Mapping
from html import escape

EMOJI = {
    # Plain signs where there is one: not every machine has a font with the coloured ones.
    "white_check_mark": "✔", "heavy_check_mark": "✔", "x": "✖", "warning": "⚠", "octagonal_sign": "⛔",
    "no_entry": "⛔", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "large_blue_circle": "●",
    "large_green_circle": "●", "large_yellow_circle": "●", "large_orange_circle": "●", "red_circle": "●",
    "white_circle": "○", "black_circle": "●", "leftwards_arrow_with_hook": "↩", "arrow_right": "→",
    "arrow_up": "↑", "arrow_down": "↓", "telephone_receiver": "☎", "phone": "☎", "bell": "🔔",
    "rotating_light": "⚠", "eyes": "👀", "raised_hand": "✋", "hand": "✋", "pause_button": "‖",
    "double_vertical_bar": "‖", "arrow_forward": "▶", "rocket": "🚀", "lock": "🔒", "unlock": "🔓",
    "memo": "📝", "clipboard": "📋", "link": "🔗", "question": "?", "bust_in_silhouette": "👤",
    "busts_in_silhouette": "👥", "mag": "🔍", "speech_balloon": "💬", "calendar": "📅", "clock1": "🕐",
    "information_source": "ℹ️", "tada": "🎉", "fire": "🔥", "snowflake": "❄️", "chart_with_upwards_trend": "📈",
    "construction": "🚧", "stop_sign": "⛔", "black_square_for_stop": "■", "rewind": "⏪", "thumbsup": "👍",
    "ballot_box_with_check": "☑", "book": "📖", "wrench": "🔧", "ghost": "👻", "grey_question": "?",
}  # fmt: skip

_TOKEN = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
)
_QUOTE = re.compile(r"(?:^&gt;[^\n]*(?:\n|$))+", re.MULTILINE)
_KEPT = re.compile("\x00(\\d+)\x00")


def render(text: str, names: Mapping[str, str]) -> str:
    """mrkdwn as HTML. `names` gives what to show for the ids of users and channels."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(_token(found, names))
        return f"\x00{len(kept) - 1}\x00"

    html = _escaped(_TOKEN.sub(keep, text.replace("\x00", "")))
    for pattern, replacement in _STYLES:
        html = pattern.sub(replacement, html)
    html = _QUOTE.sub(_quoted, emoji(html)).replace("\n", "<br>")
    return _KEPT.sub(lambda found: kept[int(found.group(1))], html)


def plain(text: str) -> str:
    """plain_text as HTML."""
    return emoji(escape(text)).replace("\n", "<br>")


def emoji(text: str) -> str:
    return re.sub(r":([a-z0-9_+-]+):", lambda found: EMOJI.get(found.group(1), found.group(0)), text)


def _escaped(text: str) -> str:
    """HTML of text in which Slack's three entities are escaped already."""
    return escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _quoted(found: re.Match[str]) -> str:
    lines = [line.removeprefix("&gt;").strip() for line in found.group(0).strip("\n").split("\n")]
    return f"<blockquote>{'<br>'.join(lines)}</blockquote>"


def _token(found: re.Match[str], names: Mapping[str, str]) -> str:
    if found["pre"] is not None:
        return f"<pre>{_escaped(found['pre'].strip(chr(10)))}</pre>"
    if found["code"] is not None:
        return f"<code>{_escaped(found['code'])}</code>"
    target, _, label = found["angle"].partition("|")
    if target[:1] in "@#":
        return (
            f'<span class="mention">{target[0]}{_escaped(label or names.get(target[1:], target[1:]))}</span>'
        )
    if target.startswith("!"):
        shown = (
            label if target.startswith(("!date", "!subteam")) and label else f"@{target[1:].split('^')[0]}"
        )
        return f'<span class="mention">{_escaped(shown)}</span>'
    if target.startswith(("https://", "http://", "mailto:")):
        return f'<a href="{_escaped(target)}" rel="noopener">{_escaped(label or target)}</a>'
    return _escaped(found.group(0))
