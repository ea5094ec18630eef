"""Certificates for one address: an authority of its own, and a certificate that we show (mTLS)."""

import os
import ssl
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache


class Unusable(ValueError):
    """The certificates do not fit or are none; `str()` is a sentence for people."""


@dataclass(frozen=True)
class Trust:
    """All as PEM text. `authority` stands instead of the system's authorities where it is given."""

    authority: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)


@lru_cache(maxsize=64)
def context(trust: Trust) -> ssl.SSLContext:
    """A verifying context, made once a process for each. Raises Unusable."""
    try:
        made = ssl.create_default_context(cadata=trust.authority or None)
    except (ssl.SSLError, ValueError) as error:
        raise Unusable("The certificate authority is no PEM certificate.") from error
    if trust.certificate:
        _show(made, trust)
    return made


def said(error: BaseException | None) -> str:
    """What is wrong between us and a server, where it is its certificate or the protocol; else empty."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"shows a certificate that is not valid: {error.verify_message.rstrip('.')}"
        if isinstance(error, ssl.SSLError):
            reason = (error.reason or "no reason given").lower().replace("_", " ")
            return f"does not speak TLS as we do: {reason}"
        error = error.__cause__ or error.__context__
    return ""


def _show(made: ssl.SSLContext, trust: Trust) -> None:
    # OpenSSL reads a key from a file only: one that nobody else can read, gone when it is loaded.
    handle, path = tempfile.mkstemp(prefix="gatehouse-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{trust.certificate.strip()}\n{trust.key.strip()}\n")
        # A key behind a passphrase must not make a worker wait for somebody to type it.
        made.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise Unusable(
            "The client certificate and its key cannot be used: give both as PEM, fitting each other, "
            "the key without a passphrase."
        ) from error
    finally:
        os.unlink(path)
