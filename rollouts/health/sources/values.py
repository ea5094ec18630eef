"""What is set of a Prometheus source, and how its rounds are spread. Django-free."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_DELAY_S = 30
MOST_JITTER_S = 10.0


def default_delay_s(window_s: int) -> int:
    """Half a minute, and at most a window: gates call a source silent after three."""
    return min(DEFAULT_DELAY_S, window_s)


def jitter_s(slug: str, window_s: int) -> float:
    """Up to 10 s, and a sixth of a window, by the source's name: sources are not all asked at :00."""
    share = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big") / 2**32
    return round(share * min(MOST_JITTER_S, window_s / 6), 3)


@dataclass(frozen=True)
class Asked:
    """How services are found in a Prometheus source.

    `conventions` in order: the first that tells of a signal of a service is taken. `service_label` and
    `version_label` stand instead of the conventions' own. `matchers` narrow every query, as PromQL has
    them between braces. `names`: value of the service label to slug, where they differ. `bounds_s`: the
    only bucket bounds that are fetched; none: all of them. `exemplars`: it is asked for single requests, too.
    """

    conventions: tuple[str, ...] = ()
    service_label: str = ""
    version_label: str = ""
    matchers: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    bounds_s: tuple[float, ...] = ()
    exemplars: bool = False

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> "Asked":
        return cls(
            conventions=tuple(settings.get("conventions", ())),
            service_label=settings.get("service_label", ""),
            version_label=settings.get("version_label", ""),
            matchers=settings.get("matchers", ""),
            names=dict(settings.get("names", {})),
            bounds_s=tuple(settings.get("bounds_s", ())),
            exemplars=bool(settings.get("exemplars", False)),
        )

    def as_json(self) -> dict[str, Any]:
        """Only what is said, so that two ways of saying nothing are the same."""
        found = {
            "conventions": list(self.conventions),
            "service_label": self.service_label,
            "version_label": self.version_label,
            "matchers": self.matchers,
            "names": dict(self.names),
            "bounds_s": [float(each) for each in self.bounds_s],
            "exemplars": self.exemplars,
        }
        return {name: value for name, value in found.items() if value}

    def slug_of(self, label: str) -> str:
        return self.names.get(label, label)

    def labels_of(self, slugs: Collection[str]) -> dict[str, str]:
        """Values of the service label for these services, with the slug of each."""
        found = {label: slug for label, slug in self.names.items() if slug in slugs}
        renamed = set(found.values())
        return found | {slug: slug for slug in slugs if slug not in renamed and slug not in self.names}
