"""Two OpenAPI documents: what the new one does to the callers of the old one.

Requests are sent by consumers and responses by the provider; in webhooks and callbacks it is the other way
round. A message is compared by subsumption in the open model, in which nobody sends what is not declared.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rollouts.contracts.formats.openapi.messages import Messages
from rollouts.contracts.formats.openapi.notes import Notes, Side
from rollouts.contracts.formats.openapi.operations import Api, Operation, api
from rollouts.contracts.formats.payloads import annotations
from rollouts.contracts.formats.subsumption.documents import link
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.values import Comparison, Direction, Level, Use


def compare(old: str, new: str, *, today: date | None = None) -> Comparison:
    """Raises Unreadable. An operation may go once its sunset has passed by `today`."""
    before, after = api(old), api(new)
    link(before.document, after.document)
    notes = Notes()
    _Comparing(before, after, notes, today).run()
    return Comparison(
        flows={direction: notes.flow(direction) for direction in (Direction.REQUEST, Direction.RESPONSE)},
        differences=(
            *notes.differences,
            *(
                each
                for payloads in notes.payloads.values()
                for each in payloads.differences(lambda finding: _touching(notes, finding))
            ),
        ),
    )


def _touching(notes: Notes, finding: Finding) -> tuple[Use, ...]:
    named = dict.fromkeys(notes.operations.get(place, place) for place in finding.places)
    return tuple(Use(operation=each, field=finding.pointer, type=finding.schema) for each in named)


class _Comparing:
    def __init__(self, before: Api, after: Api, notes: Notes, today: date | None) -> None:
        self.before, self.after, self.notes, self.today = before, after, notes, today
        self.messages = Messages(before.document, after.document, notes)

    def run(self) -> None:
        old, new = self.before.operations, self.after.operations
        for key, operation in old.items():
            if key in new:
                self._operation(operation, new[key], flipped=False)
            else:
                self._removed(operation)
        for key, operation in new.items():
            if key not in old:
                side = Side(Direction.REQUEST, operation.shown)
                self.notes.fails(side, "forward", "operation-added", f"{operation.shown} is new.")
        self._called(self.before.webhooks, self.after.webhooks, "webhook")
        self._defaults()
        for url in sorted(self.before.servers - self.after.servers) if self.after.servers else ():
            side = Side(Direction.REQUEST, "")
            said = f"The server {url or '/'} is no longer named."
            self.notes.tell(side, "server-removed", said, Level.DANGEROUS)

    def _defaults(self) -> None:
        """Of named schemas: who leaves a property out is sent, or is taken to have sent, something else."""
        old, new = self.before.schemas, self.after.schemas
        for name in sorted(old.keys() & new.keys()):
            self.notes.differences += [
                replace(each, location=f"{name} {each.location}", touches=(Use(type=name),))
                for each in annotations(old[name], new[name], words=("default",))
            ]

    def _removed(self, operation: Operation) -> None:
        side = Side(Direction.REQUEST, operation.shown)
        sunset = _date(operation.sunset)
        if operation.deprecated and sunset and self.today and sunset < self.today:
            said = f"{operation.shown} is gone, after its sunset on {sunset}."
            self.notes.tell(side, "operation-retired", said, Level.SAFE)
        else:
            self.notes.fails(side, "backward", "operation-removed", f"{operation.shown} is gone.")

    def _called(self, old: Mapping[str, Operation], new: Mapping[str, Operation], kind: str) -> None:
        """What the provider calls: messages go the other way."""
        for key, operation in old.items():
            if key in new:
                self._operation(operation, new[key], flipped=True)
            else:
                side = Side(Direction.RESPONSE, operation.shown)
                said = f"The {kind} {operation.shown} is no longer called."
                self.notes.tell(side, f"{kind}-removed", said, Level.DANGEROUS)
        for key, operation in new.items():
            if key not in old:
                side = Side(Direction.RESPONSE, operation.shown)
                self.notes.tell(side, f"{kind}-added", f"The {kind} {operation.shown} is new.", Level.SAFE)

    def _operation(self, old: Operation, new: Operation, *, flipped: bool) -> None:
        sending, answering = Direction.REQUEST, Direction.RESPONSE
        if flipped:
            sending, answering = answering, sending
        asked, answered = Side(sending, old.shown), Side(answering, old.shown)
        self.messages.parameters(asked, old.parameters, new.parameters)
        self.messages.body(asked, old.body, new.body)
        self.messages.responses(answered, old.responses, new.responses)
        if not flipped:
            self._security(asked, old, new)
        self._deprecation(asked, old, new)
        self._called(old.callbacks, new.callbacks, "callback")

    def _security(self, side: Side, old: Operation, new: Operation) -> None:
        for way, one, other in (("backward", old, new), ("forward", new, old)):
            for had in one.security:
                if not any(_enough(had, wanted) for wanted in other.security):
                    named = " and ".join(had) or "no credentials"
                    word = "no longer" if way == "backward" else "now"
                    said = f"{side.operation}: {named} {word} let a caller in."
                    self.notes.fails(
                        side, way, f"security-{'narrowed' if way == 'backward' else 'widened'}", said
                    )
                    break

    def _deprecation(self, side: Side, old: Operation, new: Operation) -> None:
        sunset, before = _date(new.sunset), _date(old.sunset)
        if new.deprecated and not old.deprecated:
            until = f" and goes on {sunset}" if sunset else ""
            said = f"{side.operation} is deprecated{until}."
            self.notes.tell(side, "operation-deprecated", said, Level.SAFE)
        if new.sunset is not None and sunset is None:
            said = f"The sunset “{new.sunset}” of {side.operation} is no date (write 2026-12-31)."
            self.notes.tell(side, "sunset-unreadable", said, Level.DANGEROUS)
        if before and new.deprecated and new.sunset is None:
            said = f"{side.operation} has no sunset any more; it was {before}."
            self.notes.tell(side, "sunset-removed", said, Level.DANGEROUS)
        if before and sunset and sunset < before:
            said = f"{side.operation} goes on {sunset}, earlier than {before}."
            self.notes.tell(side, "sunset-earlier", said, Level.DANGEROUS)


def _enough(had: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]) -> bool:
    """Whether who has these credentials has what is wanted."""
    return all(scheme in had and scopes <= had[scheme] for scheme, scopes in wanted.items())


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None
