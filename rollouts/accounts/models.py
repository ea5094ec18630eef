"""People, their visits, their identities on other faces, teams with roles, and API tokens."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.values import Role, Scope
from rollouts.audit.values import Actor


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """One account; `is_staff` makes an administrator of the installation."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("installation admin"), default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """This person as the log names them."""
        return Actor(kind="person", id=str(self.pk), name=str(self))

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


class Visit(models.Model):
    """When a person last opened the first page, and when the visit before this one ended."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="visit")
    looked_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person} looked {self.looked_at}"


class Team(models.Model):
    """People who own services; roles are held in teams."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    slack_channel = models.CharField(max_length=80, blank=True)
    on_call = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="on_call_for"
    )
    members = models.ManyToManyField(Person, through="Membership", related_name="teams")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one team; the door reads these rows FOR SHARE."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=[(role.value, role.label) for role in Role])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "team", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} is {self.role} of {self.team}"


class Identity(models.Model):
    """A person on another face, such as a Slack user; linked by the person, never guessed from an e-mail."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=30)
    workspace = models.CharField(max_length=80)
    external_id = models.CharField(max_length=120)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "workspace", "external_id"], name="identity_is_one_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.external_id} is {self.person}"


class TokenQuerySet(models.QuerySet["Token"]):
    def live(self, now: datetime) -> Self:
        """Tokens that still open the API."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


class Token(models.Model):
    """A personal API token: hashed, with a scope and an expiry; shown once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scope = models.CharField(max_length=10, choices=[(s.value, s.value.capitalize()) for s in Scope])
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
