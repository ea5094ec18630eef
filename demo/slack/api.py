"""The Web API: who asks, how often, what for, and Slack's answer."""

import re
from collections.abc import Callable
from typing import Any

from demo.httpd import Hangup, Request, Response
from demo.slack.arguments import Arguments
from demo.slack.channels import Channels
from demo.slack.chat import Chat
from demo.slack.limits import Faults, Limits
from demo.slack.store import Store
from demo.slack.views import Views
from demo.slack.workspace import (
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    TEAM_ID,
    TEAM_NAME,
    Directory,
    SlackError,
    conversation_id,
)

PREFIX = "/api/"
Answer = dict[str, Any]


class Api:
    """Answers /api/<method>."""

    def __init__(
        self,
        *,
        token: str,
        store: Store,
        directory: Directory,
        channels: Channels,
        chat: Chat,
        views: Views,
        limits: Limits,
        faults: Faults,
    ) -> None:
        self._token = token
        self._store = store
        self._directory = directory
        self._views = views
        self._limits = limits
        self._faults = faults
        self.url = ""
        self._methods: dict[str, Callable[[Arguments], Answer]] = {
            **channels.methods,
            **chat.methods,
            "auth.test": self._auth_test,
            "users.list": self._users_list,
            "users.info": self._users_info,
            "users.lookupByEmail": self._users_lookup,
            "views.open": self._views_open,
            "views.update": self._views_update,
        }

    def answer(self, request: Request) -> Response:
        """One call. Raises Hangup when a test ordered that the answer be lost."""
        method = request.path.removeprefix(PREFIX)
        if self._faults.take("fail", method):
            self._refused(method, "", "internal_error")
            return Response.json({"ok": False, "error": "internal_error"}, 500)
        channel = ""
        try:
            arguments = Arguments.of(request)
            self._authorise(request, arguments)
            channel = arguments.text("channel")
            if wait_s := self._limits.wait_s(method, self._bucket(channel)):
                self._refused(method, channel, "ratelimited")
                headers = (("Retry-After", str(wait_s)),)
                return Response.json({"ok": False, "error": "ratelimited"}, 429, headers)
            act = self._methods.get(method)
            if act is None:
                raise SlackError("unknown_method", req_method=method)
            answer = {"ok": True, **act(arguments)}
        except SlackError as error:
            self._refused(method, channel, error.code)
            return Response.json({"ok": False, "error": error.code, **error.more})
        if self._faults.take("drop", method):
            raise Hangup
        return Response.json(answer)

    def _authorise(self, request: Request, arguments: Arguments) -> None:
        bearer = re.fullmatch(r"Bearer\s+(\S+)", request.headers.get("authorization", ""))
        token = bearer.group(1) if bearer else arguments.text("token")
        if not token:
            raise SlackError("not_authed")
        if token != self._token:
            raise SlackError("invalid_auth")
        if self._store.revoked:
            raise SlackError("token_revoked")

    def _bucket(self, channel: str) -> str:
        """A channel has one budget, by name or by id, also when its first message is what makes it."""
        if channel in self._store.conversations:
            return channel
        user = self._directory.find(channel)
        return conversation_id("D", user.id) if user else conversation_id("C", channel.removeprefix("#"))

    def _refused(self, method: str, channel: str, error: str) -> None:
        self._store.record("call.refused", method=method, channel=channel, error=error)

    def _auth_test(self, _arguments: Arguments) -> Answer:
        return {
            "url": f"{self.url}/",
            "team": TEAM_NAME,
            "team_id": TEAM_ID,
            "user": BOT_NAME,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _users_list(self, _arguments: Arguments) -> Answer:
        members = [user.profile() for user in self._directory.all()]
        return {"members": members, "response_metadata": {"next_cursor": ""}}

    def _users_info(self, arguments: Arguments) -> Answer:
        user = self._directory.find(arguments.text("user"))
        if user is None or user.id != arguments.text("user"):
            raise SlackError("user_not_found")
        return {"user": user.profile()}

    def _users_lookup(self, arguments: Arguments) -> Answer:
        user = self._directory.find(arguments.text("email"))
        if user is None or user.email != arguments.text("email"):
            raise SlackError("users_not_found")
        return {"user": user.profile()}

    def _views_open(self, arguments: Arguments) -> Answer:
        given = arguments.tree("view", refusal="invalid_arguments")
        return {"view": self._views.open(arguments.text("trigger_id"), given)}

    def _views_update(self, arguments: Arguments) -> Answer:
        given = arguments.tree("view", refusal="invalid_arguments")
        return {"view": self._views.update(arguments.text("view_id"), given)}
