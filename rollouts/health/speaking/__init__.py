"""Who calls which version of contracts, and how far that was counted: for many contracts at once."""
