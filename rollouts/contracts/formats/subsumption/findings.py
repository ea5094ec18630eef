"""What is allowed on one side and not on the other."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Finding:
    """One reason why an instance of the left schema may be none of the right one.

    `at`: where in the instance ("*": any element). `sure`: False when it could not be decided. `left`, `right`: what
    the keyword says on the left and on the right. `places`: where in the documents the two schemas meet.
    """

    keyword: str
    at: tuple[str, ...]
    left: str = ""
    right: str = ""
    sure: bool = True
    places: dict[str, None] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in self.at)

    def met(self, place: str, first: tuple[str, ...], at: tuple[str, ...]) -> None:
        """It was found below `first`, and is met below `at` again: the shortest way to it is told."""
        self.places[place] = None
        if len(at) < len(first) and self.at[: len(first)] == first:
            self.at = (*at, *self.at[len(first) :])
