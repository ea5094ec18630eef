"""The rollouts of the demo. What has begun is left to the people who use it."""

from collections.abc import Callable

from demo.loader.acting import Acting
from rollouts.audit.models import ClientKey
from rollouts.decisions.machine.values import Action


def orders_v3() -> str:
    """Running live: two people agreed, and its first stage bakes on the fleet's traffic from now on."""
    story = Acting("orders-v3")
    if ClientKey.objects.filter(key="demo:orders-v3:4").exists():
        return ""
    if not story.exists:
        story.plan("sofia.brandt")
    story.decide("sofia.brandt", Action.PROPOSE, reason="All callers are ready.")
    story.agree("mina.okafor", "noor.haddad")
    story.tick("mina.okafor")
    story.decide("sofia.brandt", Action.START)
    return "orders-v3 runs: its first stage bakes on live traffic."


STORIES: tuple[Callable[[], str], ...] = (orders_v3,)
