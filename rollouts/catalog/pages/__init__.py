"""Owns the pages of the catalog: what it holds, its entries, and a whole file; knows no rule of its own."""
