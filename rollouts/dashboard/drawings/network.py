"""A graph in layers: whoever is called stands left of its callers, so that trouble moves to the right. Pure.

The layers and the order within them are those of Sugiyama's method (fast-sugiyama); here they become columns.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import fast_sugiyama
import networkx as nx

BOX_WIDTH, BOX_HEIGHT = 190.0, 52.0
COLUMN, ROW, BEND, TOP, SIDE = 330.0, 68.0, 22.0, 16.0, 12.0
LAYER = 72.0
"""What the library puts between two layers."""
LABEL = 0.7
"""At the height of which part of a line its label stands; there is room for it in the middle only."""


@dataclass(frozen=True)
class Node:
    """What is drawn as a box. `tone` is a lamp's, `icon` a symbol's name, `word` says the same in words."""

    key: str
    title: str
    word: str
    tone: str
    icon: str
    href: str
    label: str = ""
    focus: bool = False


@dataclass(frozen=True)
class Arrow:
    """From whoever is called to its caller. `look`: seen, hot or both; `label` stands on the line."""

    start: str
    end: str
    look: str = ""
    label: str = ""


@dataclass(frozen=True)
class Box:
    """A node with its place."""

    node: Node
    x: float
    y: float

    @property
    def text_x(self) -> float:
        return self.x + 12

    @property
    def title_y(self) -> float:
        return self.y + 21

    @property
    def icon_y(self) -> float:
        return self.y + 28

    @property
    def word_x(self) -> float:
        return self.x + 32

    @property
    def word_y(self) -> float:
        return self.y + 40


@dataclass(frozen=True)
class Line:
    """A curve, with the middle of where its label stands."""

    path: str
    look: str
    label: str
    x: float
    y: float


@dataclass(frozen=True)
class Picture:
    """Everything that a template draws. `alone` are the nodes without a line, which are not drawn."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    alone: tuple[Node, ...] = ()


Point = tuple[float, float]


def draw(nodes: Sequence[Node], arrows: Sequence[Arrow]) -> Picture:
    """The picture; a node without a line is drawn only where it has the focus, or nothing else is there."""
    known = {node.key: node for node in nodes}
    inside = sorted(
        (arrow for arrow in arrows if arrow.start in known and arrow.end in known),
        key=lambda arrow: (arrow.start, arrow.end),
    )
    joined = {key for arrow in inside for key in (arrow.start, arrow.end)}
    single = [node for node in nodes if node.key not in joined]
    places, ways, height = _placed([(arrow.end, arrow.start) for arrow in inside])
    shown = [node for node in single if node.focus] if joined else single
    for node in shown:
        places[node.key] = (SIDE, height + TOP)
        height += ROW
    boxes = tuple(Box(known[key], x, y) for key, (x, y) in sorted(places.items()) if key in known)
    many = Counter(key for arrow in inside for key in ((arrow.start, "out"), (arrow.end, "in")))
    lines = tuple(
        _line(arrow, places, ways, late=many[arrow.start, "out"] > many[arrow.end, "in"]) for arrow in inside
    )
    width = max((box.x for box in boxes), default=0) + BOX_WIDTH + SIDE
    alone = tuple(node for node in single if node not in shown)
    return Picture(boxes, lines, width, height + TOP, alone)


def folded(arrows: Sequence[Arrow]) -> list[Arrow]:
    """The lines turned round where that saves columns: for those of which the direction says little.

    Nodes of one colour are never joined, so that columns are as few as colours (Gallai-Roy; the colouring is
    Brélaz's DSATUR). Colours that are called more stand further left.
    """
    graph = nx.Graph()
    graph.add_edges_from(sorted((arrow.start, arrow.end) for arrow in arrows))
    colours: dict[str, int] = nx.greedy_color(graph, strategy="DSATUR")
    called: Counter[int] = Counter()
    for arrow in arrows:
        called[colours[arrow.start]] += 1
        called[colours[arrow.end]] -= 1
    place = {colour: at for at, (colour, _many) in enumerate(called.most_common())}
    return [
        arrow
        if place[colours[arrow.start]] < place[colours[arrow.end]]
        else replace(arrow, start=arrow.end, end=arrow.start)
        for arrow in arrows
    ]


def _placed(
    pairs: Sequence[tuple[str, str]],
) -> tuple[dict[str, Point], dict[tuple[str, str], list[Point]], float]:
    """Where each box stands, by which points a long line goes, and how high all of it is."""
    places: dict[str, Point] = {}
    ways: dict[tuple[str, str], list[Point]] = {}
    height = 0.0
    if not pairs:
        return places, ways, height
    parts = sorted(fast_sugiyama.from_edges(pairs), key=lambda part: -len(part[0]))
    for positions, _width, _height, edges in parts:
        assert edges is not None  # noqa: S101 - a part has a line at least
        columns: dict[int, list[tuple[float, str | int]]] = {}
        for key, (x, y) in positions:
            columns.setdefault(round(y / LAYER), []).append((x, key))
        tall = max(sum(_room(key) for _x, key in column) for column in columns.values())
        points: dict[str | int, Point] = {}
        for number, column in columns.items():
            y = height + TOP + (tall - sum(_room(key) for _x, key in column)) / 2
            for _x, key in sorted(column, key=lambda each: (each[0], str(each[1]))):
                points[key] = (SIDE + number * COLUMN, y)
                y += _room(key)
        height += tall + TOP
        places |= {key: point for key, point in points.items() if isinstance(key, str)}
        ways |= _ways(edges, points)
    return places, ways, height


def _room(key: str | int) -> float:
    """How much of a column a box takes, or a bend of a long line (those have numbers)."""
    return ROW if isinstance(key, str) else BEND


def _ways(
    edges: Iterable[tuple[str | int, str | int]], points: Mapping[str | int, Point]
) -> dict[tuple[str, str], list[Point]]:
    """The bends of every line that passes a layer, by where it begins and ends."""
    steps = list(edges)
    after = {start: end for start, end in steps if isinstance(start, int)}
    found: dict[tuple[str, str], list[Point]] = {}
    for start, end in steps:
        bends: list[Point] = []
        at = end
        while isinstance(at, int):
            bends.append(points[at])
            at = after[at]
        if bends and isinstance(start, str):
            found[start, at] = bends
    return found


def _line(
    arrow: Arrow, places: Mapping[str, Point], ways: Mapping[tuple[str, str], list[Point]], *, late: bool
) -> Line:
    """The curve from a box's right side to the caller's left side; backwards within a circle.

    Its label stands where fewer lines meet: `late`, before its end, else behind its beginning.
    """
    (x, y), (ex, ey) = places[arrow.start], places[arrow.end]
    half = BOX_HEIGHT / 2
    bends = ways.get((arrow.end, arrow.start)) or ways.get((arrow.start, arrow.end)) or []
    forwards = ex > x
    begin = (x + BOX_WIDTH, y + half) if forwards else (x, y + half)
    end = (ex, ey + half) if forwards else (ex + BOX_WIDTH, ey + half)
    between = sorted(((bx + BOX_WIDTH / 2, by + BEND / 2) for bx, by in bends), reverse=not forwards)
    stops = [begin, *between, end]
    path = f"M{begin[0]:g} {begin[1]:g}"
    for (ax, ay), (bx, by) in zip(stops, stops[1:], strict=False):
        bend = (bx - ax) / 2
        path += f"C{ax + bend:g} {ay:g} {bx - bend:g} {by:g} {bx:g} {by:g}"
    (ax, ay), (bx, by) = stops[-2:] if late else stops[:2]
    place = LABEL if late else 1 - LABEL
    return Line(path, arrow.look, arrow.label, (ax + bx) / 2, _height(ay, by, place) - 4)


def _height(ay: float, by: float, place: float) -> float:
    """Where the curve between two heights is at a place of its width (its control points are half-way)."""
    t = place
    for _ in range(8):  # Newton's steps on x(t) = 1.5 t - 1.5 t² + t³
        t -= (1.5 * t - 1.5 * t**2 + t**3 - place) / (1.5 - 3 * t + 3 * t**2)
    return ay + (by - ay) * (3 * t**2 - 2 * t**3)
