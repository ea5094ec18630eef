"""The measurements of docs/performance.md; each on servers of its own. Knows product and tests."""
