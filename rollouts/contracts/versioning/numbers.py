"""Numbers of versions: which comes later, which range holds which, what kind of step one is. Pure."""

import re
from enum import IntEnum

COMPARATOR = re.compile(r"(>=|<=|==|!=|>|<|=|\^|~)?\s*v?([0-9][\w.+-]*|\*|[xX])")
Numbers = tuple[int, ...]


class Step(IntEnum):
    """How far one version is from another, as semantic versioning names it."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


def key(version: str) -> tuple[Numbers, bool, str]:
    """What versions are sorted by: 2.10 comes after 2.9, 3.0.0 after 3.0.0-rc.1."""
    release, _, rest = version.partition("-") if re.match(r"v?\d+(\.\d+)*-", version) else (version, "", "")
    numbers = tuple(int(part[:18]) for part in re.findall(r"\d+", release))
    return _trimmed(numbers), not rest, version


def semantic(version: str) -> tuple[int, int, int] | None:
    """Major, minor and patch, where it has at least one of them: "2" is 2.0.0."""
    found = re.match(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?![\d.])", version)
    if found is None:
        return None
    return int(found[1]), int(found[2] or 0), int(found[3] or 0)


def step(old: str, new: str) -> Step | None:
    """What kind of step leads from one to the other; None when one has no number, or it is no step ahead."""
    before, after = semantic(old), semantic(new)
    if before is None or after is None or after < before:
        return None
    if before[0] != after[0]:
        return Step.MAJOR
    return Step.MINOR if before[1] != after[1] else Step.PATCH


def early(version: str) -> bool:
    """Whether nothing is promised yet: 0.x, v1alpha1, 2.0.0-rc.1."""
    found = semantic(version)
    return (found is not None and found[0] == 0) or bool(re.search(r"alpha|beta|-rc|-dev", version.lower()))


def holds(range_: str, version: str) -> bool | None:
    """Whether the range holds the version: ">=2 <3", "^2.1", "2.x", "1 || 2"; None when it cannot be told."""
    if not range_.strip() or range_.strip() == "*":
        return True
    answers = [_all(part, version) for part in range_.split("||")]
    if True in answers:
        return True
    return None if None in answers else False


def _all(part: str, version: str) -> bool | None:
    text = part.strip()
    found = [(match[1] or "", match[2]) for match in COMPARATOR.finditer(text)]
    left = re.sub(r"[\s,]", "", COMPARATOR.sub("", text))
    if not found or left:
        return True if text == version else None
    answers = [_one(sign, wanted, version) for sign, wanted in found]
    if False in answers:
        return False
    return None if None in answers else True


def _one(sign: str, wanted: str, version: str) -> bool | None:
    if wanted in ("*", "x", "X"):
        return True
    given, bound = _numbers(version), _numbers(wanted)
    if not given or not bound:
        return True if wanted == version else None
    if sign in ("", "=", "=="):
        return given[: len(bound)] == bound if sign != "==" else _trimmed(given) == _trimmed(bound)
    if sign == "!=":
        return given[: len(bound)] != bound
    if sign == "^":
        return given >= bound and given[:1] == bound[:1]
    if sign == "~":
        return given >= bound and given[: min(2, len(bound))] == bound[:2]
    one, other = _trimmed(given), _trimmed(bound)
    return {">": one > other, ">=": one >= other, "<": one < other, "<=": one <= other}[sign]


def _numbers(version: str) -> Numbers:
    found = re.match(r"v?(\d{1,18}(?:\.\d{1,18})*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _trimmed(numbers: Numbers) -> Numbers:
    """2.0.0 is 2."""
    found = list(numbers)
    while len(found) > 1 and found[-1] == 0:
        found.pop()
    return tuple(found)
