"""Owns the plan document: reading, checking, comparing and writing it; knows no Django, database or clock."""
