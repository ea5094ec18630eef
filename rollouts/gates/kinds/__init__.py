"""The kinds of gates: what each one looks at. Knows nothing of decisions."""
