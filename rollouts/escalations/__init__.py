"""Escalation policies and runs; follows the log and knows no other follower."""
