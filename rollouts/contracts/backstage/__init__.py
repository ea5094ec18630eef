"""Backstage's catalog-info.yaml: read, put into the words of the catalog, and applied by who listed what."""
