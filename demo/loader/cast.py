"""Who works at Fernhill, the invented shop of the demo."""

from dataclasses import dataclass

PASSWORD = "fernhill-demo"
"""Everybody's password; the product listens on the loopback address only."""


@dataclass(frozen=True)
class Member:
    """A person with their roles by team. `slack` is empty for those who have not linked their account."""

    email: str
    name: str
    timezone: str
    roles: dict[str, tuple[str, ...]]
    slack: str = ""
    on_call: tuple[str, ...] = ()
    admin: bool = False


APPROVES, PLANS = "approver", "planner"

CAST = (
    Member(
        "sofia.brandt@fernhill.example",
        "Sofia Brandt",
        "Europe/Berlin",
        {"orders": (PLANS, APPROVES)},
        "U01SOFIA",
    ),
    Member(
        "mina.okafor@fernhill.example",
        "Mina Okafor",
        "Europe/London",
        {"orders": (APPROVES, "breaker"), "checkout": (APPROVES,)},
        "U01MINA",
        ("orders",),
    ),
    Member(
        "noor.haddad@fernhill.example",
        "Noor Haddad",
        "Europe/Amsterdam",
        {"orders": (APPROVES,), "shipping": (APPROVES,)},
        "U01NOOR",
    ),
    Member(
        "priya.natarajan@fernhill.example",
        "Priya Natarajan",
        "Asia/Kolkata",
        {"checkout": (PLANS, APPROVES, "admin"), "shipping": (APPROVES,)},
        "U01PRIYA",
        ("checkout",),
    ),
    Member(
        "jonas.lindqvist@fernhill.example",
        "Jonas Lindqvist",
        "Europe/Stockholm",
        {"platform-sre": (PLANS, APPROVES, "breaker"), "finance": (APPROVES,)},
        "U01JONAS",
        ("platform-sre",),
    ),
    Member(
        "tomas.rey@fernhill.example",
        "Tomas Rey",
        "America/New_York",
        {"shipping": (PLANS, APPROVES)},
        "U01TOMAS",
        ("shipping",),
    ),
    Member(
        "lena.hoff@fernhill.example",
        "Lena Hoff",
        "Europe/Vienna",
        {"finance": (PLANS, APPROVES, "admin")},
        "",
        ("finance",),
    ),
    Member(
        "ruth.adeyemi@fernhill.example",
        "Ruth Adeyemi",
        "Europe/London",
        {"checkout": (APPROVES,), "finance": (APPROVES,)},
        "U01RUTH",
    ),
    Member("viktor.sand@fernhill.example", "Viktor Sand", "Europe/Oslo", {"checkout": ("viewer",)}),
    Member(
        "ada.mbeki@fernhill.example",
        "Ada Mbeki",
        "UTC",
        {"platform-sre": ("admin", APPROVES)},
        "U01ADA",
        admin=True,
    ),
)
