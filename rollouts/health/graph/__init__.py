"""The graph of services as it is measured: snapshots of it, edges that were seen, one alert per culprit."""
