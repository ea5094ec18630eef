"""Owns the strict reading of YAML and JSON, with places and remedies; knows no Django and no product noun."""
