"""The frame around every page of the demo."""

from html import escape

LAMPS = {"pass": "✓", "move": "●", "wait": "⧗", "stop": "■", "none": "◌"}


def document(*, title: str, program: str, body: str, refresh_s: int = 0) -> str:
    """A whole page. `body` is HTML already; `refresh_s` reloads it where no script does.

    An element with `data-live` is fetched again by live.js every so many seconds.
    """
    again = f'<noscript><meta http-equiv="refresh" content="{refresh_s}"></noscript>' if refresh_s else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{again}"
        '<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/demo.css">'
        '<script src="/static/live.js" defer></script></head>'
        '<body><a class="skip" href="#main">Skip to the content</a>'
        f'<header class="bar"><strong>{escape(program)}</strong>'
        "<span>Part of the Gatehouse demo</span></header>"
        f"{body}</body></html>"
    )


def lamp(state: str, word: str) -> str:
    """A state as icon and word; never colour alone."""
    icon = LAMPS[state]
    return f'<span class="lamp {state}"><span aria-hidden="true">{icon}</span> {escape(word)}</span>'
