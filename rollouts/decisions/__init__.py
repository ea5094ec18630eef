"""Owns the door and the machine that decides; knows no page, channel or follower."""
