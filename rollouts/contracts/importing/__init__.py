"""Catalog files that lie at an address: asked for on a schedule, and what each of them listed."""
