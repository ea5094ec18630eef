"""Owns recorded results of tests, drills and reviews; judges nothing and moves no rollout."""
