"""Asks one target for its metrics, within limits, through the guarded client."""

from dataclasses import dataclass

from rollouts.health import exposition
from rollouts.health.exposition import Exposition
from rollouts.health.signals import NAMES
from rollouts.lib import http


@dataclass(frozen=True)
class Scraped:
    """One answer, or the sentence that says why there is none."""

    exposed: Exposition | None
    error: str = ""


def scrape(url: str, *, timeout_s: float) -> Scraped:
    """Ask `url`. Never raises for what the target does; no redirect leads to another host."""
    try:
        answer = http.fetch(
            "GET",
            url,
            headers={"Accept": exposition.ACCEPT},
            timeout_s=timeout_s,
            max_bytes=exposition.MAX_BYTES,
            guard=http.operator_guard(other_hosts=False),
        )
        if answer.status != 200:
            return Scraped(None, f"The target answered with status {answer.status}.")
        read = exposition.read(answer.body, answer.headers.get("content-type", ""), names=NAMES)
    except (http.Refused, http.Failed, exposition.Unreadable) as error:
        return Scraped(None, str(error))
    return Scraped(read)
