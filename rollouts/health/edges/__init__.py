"""Who was seen calling whom, how often a day, and what of it is declared. Silence ends no declaration."""
