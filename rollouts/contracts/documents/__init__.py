"""Owns documents of contract versions: kept by digest, indexed, compared; knows no calls."""
