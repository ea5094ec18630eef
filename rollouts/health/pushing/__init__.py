"""Measurements that cannot be asked for: pushed as counts of windows, or as OpenTelemetry metrics."""
