"""Gatehouse: coordinated rollouts under governance, one package for each noun."""
