"""Fills a fresh Gatehouse with the demo's organisation and rollouts, by the product's own services."""
