"""Measurements of docs/performance.md: `python -m bench`."""
