"""Seeded faults in the pure cores, and how many of them the tests notice. Knows no database."""
