"""What a person has to know."""


class Trouble(Exception):
    """Gatehouse cannot go on by itself; the message is one plain sentence and what to do."""
