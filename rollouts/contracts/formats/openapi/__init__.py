"""OpenAPI 2.0, 3.0 and 3.1: operations by rules, their messages by subsumption."""
