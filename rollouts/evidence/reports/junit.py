"""JUnit XML, as nearly every test program writes it. Django-free.

There is no one standard: some reports count in attributes, some only list the cases, some do both and differ.
The greater number of failures holds, so that none is lost. The document is read in one pass that builds
nothing, and refuses document types and entities, deep nesting and more elements than any run has.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from rollouts.evidence.reports.values import Counts, Report, Unreadable, named

MOST_BYTES = 5_000_000
DEEPEST = 60
MOST_ELEMENTS = 200_000
MOST_TESTS = 10_000_000
ROOTS = ("testsuites", "testsuite")
BAD = {"failure": "failures", "error": "errors", "skipped": "skipped"}
COUNTED = ("tests", "failures", "errors", "skipped")


class _Reader:
    """Takes the elements as they come."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.elements = 0
        self.listed = dict.fromkeys(COUNTED, 0)
        self.claimed: list[dict[str, int]] = []
        self.root: dict[str, int] = {}
        self.suites: list[dict[str, int] | None] = []
        self.times: list[datetime] = []
        self.failed: list[str] = []
        self.title = ""
        self._case: tuple[str, set[str]] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise Unreadable(f"The report has more than {MOST_ELEMENTS:,} elements.", "Send it in parts.")
        if len(self.path) >= DEEPEST:
            raise Unreadable(f"The report is nested more than {DEEPEST} deep.")
        if not self.path and name not in ROOTS:
            raise Unreadable(f"The XML begins with <{name[:40]}>, and is no JUnit report.")
        self.path.append(name)
        if name == "testsuites":
            self.root, self.title = _numbers(attributes), attributes.get("name", "")
        elif name == "testsuite":
            self._suite(attributes)
        elif name == "testcase":
            self._case = (
                ".".join(filter(None, (attributes.get("classname"), attributes.get("name")))),
                set(),
            )
        elif name in BAD and self._case is not None and len(self.path) > 1 and self.path[-2] == "testcase":
            self._case[1].add(BAD[name])

    def _suite(self, attributes: Mapping[str, str]) -> None:
        if self.suites:
            self.suites[-1] = None  # what it counts is counted in the suites that it holds
        self.suites.append(_numbers(attributes))
        self.title = self.title or attributes.get("name", "")
        if (at := _time(attributes.get("timestamp", ""))) is not None:
            self.times.append(at)

    def end(self, tag: str) -> None:
        """An element ends."""
        name = tag.rpartition("}")[2]
        self.path.pop()
        if name == "testsuite":
            if (numbers := self.suites.pop()) is not None:
                self.claimed.append(numbers)
        elif name == "testcase" and self._case is not None:
            label, found = self._case
            self._case = None
            self.listed["tests"] += 1
            for each in found:
                self.listed[each] += 1
            if found & {"failures", "errors"}:
                self.failed.append(label or "a test without a name")

    def data(self, text: str) -> None:
        """What is written between elements is not kept."""

    def close(self) -> "_Reader":
        """The document has ended."""
        return self

    @property
    def counts(self) -> Counts:
        """The greater of what is listed, what the suites say and what stands above them all."""
        added = {name: sum(each[name] for each in self.claimed) for name in COUNTED}
        most = {name: max(self.listed[name], added[name], self.root.get(name, 0)) for name in COUNTED}
        return Counts(**most)


def read(body: bytes) -> Report:
    """The report. Raises Unreadable, and NoEvidence when no test was run."""
    if len(body) > MOST_BYTES:
        raise Unreadable(f"The report has more than {MOST_BYTES:,} bytes.", "Send it in parts.")
    reader = _Reader()
    parser = XMLParser(target=reader, forbid_dtd=True)
    try:
        # At once: given piece by piece, one long token would be looked at again with every piece.
        parser.feed(body)
        parser.close()
    except DefusedXmlException as error:
        raise Unreadable(
            "The XML declares a document type or entities, which no report needs.",
            "Send it without <!DOCTYPE>.",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"The report is no XML: {str(error)[:100]}.") from error
    counts = reader.counts
    counts.require_run()
    at = max(reader.times, default=None)
    return Report(counts.outcome, counts, at, named(reader.failed), reader.title.strip()[:200])


def _numbers(attributes: Mapping[str, str]) -> dict[str, int]:
    """The counts of a suite. `disabled` tests were not run either; "skips" is how some call it."""
    found = {name: _number(name, attributes.get(name)) for name in COUNTED}
    found["skipped"] = max(found["skipped"], _number("skips", attributes.get("skips")))
    found["skipped"] += _number("disabled", attributes.get("disabled"))
    return found


def _number(name: str, text: str | None) -> int:
    if text is None or not text.strip():
        return 0
    if not text.strip().isdecimal() or len(text) > 9 or int(text) > MOST_TESTS:
        raise Unreadable(f"“{text[:20]}” is no number of {name}.")
    return int(text)


def _time(text: str) -> datetime | None:
    """When the suite was run; one without a zone is taken as UTC, and none that cannot be read."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
