"""The settings: what all share, and what development, production and the tests add."""
