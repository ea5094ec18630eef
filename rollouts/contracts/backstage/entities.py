"""The documents of a catalog-info.yaml as entities, and how they name each other. Django-free."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollouts.lib.documents.faulty import Limits
from rollouts.lib.documents.problems import Marks, Problem, Problems
from rollouts.lib.documents.source import YAML, parse

API_VERSION = re.compile(rb"^\s*[\"']?apiVersion[\"']?\s*:\s*[\"']?backstage\.io/", re.MULTILINE)
# At the beginning of a line these always part documents, also inside of a block of text.
PARTS = re.compile(rb"^---(?=\s|$)", re.MULTILINE)
LIMITS = Limits(bytes=2_000_000, depth=32, values=200_000)
READ = ("/apiVersion", "/kind", "/metadata", "/spec")
IGNORED = ("/spec/definition", "/metadata/annotations", "/metadata/labels", "/metadata/links")
"""What is an odd scalar there means nothing here, or is read as the text that it is."""
KINDS = frozenset({"component", "api", "system", "group"})
REF = re.compile(r"(?:(?P<kind>[A-Za-z]+):)?(?:(?P<namespace>[A-Za-z0-9._-]+)/)?(?P<name>[A-Za-z0-9._-]+)")
NAME = re.compile(r"[A-Za-z0-9._-]+")
DEFAULT = "default"
LONGEST = 60


@dataclass(frozen=True)
class Ref:
    """Which entity is meant; the kind in small letters."""

    kind: str
    namespace: str
    name: str

    @property
    def slug(self) -> str:
        """Its name here: small letters, digits and hyphens; with the namespace unless that is the usual."""
        whole = self.name if self.namespace == DEFAULT else f"{self.namespace}-{self.name}"
        return re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")[:LONGEST].strip("-")

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


class NoRef(ValueError):
    """What should name an entity does not; `str()` is a sentence."""


def ref(text: object, kind: str = "") -> Ref:
    """`[kind:][namespace/]name`; `kind` is the one that the field implies. Raises NoRef."""
    found = REF.fullmatch(str(text).strip()) if isinstance(text, str | int) else None
    if found is None:
        raise NoRef(f"{text} names no entity: write [kind:][namespace/]name.")
    named = (found["kind"] or kind).lower()
    if not named:
        raise NoRef(f"{text} must say its kind, such as component:{found['name']}.")
    return Ref(named, found["namespace"] or DEFAULT, found["name"])


@dataclass(frozen=True)
class Entity:
    """One document; `marks` are the lines of its values."""

    ref: Ref
    title: str
    description: str
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    marks: Marks
    links: tuple[Mapping[str, Any], ...] = ()

    def names(self, key: str) -> list[Any]:
        """A list of the spec; what is no list is taken as its one entry."""
        found = self.spec.get(key)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]


@dataclass
class File:
    """What a file holds. `others` are entities of kinds that mean nothing here."""

    entities: list[Entity] = field(default_factory=list)
    others: list[Ref] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def knows(source: bytes) -> bool:
    """Whether some document of the file is Backstage's."""
    return API_VERSION.search(source) is not None


def read(source: bytes) -> File:
    """Every entity of the file, and every fault with its line. Raises nothing."""
    found = File()
    seen: set[Ref] = set()
    for chunk in _documents(source):
        parsed = parse(chunk, YAML, limits=LIMITS)
        if parsed.value is None:
            found.problems += [one for one in parsed.problems if "is empty" not in one.message]
            continue
        # Faults of the reader first: it is stricter than Backstage's about what means nothing here.
        found.problems += [one for one in parsed.problems if _matters(one.path)]
        problems = Problems(parsed.marks)
        entity = _entity(parsed.value, problems, parsed.marks)
        if entity is not None and entity.ref in seen:
            problems.add(("metadata", "name"), f"{entity.ref} stands twice.", "Keep one of them.")
        elif entity is not None:
            seen.add(entity.ref)
            if entity.ref.kind in KINDS:
                found.entities.append(entity)
            else:
                found.others.append(entity.ref)
        found.problems += problems.sorted()
    return found


def _documents(source: bytes) -> Iterator[bytes]:
    """Each document, with as many empty lines before it as it has in the file, so that lines are right."""
    places = [0, *(mark.end() for mark in PARTS.finditer(source)), len(source)]
    ends = [*(mark.start() for mark in PARTS.finditer(source)), len(source)]
    for begin, end in zip(places, ends, strict=False):
        chunk = source[begin:end]
        if chunk.strip() and not all(_blank(line) for line in chunk.splitlines()):
            yield b"\n" * source[:begin].count(b"\n") + chunk


def _blank(line: bytes) -> bool:
    bare = line.strip()
    return not bare or bare.startswith((b"#", b"%", b"..."))


def _matters(path: str) -> bool:
    return path.startswith(READ) and not path.startswith(IGNORED)


def _entity(value: Any, problems: Problems, marks: Marks) -> Entity | None:
    if not isinstance(value, dict):
        problems.add((), "A document is no entity.", "Write apiVersion, kind, metadata and spec.")
        return None
    version, kind, meta = value.get("apiVersion"), value.get("kind"), value.get("metadata")
    if not str(version).startswith("backstage.io/"):
        problems.add(("apiVersion",), f"{version} is not Backstage's.", "Write backstage.io/v1alpha1.")
        return None
    if not isinstance(kind, str) or not isinstance(meta, dict):
        problems.add((), "An entity needs a kind and metadata.", "Write `kind:` and `metadata:`.")
        return None
    name = str(meta.get("name") or "")
    about = Ref(kind.lower(), str(meta.get("namespace") or DEFAULT), name)
    if not NAME.fullmatch(name) or not about.slug:
        said = f"{name or 'Nothing'} is no name: letters, digits, hyphens, dots and underscores."
        problems.add(("metadata", "name"), said, "Correct the name.")
        return None
    return Entity(
        about,
        str(meta.get("title") or ""),
        str(meta.get("description") or ""),
        {str(key): str(text) for key, text in _dict(meta.get("annotations")).items()},
        _dict(value.get("spec")),
        marks,
        tuple(one for one in _list(meta.get("links")) if isinstance(one, dict)),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
