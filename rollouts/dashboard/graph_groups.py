"""A large fleet by teams or tiers: what their services call of each other, and which of it is drawn.

All calls between two groups are one line, whichever way they go; of many lines the strongest of every group
are drawn, and all of them stand in the table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard import wording
from rollouts.dashboard.drawings import network
from rollouts.dashboard.drawings.network import Arrow, Node, Picture
from rollouts.health.composite.graph import Edge, Graph
from rollouts.health.composite.graph import Node as Measured

FEW = 12
"""Lines that are all drawn; of more, the strongest of each group."""
WIDEST = 1400.0
"""As much as a large screen shows without scrolling."""
EACH = 2
"""Lines of each group that are drawn where there are many: its strongest."""


@dataclass(frozen=True)
class Group:
    """Services that are drawn as one box: a team, a tier. `query` is what its link adds to the address."""

    key: str
    title: str
    query: str


Groups = Mapping[str, Group]
"""The group of every service."""


def teams(graph: Graph, names: choice.Names) -> dict[str, Group]:
    """The team of every service."""
    return {
        name: Group(names[name].team, names[name].team_name, f"team={names[name].team}")
        for name in graph.nodes
        if name in names
    }


def tiers(graph: Graph) -> dict[str, Group]:
    """The tier of every service."""
    return {
        name: Group(str(node.tier), _("Tier %(n)s") % {"n": node.tier}, f"tier={node.tier}")
        for name, node in graph.nodes.items()
    }


@dataclass(frozen=True)
class Way:
    """What the services of one group call of those of another.

    `share`: of all calls that its services make to other groups; None where nobody counted. `hot`: how many
    of the dependencies pass trouble on.
    """

    caller: Group
    callee: Group
    edges: tuple[Edge, ...]
    hot: int
    share: float | None

    @property
    def calls(self) -> int:
        return sum(edge.calls for edge in self.edges)

    @property
    def bad(self) -> float | None:
        """The share of these calls that failed."""
        known = [edge for edge in self.edges if edge.bad is not None and edge.calls]
        calls = sum(edge.calls for edge in known)
        return sum((edge.bad or 0) * edge.calls for edge in known) / calls if calls else None


@dataclass(frozen=True)
class Link:
    """Two groups that call each other, or one the other: the way with more calls, and the way back."""

    there: Way
    back: Way | None = None

    @property
    def ends(self) -> tuple[Group, Group]:
        return self.there.caller, self.there.callee

    @property
    def ways(self) -> tuple[Way, ...]:
        return (self.there, self.back) if self.back else (self.there,)

    @property
    def hot(self) -> bool:
        return any(way.hot for way in self.ways)

    @property
    def rank(self) -> tuple[bool, int, int, str, str]:
        """The strongest first: what passes trouble on, then by calls."""
        calls = sum(way.calls for way in self.ways)
        many = sum(len(way.edges) for way in self.ways)
        return not self.hot, -calls, -many, self.there.caller.key, self.there.callee.key


@dataclass(frozen=True)
class Grouped:
    """The groups of a graph, worst first, and all ways between them.

    With a `focus` these are the ways from and to it, and the groups at their ends.
    """

    graph: Graph
    members: Mapping[Group, Sequence[Measured]]
    ways: tuple[Way, ...]
    focus: Group | None = None

    @cached_property
    def drawn(self) -> list[Group]:
        """As many groups as can be read; the focus is one of them."""
        found = [group for group in self.members if group == self.focus]
        return (found + [group for group in self.members if group != self.focus])[: choice.MOST]

    @cached_property
    def links(self) -> list[Link]:
        """Those between groups that are drawn, the strongest first."""
        known = set(self.drawn)
        found: dict[frozenset[Group], list[Way]] = {}
        for way in self.ways:
            if way.caller in known and way.callee in known:
                found.setdefault(frozenset((way.caller, way.callee)), []).append(way)
        links = (
            Link(*sorted(ways, key=lambda way: (-way.calls, -way.hot, way.caller.key)))
            for ways in found.values()
        )
        return sorted(links, key=lambda link: link.rank)

    @cached_property
    def chosen(self) -> list[Link]:
        """The links that are drawn: all of few and of a focus, else the strongest of every group."""
        if self.focus or len(self.links) <= FEW:
            return self.links
        taken: dict[Link, None] = {}
        for turn in range(1, EACH + 1):
            for group in self.drawn:
                own = [link for link in self.links if group in link.ends][:turn]
                if len(taken) < choice.MOST:
                    taken |= dict.fromkeys(own)
        return list(taken)

    @property
    def left(self) -> list[Link]:
        """The links that are not drawn."""
        chosen = set(self.chosen)
        return [link for link in self.links if link not in chosen]


def grouped(graph: Graph, groups: Groups, focus: Group | None = None) -> Grouped:
    """The groups with what they call of each other."""
    members: dict[Group, list[Measured]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(graph.nodes[name])
    ways = _ways(graph, groups)
    if focus:
        ways = [way for way in ways if focus in (way.caller, way.callee)]
        near = {focus, *(way.caller for way in ways), *(way.callee for way in ways)}
        members = {group: nodes for group, nodes in members.items() if group in near}
    ranked = sorted(members, key=lambda group: choice.rank(worst(members[group])))
    return Grouped(graph, {group: members[group] for group in ranked}, tuple(ways), focus)


def worst(nodes: Iterable[Measured]) -> Measured:
    """The service of a group that its box tells of."""
    return min(nodes, key=choice.rank)


def _ways(graph: Graph, groups: Groups) -> list[Way]:
    """Those that pass trouble on first, then by calls."""
    found: dict[tuple[Group, Group], list[Edge]] = {}
    sums: dict[Group, int] = {}
    for edge in graph.edges:
        caller, callee = groups.get(edge.caller), groups.get(edge.callee)
        if caller and callee and caller != callee:
            found.setdefault((caller, callee), []).append(edge)
            sums[caller] = sums.get(caller, 0) + edge.calls
    ways = [
        Way(
            caller,
            callee,
            tuple(edges),
            sum(choice.hot(edge, graph) for edge in edges),
            sum(edge.calls for edge in edges) / sums[caller] if sums[caller] else None,
        )
        for (caller, callee), edges in found.items()
    ]
    return sorted(ways, key=lambda way: (not way.hot, -way.calls, way.caller.key, way.callee.key))


@dataclass(frozen=True)
class Drawn:
    """`shares`: each line has its shares of calls. `folded`: lines are turned so that the picture needs few
    columns, whoever calls whom."""

    picture: Picture
    shares: bool
    folded: bool = False


def draw(found: Grouped, address: str, view: str) -> Drawn:
    """A box a group, and the lines that are drawn.

    A box leads to what its group calls; that of the focus to its services. Where most call each other both
    ways, long chains of columns would say nothing: then it is folded.
    """
    boxes = [_box(found, group, address, view) for group in found.drawn]
    few = len(found.chosen) <= choice.LABELS or found.focus is not None
    lines = [
        Arrow(link.there.callee.key, link.there.caller.key, "hot" if link.hot else "", _label(link, few))
        for link in found.chosen
    ]
    picture = network.draw(boxes, lines)
    mutual = sum(link.back is not None for link in found.chosen)
    if picture.width <= WIDEST or mutual * 2 <= len(found.chosen):
        return Drawn(picture, few)
    return Drawn(network.draw(boxes, network.folded(lines)), few, folded=True)


def _label(link: Link, few: bool) -> str:
    """The share of the caller's calls, there and back; of many lines only what fails where trouble passes."""
    if not few:
        worst = max((way.bad or 0 for way in link.ways), default=0)
        return _("%(bad)s failed") % {"bad": wording.percent(worst, 1)} if link.hot and worst else ""
    there, back = (
        wording.percent(way.share, 0) if way and way.share is not None else ""
        for way in (link.there, link.back)
    )
    return _("%(there)s, back %(back)s") % {"there": there, "back": back} if there and back else there


def _box(found: Grouped, group: Group, address: str, view: str) -> Node:
    nodes = found.members[group]
    tone, icon = choice.LOOKS[worst(nodes).status]
    word = state_of(nodes)
    services = ngettext("%(n)s service", "%(n)s services", len(nodes)) % {"n": len(nodes)}
    own = group == found.focus
    href = f"{address}&{group.query}" if own else f"{address}&view={view}&{group.query}"
    return Node(group.key, group.title, word, tone, icon, href, f"{group.title}, {services}, {word}", own)


def state_of(nodes: Sequence[Measured]) -> str:
    """How the worst services of a group are, and how many."""
    status = worst(nodes).status
    return _("%(many)s of %(all)s %(word)s") % {
        "many": sum(node.status is status for node in nodes),
        "all": len(nodes),
        "word": choice.word_of(status).lower(),
    }
