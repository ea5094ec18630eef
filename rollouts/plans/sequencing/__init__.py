"""Owns the order of a rollout's changes: what must move before what, and whether stages keep to it."""
