"""Environments and services; knows nothing of contracts, plans or rollouts."""
