"""Secrets at rest: encrypted with a key from the settings, or hashed where only comparison is needed."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(ValueError):
    """The secret was encrypted with another key."""


def _fernet() -> Fernet:
    key = settings.SECRETS_KEY or settings.SECRET_KEY
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"secrets:" + key.encode()).digest()))


def encrypt(plain: str) -> str:
    """Ciphertext fit for a text column."""
    return _fernet().encrypt(plain.encode()).decode()


def decrypt(cipher: str) -> str:
    """The plain text. Raises Unreadable when the key has changed."""
    try:
        return _fernet().decrypt(cipher.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("This secret was stored with another key. Enter it again.") from error


def new_token(prefix: str) -> str:
    """A fresh random token of 256 bits, recognisable by its prefix."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is stored of a random token: SHA-256 suffices where the token itself is random."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
