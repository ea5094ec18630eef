"""Metric sources, signals and stored windows; knows nothing of plans and gates."""
