"""Where the bytes of a file lie that people see at a Git host. Django-free."""

import re

RAW = (
    (
        re.compile(r"https://github\.com/([^/]+/[^/]+)/(?:blob|raw)/(.+)"),
        r"https://raw.githubusercontent.com/\1/\2",
    ),
    (re.compile(r"(https?://[^/]+/.+?)/-/blob/(.+)"), r"\1/-/raw/\2"),
    (re.compile(r"(https://bitbucket\.org/[^/]+/[^/]+)/src/(.+)"), r"\1/raw/\2"),
    (re.compile(r"(https?://[^/]+/[^/]+/[^/]+)/src/((?:branch|tag|commit)/.+)"), r"\1/raw/\2"),
)
"""GitHub; GitLab; Bitbucket; Gitea and Forgejo."""


def raw(address: str) -> str:
    """The raw address of a page about a file at a Git host; any other address stays as it is."""
    for page, bytes_at in RAW:
        if page.fullmatch(address):
            return page.sub(bytes_at, address)
    return address
