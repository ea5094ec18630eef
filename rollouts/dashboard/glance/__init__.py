"""The panels of the first page: what needs the reader, rollouts, collisions, sources, and what is new."""
