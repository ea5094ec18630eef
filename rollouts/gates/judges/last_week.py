"""The judge `last-week`: the same window some weeks ago as the reference. Advisory, never fails. Django-free.

A fixed reference cannot know what changed for everybody: when the share doubled for old and new version
alike, it would have stopped every healthy canary (measured), a concurrent baseline almost none. So its
windows carry the counts of that other time as their baseline, and what `compare` would fail is a
pass with a warning here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.judges.sequential import DEFAULTS
from rollouts.gates.values import Word


class LastWeek(Compare):
    """J5: says that it is worse than it was, and leaves it at that."""

    defaults = {**DEFAULTS, "rho0": 1.25, "beside": "the same time in weeks before", "guard": False}

    def opinion(self, state: Mapping[str, Any]) -> Opinion:
        """A warning in place of a failure."""
        found = super().opinion(state)
        if found.word is not Word.FAIL:
            return found
        said = f"{found.sentence} This only advises: everybody's share may have changed since."
        return replace(found, word=Word.PASS, sentence=said, warning=True)
