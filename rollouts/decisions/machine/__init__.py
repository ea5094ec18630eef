"""Owns what a command does to a snapshot, as a pure function; knows no database, clock or settings."""
