"""The dependency slice: providers, contracts and consumers in three columns with lines between."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollouts.dashboard.values import Edge, GraphSlice, Node

COLUMNS = ((8.0, 188.0), (300.0, 224.0), (640.0, 272.0))
BOX, GAP, TOP = 58.0, 14.0, 32.0
MOST = 12


@dataclass(frozen=True)
class Box:
    """A node with its place."""

    node: Node
    x: float
    y: float
    width: float
    height: float = BOX

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def end(self) -> float:
        return self.x + self.width

    @property
    def text_x(self) -> float:
        return self.x + 14

    @property
    def title_y(self) -> float:
        return self.y + 24

    @property
    def note_y(self) -> float:
        return self.y + 44

    @property
    def word_x(self) -> float:
        return self.end - 14


@dataclass(frozen=True)
class Line:
    """A curve between two boxes."""

    path: str
    seen: bool = False


@dataclass(frozen=True)
class Picture:
    """Everything the template draws in a picture 920 wide; `left_out` boxes stand in the list only."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    height: float
    left_out: int = 0


def draw(graph: GraphSlice) -> Picture:
    """The picture of a slice; at most MOST boxes a column, the rest are in the list below it."""
    columns = [graph.providers[:MOST], graph.contracts[:MOST], graph.consumers[:MOST]]
    tallest = max(1, *(len(column) for column in columns))
    height = TOP + tallest * (BOX + GAP)
    placed = [column_of(column, *COLUMNS[index], height) for index, column in enumerate(columns)]
    lines = [*between(placed[0], placed[1], graph.provides), *between(placed[1], placed[2], graph.consumes)]
    left = len(graph.providers) + len(graph.contracts) + len(graph.consumers) - sum(map(len, columns))
    return Picture(tuple(box for column in placed for box in column), tuple(lines), height, left)


def column_of(nodes: Sequence[Node], x: float, width: float, height: float) -> list[Box]:
    """A column's boxes, spread around the middle."""
    room = height - TOP
    step = room / max(1, len(nodes))
    return [Box(node, x, TOP + step * index + (step - BOX) / 2, width) for index, node in enumerate(nodes)]


def between(starts: Sequence[Box], ends: Sequence[Box], edges: Sequence[Edge]) -> list[Line]:
    """The curves of the edges whose boxes are both drawn."""
    found = []
    for edge in edges:
        if edge.start < len(starts) and edge.end < len(ends):
            a, b = starts[edge.start], ends[edge.end]
            bend = (b.x - a.end) / 2
            path = (
                f"M{a.end:g} {a.middle:g}C{a.end + bend:g} {a.middle:g} "
                f"{b.x - bend:g} {b.middle:g} {b.x:g} {b.middle:g}"
            )
            found.append(Line(path, edge.seen))
    return found
