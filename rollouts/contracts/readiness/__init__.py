"""How ready a consumer is for a version of a contract: what was said, tested and seen, and what counts."""
