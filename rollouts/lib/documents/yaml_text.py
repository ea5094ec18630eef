"""YAML to JSON values, with marks.

The events are walked first, without recursion, so that depth, size, aliases and tags are
refused before anything is composed; only then is the tree built.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from rollouts.lib.documents import scalars
from rollouts.lib.documents.faulty import Limits, Unreadable
from rollouts.lib.documents.problems import Mark, Marks, Path, Problems

MERGE_KEY = "<<"


def read(text: str, marks: Marks, problems: Problems, *, limits: Limits, plain: scalars.PlainWords) -> Any:
    """The document's value. Raises Unreadable; what is only ambiguous goes to `problems`."""
    try:
        _inspect(yaml.parse(text, Loader=yaml.CLoader), limits)
        node = yaml.compose(text, Loader=yaml.CLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error) from error
    except yaml.reader.ReaderError as error:
        raise _control_character(text, error) from error
    if node is None:
        raise Unreadable(Mark(1, 1), "The document is empty.", "Start it with `apiVersion: gatehouse/v1`.")
    return _Tree(marks, problems, plain).value(node, ())


def _inspect(events: Iterator[yaml.Event], limits: Limits) -> None:
    depth = values = documents = 0
    too_deep, too_many = f"Nested deeper than {limits.depth} levels.", f"More than {limits.values:,} values."
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            _require(documents <= 1, event, "The file holds several documents.", "Give each its own file.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
            _require(depth <= limits.depth, event, too_deep, "Flatten it.")
            _require(values <= limits.values, event, too_many, "Split the document.")
            _refuse_extras(event)


def _refuse_extras(event: yaml.NodeEvent) -> None:
    again = "Write the value out where it is needed; a plan names shared gates once under `gates`."
    _require(not isinstance(event, yaml.AliasEvent), event, "Aliases (*) are not read.", again)
    _require(event.anchor is None, event, "Anchors (&) are not read.", again)
    tag = getattr(event, "tag", None)
    _require(tag is None, event, f"The tag {tag} is not read.", "Remove it; quote what is a text.")


def _require(holds: bool, event: yaml.Event, message: str, remedy: str) -> None:
    if not holds:
        raise Unreadable(_mark(event.start_mark), message, remedy)


def _syntax(error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    what = (error.problem or "it cannot be read").rstrip(".")
    if "nesting depth" in what:  # libyaml's own limit, where it is met before ours
        return Unreadable(_mark(mark), "Nested deeper than can be read.", "Flatten it.")
    context = f" ({error.context})" if error.context else ""
    remedy = "Check indentation, colons and quotes here and in the line above."
    if "cannot start any token" in what:
        remedy = "Indent with spaces, and quote a text that starts with @, `, % or a tab."
    return Unreadable(_mark(mark) if mark else Mark(1, 1), f"This is not YAML: {what}{context}.", remedy)


def _control_character(text: str, error: yaml.reader.ReaderError) -> Unreadable:
    before = text[: error.position]
    mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Unreadable(mark, "The document holds a control character.", "Remove it.")


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


class _Tree:
    """Turns composed nodes into JSON values; the inspection before bounds the depth."""

    def __init__(self, marks: Marks, problems: Problems, plain: scalars.PlainWords) -> None:
        self._plain = plain
        self._marks = marks
        self._problems = problems

    def value(self, node: yaml.Node, path: Path) -> Any:
        self._marks.put(path, _mark(node.start_mark))
        if isinstance(node, yaml.MappingNode):
            return self._object(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: Any, path: Path) -> scalars.Scalar:
        text = str(node.value)
        if node.style:  # quoted, or a block
            return text
        self._marks.put(path, _mark(node.start_mark), raw=text)
        try:
            return scalars.resolve(text, path[-1] if path else None, self._plain)
        except scalars.Ambiguous as fault:
            self._problems.add(path, fault.message, fault.remedy)
            return text

    def _object(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in first:
                message = f"{key} stands twice, first in line {first[key]}."
                self._refuse_key(key_node, (*path, key), message, "Keep one of them.")
                continue
            first[key] = key_node.start_mark.line + 1
            made[key] = self.value(value_node, (*path, key))
            if not isinstance(value_node, yaml.ScalarNode):
                self._marks.put((*path, key), _mark(key_node.start_mark))
        return made

    def _key(self, node: yaml.Node, path: Path) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse_key(node, (*path, "?"), "A key must be a text.", "Write a word before the colon.")
            return "?"
        key = str(node.value)
        if not node.style and key == MERGE_KEY:
            remedy = "Write the keys out where they are needed."
            self._refuse_key(node, (*path, key), "Merge keys (<<) are not read.", remedy)
        elif not node.style and not _is_text(key):
            message = f"The key {key or '(empty)'} is not a text to every YAML reader."
            self._refuse_key(node, (*path, key), message, f'Write "{key}" in quotes.')
        return key

    def _refuse_key(self, node: yaml.Node, path: Path, message: str, remedy: str) -> None:
        mark = _mark(node.start_mark)
        self._problems.add_at(mark, path, message, remedy)


def _is_text(key: str) -> bool:
    try:
        return isinstance(scalars.resolve(key, None), str)
    except scalars.Ambiguous:
        return False
