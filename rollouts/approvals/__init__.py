"""Owns approval policies, requests, votes and quorum; knows no gate and moves no rollout."""
