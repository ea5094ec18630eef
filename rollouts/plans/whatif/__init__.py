"""Owns the question what a version of a contract would take: waves, whom it reaches, and by when."""
