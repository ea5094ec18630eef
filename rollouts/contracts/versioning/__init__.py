"""Owns the rules of a contract's versions: order, ranges, what a new one may do to who has the old one."""
