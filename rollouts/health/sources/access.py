"""What a source is shown to let us in: a token or a name, own headers, a certificate. Never shown again."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from rollouts.lib import secrets, tls
from rollouts.lib.tls import Trust

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x20-\x7e\t]{1,4000}")
RESERVED = frozenset(
    {
        "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie",
        "expect", "host", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Access:
    """At most one of `bearer` and `username`. Certificates and key are PEM text."""

    bearer: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authority: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)

    @classmethod
    def opened(cls, cipher: str) -> "Access":
        """From what is stored. Raises secrets.Unreadable when the installation's key has changed."""
        return cls(**json.loads(secrets.decrypt(cipher))) if cipher else cls()

    def sealed(self) -> str:
        """Encrypted, or empty where there is nothing to keep."""
        if self == Access():
            return ""
        return secrets.encrypt(json.dumps(asdict(self) | {"headers": dict(self.headers)}))

    @property
    def sent(self) -> dict[str, str]:
        """The headers of every request."""
        found = dict(self.headers)
        if self.bearer:
            found["Authorization"] = f"Bearer {self.bearer}"
        elif self.username:
            pair = f"{self.username}:{self.password}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return found

    @property
    def trust(self) -> Trust | None:
        if not (self.authority or self.certificate):
            return None
        return Trust(self.authority, self.certificate, self.key)

    def words(self) -> list[str]:
        """What is set, without any secret."""
        found = []
        if self.bearer:
            found.append(_("a bearer token"))
        if self.username:
            found.append(_("the user %(name)s with a password") % {"name": self.username})
        if self.headers:
            found.append(_("own headers: %(names)s") % {"names": ", ".join(sorted(self.headers))})
        if self.certificate:
            found.append(_("a client certificate"))
        if self.authority:
            found.append(_("a certificate authority of its own"))
        return found

    def check(self) -> None:
        """Raises ValidationError for what could not be sent, by the name of its field."""
        wrong: dict[str, str] = {}
        if self.bearer and self.username:
            wrong["bearer"] = _("Give a token or a user name, not both.")
        if self.password and not self.username:
            wrong["username"] = _("A password needs a user name.")
        if self.bearer and not _VALUE.fullmatch(self.bearer):
            wrong["bearer"] = _("A token is printable ASCII without line breaks.")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
                wrong["headers"] = _("A header is a name and a value of printable ASCII.")
            elif name.lower() in RESERVED:
                wrong["headers"] = _("The header %(name)s cannot be set here.") % {"name": name}
        if bool(self.certificate) != bool(self.key):
            wrong["certificate"] = _("A client certificate and its key belong together.")
        elif self.trust is not None:
            try:
                tls.context(self.trust)
            except tls.Unusable as unusable:
                wrong["certificate" if self.certificate else "authority"] = str(unusable)
        if wrong:
            raise ValidationError(wrong)


PARTS = tuple(each.name for each in fields(Access))
