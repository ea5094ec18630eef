"""The arguments of one call, whether they came as JSON, as a form or in the address."""

import json
from collections.abc import Mapping
from typing import Any

from demo.httpd import Request
from demo.slack.workspace import SlackError

_TRUE, _FALSE = ("1", "true", "True", True), ("0", "false", "False", "", None, False)


class Arguments:
    """Reads arguments as Slack does. Each reader raises SlackError for what Slack refuses."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    @classmethod
    def of(cls, request: Request) -> "Arguments":
        given: dict[str, Any] = dict(request.query)
        if request.is_json and request.body:
            try:
                body = request.json()
            except ValueError:
                raise SlackError("invalid_json") from None
            if not isinstance(body, dict):
                raise SlackError("json_not_object")
            given |= body
        else:
            given |= request.form()
        return cls(given)

    def has(self, name: str) -> bool:
        return self._given.get(name) is not None

    def text(self, name: str) -> str:
        value = self._given.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        value = self._given.get(name)
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise SlackError("invalid_arguments", argument=name)

    def number(self, name: str, *, default: int, most: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise SlackError("invalid_limit")
        return int(text)

    def tree(self, name: str, *, refusal: str) -> Any:
        """A JSON value that forms carry as text; None when it was not given. Raises SlackError(refusal)."""
        value = self._given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(refusal) from None
