"""Owns what has no business meaning (http, clock, signing, markdown); knows no model."""
