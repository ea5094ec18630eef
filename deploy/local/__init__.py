"""Runs Gatehouse on one machine, with its own PostgreSQL and Valkey; knows neither Django nor the product."""
