"""Slack's Web API through its SDK: posting, drawing anew, and finding what may have arrived."""

import http.client
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from socket import gaierror
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from django.conf import settings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from notifications.channels.base import Doubtful, Limited, Parcel, Permanent, Receipt, Transient, Trouble

EVENT_TYPE = "gatehouse"
TIMEOUT_S = 10
PASSING = frozenset({"service_unavailable"})
DOUBTFUL = frozenset({"internal_error", "fatal_error", "request_timeout"})
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
SEARCH_PAGES = 5
SKEW = timedelta(minutes=5)

_quiet = logging.getLogger("notifications.slack_sdk")
_quiet.setLevel(logging.CRITICAL)  # the SDK logs every failed request as an error; ours are in the table


def client() -> WebClient:
    """A client that never sends anything twice by itself. Raises Permanent when Slack is not set up."""
    if not settings.SLACK_BOT_TOKEN:
        raise Permanent("not_configured", "No Slack token is set (SLACK_BOT_TOKEN).")
    made = WebClient(
        token=settings.SLACK_BOT_TOKEN,
        base_url=settings.SLACK_API_URL,
        timeout=TIMEOUT_S,
        retry_handlers=[],
        logger=_quiet,
    )
    if urlsplit(settings.SLACK_API_URL).hostname in LOCAL:
        made.proxy = None  # a proxy of the environment does not reach this machine
    return made


def call(method: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    """One call. Raises a Trouble whose class says whether to try again."""
    try:
        return method(**arguments)
    except SlackApiError as error:
        raise trouble(error) from error
    except URLError as error:
        raise _unreached(error) from error
    except (http.client.HTTPException, OSError) as error:
        raise Doubtful("no_answer", f"Slack gave no answer ({type(error).__name__}).") from error
    except (SlackClientError, ValueError) as error:
        raise Doubtful("bad_answer", f"Slack's answer cannot be read ({type(error).__name__}).") from error


def trouble(error: SlackApiError) -> Trouble:
    """What an answer of Slack that is not ok means."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    code = str(response.get("error") or f"http_{status}")
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        wait = (getattr(response, "headers", None) or {}).get("Retry-After", "1")
        seconds = float(wait) if str(wait).isdigit() else 1.0
        return Limited("ratelimited", f"Slack asks for a pause of {seconds:g} s.", retry_after_s=seconds)
    if status >= 500 or code in DOUBTFUL:
        return Doubtful(code if len(code) < 40 else f"http_{status}", f"Slack answered with status {status}.")
    if code in PASSING:
        return Transient(code, f"Slack refuses for now: {code}.")
    return Permanent(code if len(code) < 40 else f"http_{status}", f"Slack refuses: {code[:300]}.")


def _unreached(error: URLError) -> Trouble:
    if isinstance(error.reason, ConnectionRefusedError | gaierror):
        return Transient("unreachable", "Slack cannot be reached.")
    return Doubtful("no_answer", f"Slack gave no answer ({error.reason}).")


class Slack:
    """Messages, redraws, and answers to a click."""

    name = "slack"

    @property
    def pace_s(self) -> float:
        return settings.GATEHOUSE_SLACK_PACE_S

    def repeats_safely(self, parcel: Parcel) -> bool:
        """Drawing a message anew twice changes nothing, and an answer twice to one click does no harm."""
        return bool(parcel.update_ts) or "response_url" in parcel.payload

    def send(self, parcel: Parcel) -> Receipt:
        if "response_url" in parcel.payload:
            return self._answer(parcel)
        web = client()
        said = {"text": parcel.payload["text"], "blocks": parcel.payload["blocks"] or None}
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": parcel.key, **parcel.metadata}}
        if parcel.update_ts:
            place = {"channel": parcel.external_channel, "ts": parcel.update_ts}
            answer = call(web.chat_update, **place, **said, metadata=metadata)
        else:
            place = {"channel": self._place(web, parcel)}
            if parcel.reply_ts:
                place["thread_ts"] = parcel.reply_ts
            answer = call(
                web.chat_postMessage,
                **place,
                **said,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
            )
        return Receipt(str(answer["channel"]), str(answer["ts"]))

    def _answer(self, parcel: Parcel) -> Receipt:
        """Tells the one who clicked, where they clicked."""
        hook = WebhookClient(
            parcel.payload["response_url"], timeout=TIMEOUT_S, retry_handlers=[], logger=_quiet
        )
        if urlsplit(parcel.payload["response_url"]).hostname in LOCAL:
            hook.proxy = None
        try:
            answer = hook.send(text=parcel.payload["text"], response_type="ephemeral", replace_original=False)
        except URLError as error:
            raise _unreached(error) from error
        except (http.client.HTTPException, OSError) as error:
            raise Doubtful("no_answer", f"Slack gave no answer ({type(error).__name__}).") from error
        if answer.status_code == 429:
            raise Limited("ratelimited", "Slack asks for a pause.", retry_after_s=5)
        if answer.status_code >= 500:
            raise Doubtful(f"http_{answer.status_code}", "Slack did not take the answer.")
        if answer.status_code >= 300:
            raise Permanent(f"http_{answer.status_code}", f"Slack refuses the answer: {answer.body[:200]}")
        return Receipt()

    def find(self, parcel: Parcel) -> Receipt | None:
        """The message that carries the parcel's key, by the metadata of what stands in the channel."""
        web = client()
        channel = parcel.external_channel or self._channel_id(web, parcel)
        if not channel:
            return None
        oldest = f"{(parcel.tried_at - SKEW).timestamp():.6f}"
        found = _search(web.conversations_history, parcel.key, channel=channel, oldest=oldest)
        if found is None and parcel.reply_ts:
            found = _search(
                web.conversations_replies, parcel.key, channel=channel, oldest=oldest, ts=parcel.reply_ts
            )
        return Receipt(channel, found) if found else None

    def _place(self, web: WebClient, parcel: Parcel) -> str:
        if parcel.external_channel:
            return parcel.external_channel
        if _is_user(parcel.target):
            return str(call(web.conversations_open, users=parcel.target)["channel"]["id"])
        return parcel.target

    def _channel_id(self, web: WebClient, parcel: Parcel) -> str:
        """The id of a channel that is known by name only; empty when there is no such channel."""
        if _is_user(parcel.target):
            return self._place(web, parcel)
        name = parcel.target.removeprefix("#")
        pages = _pages(web.conversations_list, limit=1000, types="public_channel,private_channel")
        for page in pages:
            for channel in page["channels"]:
                if name in (channel.get("name"), channel.get("id")):
                    return str(channel["id"])
        return ""


def _is_user(target: str) -> bool:
    return target[:1] in {"U", "W"} and target.isalnum()


def _search(method: Callable[..., SlackResponse], key: str, **arguments: Any) -> str | None:
    for page in _pages(method, include_all_metadata=True, limit=200, **arguments):
        for message in page["messages"]:
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                return str(message["ts"])
    return None


def _pages(method: Callable[..., SlackResponse], **arguments: Any) -> Iterator[SlackResponse]:
    cursor = ""
    for _ in range(SEARCH_PAGES):
        page = call(method, **arguments, **({"cursor": cursor} if cursor else {}))
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
