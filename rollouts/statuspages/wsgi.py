"""Public pages in front of Django: no middleware, no session, no user, no database."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rollouts.statuspages.answering import REASONS, answer
from rollouts.statuspages.store import Store
from rollouts.statuspages.store import store as own

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


class PublicPages:
    """Answers known public pages from memory, and leaves everything else to `application`.

    `headers` go with every answer, as Django's middleware would send them.
    """

    def __init__(
        self, application: Application, *, headers: Sequence[tuple[str, str]] = (), store: Store = own
    ) -> None:
        self._application = application
        self._headers = list(headers)
        self._store = store

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path.startswith("/status/") and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            found = answer(
                self._store,
                path,
                query=environ.get("QUERY_STRING", ""),
                if_none_match=environ.get("HTTP_IF_NONE_MATCH", ""),
            )
            if found is not None:
                own_names = {name for name, _value in found.headers}
                shared = [header for header in self._headers if header[0] not in own_names]
                start_response(REASONS[found.status], [*found.headers, *shared])
                return [b"" if environ["REQUEST_METHOD"] == "HEAD" else found.body]
        return self._application(environ, start_response)
