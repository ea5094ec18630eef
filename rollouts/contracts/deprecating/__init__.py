"""Owns the end of a contract's version: announced, reminded of, retired; and what programs are advised."""
