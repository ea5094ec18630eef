"""Signatures of checkpoints and outgoing webhooks."""

import hashlib
import hmac

from django.conf import settings


def sign(purpose: str, message: bytes) -> str:
    """HMAC-SHA256 in hex, with a key of its own per purpose."""
    key = hashlib.sha256(f"{purpose}:{settings.SECRETS_KEY or settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def verify(purpose: str, message: bytes, signature: str) -> bool:
    """Whether `signature` is ours."""
    return hmac.compare_digest(sign(purpose, message), signature)
