"""The local Slack in a browser, with and without scripts."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from demo.fleet.calls import Client
from demo.httpd import Response
from demo.receiver import Receiver
from demo.slack.mrkdwn import plain, render
from demo.slack.server import LocalSlack
from tests.demo.slack_messages import BLOCKS, MODAL
from tests.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def app() -> Iterator[Receiver]:
    with Receiver() as running:
        running.answer(Response())
        yield running


@pytest.fixture
def slack(app: Receiver) -> Iterator[LocalSlack]:
    with LocalSlack(limits=False, gatehouse_url=app.url) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.token, base_url=f"{slack.url}/api/", retry_handlers=[])


@pytest.fixture
def scriptless(browser: "Browser") -> Iterator["Page"]:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def last(app: Receiver) -> Any:
    return json.loads(parse_qs(app.requests()[-1].body.decode())["payload"][0])


def test_a_person_presses_a_button_without_scripts(
    slack: LocalSlack, client: WebClient, app: Receiver, scriptless: "Page"
) -> None:
    client.chat_postMessage(channel="#orders", text="Approval asked", blocks=BLOCKS)
    scriptless.goto(slack.url)
    scriptless.get_by_label("You are").select_option("Priya Natarajan")
    scriptless.get_by_role("button", name="Switch").click()
    scriptless.get_by_role("button", name="Approve").click()
    scriptless.wait_for_url("**/c/*")
    assert last(app)["user"]["id"] == "U01PRIYA"
    assert last(app)["actions"][0]["action_id"] == "rollout.approve"


def test_a_confirmation_stands_before_the_button_that_has_one(
    slack: LocalSlack, client: WebClient, app: Receiver, scriptless: "Page"
) -> None:
    client.chat_postMessage(channel="#orders", text="Approval asked", blocks=BLOCKS)
    scriptless.goto(slack.url)
    scriptless.get_by_role("button", name="Halt").click()
    assert scriptless.get_by_role("heading", name="Halt Orders?").is_visible()
    scriptless.get_by_role("link", name="No").click()
    assert app.requests() == []
    scriptless.get_by_role("button", name="Halt").click()
    scriptless.get_by_role("button", name="Halt now").click()
    scriptless.wait_for_url("**/c/*")
    assert last(app)["actions"][0]["action_id"] == "rollout.halt"


def test_a_silent_app_is_told_to_the_person(
    slack: LocalSlack, client: WebClient, app: Receiver, scriptless: "Page"
) -> None:
    client.chat_postMessage(channel="#orders", text="Approval asked", blocks=BLOCKS)
    app.refuse()
    scriptless.goto(slack.url)
    scriptless.get_by_role("button", name="Approve").click()
    assert "did not answer" in scriptless.get_by_role("status").inner_text()


def test_the_page_follows_the_channel_by_itself(slack: LocalSlack, client: WebClient, page: "Page") -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    posted = client.chat_postMessage(channel="#orders", text="Approval asked", blocks=BLOCKS)
    page.goto(slack.url)
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Approved by *Priya*")
    client.chat_postMessage(channel=posted["channel"], text="In the thread", thread_ts=posted["ts"])
    page.get_by_text("In the thread").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0
    assert page.locator("article strong", has_text="Priya").is_visible()
    assert complaints == []


def test_an_opened_form_is_filled_in_and_its_errors_are_shown(
    slack: LocalSlack, client: WebClient, app: Receiver, scriptless: "Page"
) -> None:
    client.chat_postMessage(channel="#orders", text="Approval asked", blocks=BLOCKS)
    scriptless.goto(slack.url)
    scriptless.get_by_role("button", name="Approve").click()
    client.views_open(trigger_id=last(app)["trigger_id"], view=MODAL)
    scriptless.goto(slack.url)
    scriptless.get_by_role("link", name="open it").click()
    app.answer(Response.json({"response_action": "errors", "errors": {"reason": "Say more."}}))
    scriptless.get_by_label("Reason").fill("no")
    scriptless.get_by_role("button", name="Reject").click()
    assert scriptless.get_by_text("Say more.").is_visible()
    assert scriptless.get_by_label("Reason").input_value() == "no"
    app.answer(Response())
    scriptless.get_by_label("Reason").fill("The drill failed.")
    scriptless.get_by_role("button", name="Reject").click()
    wait_for(lambda: not slack.open_views("U01MINA"))
    assert last(app)["view"]["state"]["values"]["reason"]["words"]["value"] == "The drill failed."


def test_a_command_and_its_private_answer(slack: LocalSlack, app: Receiver, scriptless: "Page") -> None:
    slack.say("#orders", "hello", "U01ADA")
    app.answer(Response.json({"text": "Only for you"}))
    scriptless.goto(slack.url)
    scriptless.get_by_label("Message or command").fill("/gatehouse help")
    scriptless.get_by_role("button", name="Send").click()
    assert scriptless.get_by_text("Only visible to you").is_visible()
    scriptless.get_by_label("You are").select_option("Ada Mbeki")
    scriptless.get_by_role("button", name="Switch").click()
    assert scriptless.get_by_text("Only for you").count() == 0


def test_direct_messages_are_for_their_user(slack: LocalSlack, client: WebClient, scriptless: "Page") -> None:
    channel = client.chat_postMessage(channel="U01TOMAS", text="You are paged")["channel"]
    scriptless.goto(f"{slack.url}/c/{channel}")
    assert scriptless.get_by_text("You are paged").count() == 0
    scriptless.get_by_label("You are").select_option("Tomas Rey")
    scriptless.get_by_role("button", name="Switch").click()
    scriptless.goto(f"{slack.url}/c/{channel}")
    assert scriptless.get_by_text("You are paged").is_visible()


def test_forms_of_other_sites_are_refused(slack: LocalSlack, client: WebClient, app: Receiver) -> None:
    client.chat_postMessage(channel="#orders", text="x", blocks=BLOCKS)
    caller = Client(slack.url, timeout_s=5)
    for path in ("/press", "/say", "/_control"):
        reply = caller.call("POST", path, body=b"{}", headers={"Origin": "https://elsewhere.test"})
        assert reply.status == 403
    assert caller.call("POST", "/who", body=b"user=U01ADA&back=//elsewhere.test").headers["location"] == "/"
    caller.close()
    assert app.requests() == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~no~ `code`", "<strong>bold</strong> <em>it</em> <s>no</s> <code>code</code>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        (
            '<https://x.test/?a=1&amp;b="|the *page*>',
            '<a href="https://x.test/?a=1&amp;b=&quot;" rel="noopener">the *page*</a>',
        ),
        (
            "<@U01ADA> in <#C1|orders>",
            '<span class="mention">@Ada</span> in <span class="mention">#orders</span>',
        ),
        ("<!here> one\ntwo", '<span class="mention">@here</span> one<br>two'),
        ("&gt; said\nthen", "<blockquote>said</blockquote>then"),
        ("```a *b*\n<x>```", "<pre>a *b*\n&lt;x&gt;</pre>"),
        (":octagonal_sign: 10:20:30 :unknown:", "⛔ 10:20:30 :unknown:"),
    ],
)
def test_mrkdwn_is_rendered_safely(text: str, html: str) -> None:
    assert render(text, {"U01ADA": "Ada"}) == html


def test_plain_text_is_not_formatted() -> None:
    assert plain("*a* <b>") == "*a* &lt;b&gt;"
