"""The ways out: one file for each, and the protocol they share."""
