"""Owns campaigns: a contract's move from one version to another, over as many rollouts as it takes."""
