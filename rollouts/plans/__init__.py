"""Owns rollouts, revisions, changes, stages, risks and freezes; knows no gate, vote or decision."""
