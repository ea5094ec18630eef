"""How the API knows who calls: personal tokens, and what they may do."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from rollouts.accounts.models import Person, Token
from rollouts.accounts.values import Scope
from rollouts.lib.clock import database_now
from rollouts.lib.secrets import digest

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ght_…`."""

    def authenticate(self, request: Request) -> tuple[Person, Token] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("The Authorization header must be `Bearer` and one token."))
        token = (
            Token.objects.live(database_now())
            .select_related("person")
            .filter(digest=digest(words[1].decode("latin-1")), person__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed(
                _("This token is unknown, expired or revoked. Make a new one in your account.")
            )
        _note_use(token)
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _note_use(token: Token) -> None:
    """Remembers the use, at most once a minute."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - timedelta(minutes=1))
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=Now())


class TokenScope(BasePermission):
    """A token of scope `read` opens reading only; a signed-in person is not bound by this."""

    message = "This token may only read. Use one with the scope `write`."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Token):
            return True
        return request.method in SAFE_METHODS or request.auth.scope == Scope.WRITE
