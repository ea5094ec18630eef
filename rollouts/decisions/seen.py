"""What a person was shown, signed so that it comes back as it was: the evidence id of pages and API."""

from dataclasses import dataclass
from typing import Any

from django.core import signing

from rollouts.decisions.machine.evidence import from_content
from rollouts.decisions.machine.values import Evidence
from rollouts.plans.models import Rollout

SALT = "gatehouse.seen"
MAX_AGE_S = 24 * 3600


class Unknown(ValueError):
    """The evidence is not ours, or too old to decide on."""


@dataclass(frozen=True)
class Seen:
    """Evidence that came back: what the machine compares, and everything that was shown."""

    evidence: Evidence
    shown: dict[str, Any]


def keep(rollout: Rollout, words: dict[str, Any], **shown: Any) -> str:
    """An opaque id that carries what was shown; no row is written for a page that is only looked at."""
    body = {"rollout": rollout.slug, "version": rollout.version, "words": words, "shown": shown}
    return signing.dumps(body, salt=SALT, compress=True)


def recall(rollout: Rollout, id_: str) -> Seen:
    """What `keep` kept. Raises Unknown."""
    try:
        body = signing.loads(id_, salt=SALT, max_age=MAX_AGE_S)
        if body["rollout"] != rollout.slug:
            raise Unknown("What you saw was another rollout.")
        return Seen(
            from_content(body["words"]), {**body["words"], **body["shown"], "version": body["version"]}
        )
    except (signing.BadSignature, KeyError, ValueError) as error:
        if isinstance(error, Unknown):
            raise
        raise Unknown("What you saw is too old, or was not shown by Gatehouse.") from None
