"""Owns gates, judges and verdicts; decides nothing and knows no decision."""
