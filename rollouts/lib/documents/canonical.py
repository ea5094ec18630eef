"""The canonical form of a document, its digest, and how it is written out again."""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785
import yaml

from rollouts.lib.documents import scalars

PREFIX = "sha256:"


def canonical(document: Any) -> bytes:
    """RFC 8785 JSON of the document as given, before any default."""
    return rfc8785.dumps(document)


def digest(document: Any) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the canonical form: YAML and JSON spellings agree."""
    return PREFIX + hashlib.sha256(canonical(document)).hexdigest()


def to_yaml(document: Mapping[str, Any]) -> str:
    """YAML that reads back as the same document; for documents that were given as JSON."""
    return yaml.dump(
        document, Dumper=_Careful, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )


class _Careful(yaml.SafeDumper):
    """Quotes every text that some YAML reader takes for something else; writes no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        plain = scalars.resolve(text, None) == text
    except scalars.Ambiguous:
        plain = False
    style = None if plain else '"'
    if "\n" in text.rstrip("\n") and not text.startswith((" ", "\n")):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Careful.add_representer(str, _text)
