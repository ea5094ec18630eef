"""Contracts, their versions, and who consumes them; knows nothing of rollouts."""
