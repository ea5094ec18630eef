"""Where the parts of the fleet listen."""

import json
from collections.abc import Mapping

NAMES = ("control", "checkout", "shipping", "invoicing", "notifications", "orders-2.4.0", "orders-3.0.0")
VARIABLE = "GATEHOUSE_DEMO_FLEET_PORTS"


def from_environment(environment: Mapping[str, str]) -> dict[str, int]:
    """Ports by name; 0 means a free one. Raises ValueError with a sentence when the variable is no good."""
    text = environment.get(VARIABLE, "")
    if not text:
        return dict.fromkeys(NAMES, 0)
    try:
        given = json.loads(text)
        ports = {str(name): int(port) for name, port in given.items()}
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f'{VARIABLE} must be a JSON object of ports, like {{"control": 8101}}.') from None
    if unknown := sorted(set(ports) - set(NAMES)):
        raise ValueError(f"{VARIABLE} names {', '.join(unknown)}; known are {', '.join(NAMES)}.")
    return {name: ports.get(name, 0) for name in NAMES}
