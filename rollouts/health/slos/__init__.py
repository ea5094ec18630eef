"""Service level objectives: what was promised, how much of the error budget is left, how fast it burns."""
