"""Documents by digest, what they name, which version has which, and what comparing two of them gave."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.contracts.documents.elements.values import Kind
from rollouts.contracts.values import Origin


class Document(models.Model):
    """A text, once for all versions that have it: `digest` is the SHA-256 of its UTF-8."""

    digest = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest


class ElementQuerySet(models.QuerySet["Element"]):
    def named(self, text: str) -> Self:
        """Those that hold each word of the text, or one that begins with it."""
        words = ["".join(letter for letter in word if letter.isalnum()) for word in _split(text)]
        asked = " & ".join(f"{word}:*" for word in words if word)
        if not asked:
            return self.none()
        return self.filter(search=SearchQuery(asked, config="simple", search_type="raw"))

    def standing(self) -> Self:
        """Those of documents that a present version of a present contract has."""
        return self.filter(
            document__versions__version__gone_at__isnull=True,
            document__versions__version__contract__gone_at__isnull=True,
        )


def _split(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()[:8]


class Element(models.Model):
    """One operation, field or type that a document names, to be found by its words."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="elements")
    place = models.PositiveIntegerField(help_text="Its number in the document.")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    operation = models.CharField(max_length=300, blank=True)
    type = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=300, blank=True)
    shape = models.CharField(max_length=300, blank=True)
    required = models.BooleanField(null=True)
    deprecated = models.BooleanField(default=False)
    search = SearchVectorField()

    objects = ElementQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "place"], name="element_once")]
        indexes = [GinIndex(fields=["search"], name="element_search")]

    def __str__(self) -> str:
        return self.part

    @property
    def part(self) -> str:
        """The part in words: `GET /orders/{id}, Address.street`."""
        inside = ".".join(one for one in (self.type, self.field) if one)
        return ", ".join(one for one in (self.operation, inside) if one)


class VersionDocument(models.Model):
    """The document that a version has now, and where it came from; earlier ones stand in the log."""

    version = models.OneToOneField(
        "contracts.ContractVersion", on_delete=models.CASCADE, related_name="documented"
    )
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    origin = models.CharField(
        _("origin"), max_length=10, choices=[(origin.value, origin.label) for origin in Origin]
    )
    address = models.CharField(_("address"), max_length=500, blank=True)
    stored_at = models.DateTimeField()
    stored_by = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(origin__in=["address", "registry"]) | ~Q(address=""),
                name="document_fetched_from_somewhere",
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} of version {self.version_id}"


class Compared(models.Model):
    """What comparing two documents under some settings gave; found again by both digests.

    `engine` changes with the code that compares, so that nothing outlives a mended rule.
    """

    old = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    new = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=20)
    settings = models.CharField(max_length=40, help_text="The content model and the category.")
    engine = models.CharField(max_length=16)
    answer = models.JSONField()
    compared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old", "new", "format", "settings"], name="compared_once")
        ]

    def __str__(self) -> str:
        return f"{self.old_id[:12]} to {self.new_id[:12]}"
