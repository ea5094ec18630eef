"""Synthetic checks: ordered HTTP steps that are run on a beat, and what they found."""
