"""Wires the packages together: settings, addresses, the worker and the web server."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
