"""Owns the two questions asked of the database: may a version be promoted, may one be retired."""
