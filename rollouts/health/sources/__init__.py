"""The kinds of metric source, a file each, and what a Prometheus is asked; knows nothing of gates."""
