"""Where the numbers of a metric gate come from: a service's sources, a check, or a signal of one's own."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from rollouts.gates.models import Gate
from rollouts.health import queries as health

MOST = 2
"""Sources of known signals that are named."""


def origins(gates: Collection[Gate], services: Collection[int]) -> dict[int, str]:
    """Words by gate; one query, and one more where a gate names a signal of one's own."""
    known = ", ".join(source.name for source in health.sources_for(set(services))[:MOST])
    named = any(gate.settings.get("named") for gate in gates)
    own = {row.name: row.source.name for row in health.own_signals()} if named else {}
    return {gate.pk: _origin(gate, known, own) for gate in gates}


def _origin(gate: Gate, known: str, own: dict[str, str]) -> str:
    if probe := gate.settings.get("probe"):
        return _("Synthetic check %(name)s") % {"name": probe}
    if name := gate.settings.get("named"):
        return own.get(name, "")
    return known
