"""Formats of contracts: what each reads, and how two documents of it differ. Django-free, and no network."""
