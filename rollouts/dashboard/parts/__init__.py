"""The panels of the rollout page that the dashboard itself composes: rows in, plain values out."""
