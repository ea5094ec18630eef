"""The page of the fleet."""

from html import escape

from demo.fleet.fleet import Called, Fleet, Served
from demo.fleet.orders import NEW, Mode
from demo.page import document, lamp

_WORDS = {
    Mode.HEALTHY: ("pass", "healthy"),
    Mode.SLOW: ("wait", "slow"),
    Mode.ERRORS: ("stop", "errors"),
    Mode.DEAD: ("stop", "dead"),
}
_BUTTONS = (
    ("slow", "Slow", "Orders take 0.6 to 1.5 s longer. Callers give up after 1 s."),
    ("errors", "Errors", "Every second answer is a 500."),
    ("dead", "Dead", "The port refuses connections."),
    ("stop-scraping", "Stop scraping", "No service shows its metrics. Traffic goes on."),
    ("mend", "Mend", "Everything works again."),
)


def fleet(seen: Fleet) -> str:
    """The whole page; works without scripts, by forms and a reload every 5 s."""
    link = ""
    if seen.gatehouse_url:
        link = f' <a href="{escape(seen.gatehouse_url)}">Open Gatehouse</a>'
    body = (
        '<main id="main" class="page"><h1>The fleet</h1>'
        "<p>Four services call orders, which runs in two versions side by side. Before each call they ask "
        f"Gatehouse which one to use.{link}</p>"
        f'<div id="now" data-live="2">{_now(seen)}</div>{_controls()}{_pipeline(seen)}</main>'
    )
    return document(title="The fleet", program="Demo fleet", body=body, refresh_s=5)


def _now(seen: Fleet) -> str:
    share = seen.share()
    words = "no calls" if share is None else f"{share * 100:.0f} %"
    scraping = lamp("pass", "metrics are served") if seen.scraped else lamp("none", "metrics are withheld")
    mode = seen.orders[NEW].mode
    return (
        '<section class="panel" aria-labelledby="h-now"><h2 id="h-now">Now</h2><dl class="stats">'
        f"<div><dt>Calls to orders {NEW}</dt><dd>{words}</dd></div>"
        f"<div><dt>Orders {NEW} is</dt><dd>{lamp(*_WORDS[mode])}</dd></div>"
        f"<div><dt>Scraping</dt><dd>{scraping}</dd></div>"
        f"<div><dt>Gatehouse</dt><dd>{_gatehouse(seen)}</dd></div></dl></section>"
        f"{_served(seen.served())}{_called(seen.called())}"
    )


def _gatehouse(seen: Fleet) -> str:
    heard = [c.flags.silent_for_s for c in seen.callers.values() if c.flags.silent_for_s is not None]
    if not heard:
        return lamp("none", "not asked yet")
    if min(heard) > 3:
        return lamp("stop", f"silent for {min(heard):.0f} s")
    return lamp("pass", "answers")


def _served(rows: list[Served]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(row.service)}</th><td class="mono">{escape(row.version)}</td>'
        f'<td>{_state(row)}</td><td class="num">{row.rate:.1f}</td>'
        f'<td class="num{" bad" if row.failed else ""}">{row.failed:.1f}</td>'
        f'<td><a href="{escape(row.url)}/metrics">metrics</a></td></tr>'
        for row in rows
    )
    return (
        '<section class="panel" aria-labelledby="h-served"><h2 id="h-served">Services</h2>'
        '<div class="wide" tabindex="0" role="group" aria-label="Table, services"><table>'
        '<thead><tr><th scope="col">Service</th><th scope="col">Version</th><th scope="col">State</th>'
        '<th scope="col" class="num">Requests a second</th><th scope="col" class="num">Failed a second</th>'
        f'<th scope="col">Look</th></tr></thead><tbody>{lines}</tbody></table></div></section>'
    )


def _state(row: Served) -> str:
    mode = Mode(row.mode)
    return lamp("stop", "failing") if mode is Mode.HEALTHY and row.failed else lamp(*_WORDS[mode])


def _called(rows: list[Called]) -> str:
    outcomes = ("ok", "error", "refused", "timeout")
    lines = "".join(
        f'<tr><th scope="row">{escape(row.caller)}</th><td class="mono">{escape(row.version)}</td>'
        + "".join(
            f'<td class="num{" bad" if outcome != "ok" and row.outcomes.get(outcome) else ""}">'
            f"{row.outcomes.get(outcome, 0.0):.1f}</td>"
            for outcome in outcomes
        )
        + "</tr>"
        for row in rows
    )
    heads = "".join(f'<th scope="col" class="num">{outcome}</th>' for outcome in outcomes)
    return (
        '<section class="panel" aria-labelledby="h-called">'
        '<h2 id="h-called">Calls to orders, a second, as the callers count them</h2>'
        '<div class="wide" tabindex="0" role="group" aria-label="Table, calls"><table><thead><tr>'
        f'<th scope="col">Caller</th><th scope="col">Version of orders</th>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></section>"
    )


def _pipeline(seen: Fleet) -> str:
    last = seen.pipeline.last
    told = lamp("none", "not run yet")
    if last is not None:
        told = lamp("pass", f"{last.passed} passed") if last.fine else lamp("stop", f"{last.failed} failed")
        told += f" {escape(last.said)}"
    return (
        '<section class="panel" aria-labelledby="h-pipeline">'
        '<h2 id="h-pipeline">The pipeline of shipping</h2>'
        '<form method="post" action="/pipeline"><ul class="deeds"><li>'
        '<button class="press">Test it</button>'
        f"<span>Can shipping print labels from orders {NEW}? The report goes to Gatehouse as evidence."
        f" {told}</span></li></ul></form></section>"
    )


def _controls() -> str:
    buttons = "".join(
        f'<li><button name="mode" value="{mode}" class="{"press" if mode == "mend" else ""}">{label}</button>'
        f"<span>{words}</span></li>"
        for mode, label, words in _BUTTONS
    )
    return (
        '<section class="panel" aria-labelledby="h-break">'
        f'<h2 id="h-break">Break orders {NEW}, and mend it</h2>'
        f'<form method="post" action="/control"><ul class="deeds">{buttons}</ul></form></section>'
    )
