"""What is allowed on one side and not on the other."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Finding:
    """One reason why an instance of the left schema may be none of the right one.

    `schema`: the named schema that it stands in, and `at` where in an instance of that ("*": any element);
    with no name, where in the message. `sure`: False when it could not be decided. `left`, `right`: what the
    keyword says on either side. `places`: where in the documents the two schemas meet.
    """

    keyword: str
    at: tuple[str, ...]
    left: str = ""
    right: str = ""
    sure: bool = True
    schema: str = ""
    places: dict[str, None] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in self.at)
