"""Owns the pages of plans: read, edited, compared; knows no rule of its own."""
