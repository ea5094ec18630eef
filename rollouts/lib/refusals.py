"""What every refused verb raises: a code for machines, a sentence that says why, and what would be needed."""


class Refusal(Exception):
    """Nothing was changed. `code` stays stable; `sentence` and `remedy` are for people."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(code, sentence, remedy)
        self.code = code
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()
