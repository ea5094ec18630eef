"""The append-only log, its chain and checkpoints, and what follows an event; knows no product noun."""
