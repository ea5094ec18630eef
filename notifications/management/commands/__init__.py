"""Commands of operators about messages."""
