"""Whether every instance of one JSON Schema is an instance of another. Pure."""
