"""Reads who relies on contracts, and what a new version does to each: for many contracts at once."""
