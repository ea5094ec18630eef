"""Owns the pages of contracts and dependencies; knows no rule of its own."""
