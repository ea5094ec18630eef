"""Owns what the schema cannot say: references, order, times and names; total over any JSON value."""
