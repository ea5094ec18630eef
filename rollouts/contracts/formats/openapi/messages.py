"""Parameters, bodies, answers and headers of one operation in two documents."""

import re
from collections.abc import Mapping
from typing import Any

from rollouts.contracts.formats.openapi.notes import Notes, Side
from rollouts.contracts.formats.openapi.operations import Body, Content, Header, Parameter, Response
from rollouts.contracts.formats.subsumption.documents import Document, Term
from rollouts.contracts.formats.values import Level


class Messages:
    """Compares them, schema by schema with the engines of the notes."""

    def __init__(self, before: Document, after: Document, notes: Notes) -> None:
        self.before, self.after, self.notes = before, after, notes

    def _schemas(self, side: Side, old: Any, new: Any, what: str, whole: str) -> None:
        place = f"{side.operation} {what}"
        self.notes.operations[place] = side.operation
        left, right = (Term(self.before, old),), (Term(self.after, new),)
        self.notes.payloads[side.direction].compare(left, right, place=place, whole=whole)

    def _presence(self, side: Side, what: str, rule: str, *, old: bool, new: bool) -> None:
        """Whether it has to be there: who sends breaks who has begun to need it."""
        if new and not old:
            self.notes.fails(
                side, "backward", f"{rule}-became-required", f"{side.operation}: {what} has to be there now."
            )
        if old and not new:
            self.notes.fails(
                side, "forward", f"{rule}-became-optional", f"{side.operation}: {what} may be missing now."
            )

    # --- parameters ----------------------------------------------------------------------------

    def parameters(
        self, side: Side, old: Mapping[tuple[str, str], Parameter], new: Mapping[tuple[str, str], Parameter]
    ) -> None:
        for key, parameter in old.items():
            if key in new:
                self._parameter(side, parameter, new[key])
                continue
            said = f"{side.operation}: the {parameter.shown} is gone; who sends it is ignored."
            self.notes.tell(side, "parameter-removed", said, Level.DANGEROUS)
            if parameter.required:
                self._presence(side, f"the {parameter.shown}", "parameter", old=True, new=False)
        for key, parameter in new.items():
            if key not in old and parameter.required:
                said = f"{side.operation}: the {parameter.shown} is new and has to be there."
                self.notes.fails(side, "backward", "parameter-added-required", said)
            elif key not in old:
                said = f"{side.operation}: the {parameter.shown} is new."
                self.notes.tell(side, "parameter-added", said, Level.SAFE)

    def _parameter(self, side: Side, old: Parameter, new: Parameter) -> None:
        what = f"the {old.shown}"
        self._presence(side, what, "parameter", old=old.required, new=new.required)
        if (old.style, old.explode, old.media) != (new.style, new.explode, new.media):
            for way in ("backward", "forward"):
                how = f"{_written(old)}; now {_written(new)}"
                said = f"{side.operation}: {what} is written in another way ({how})."
                self.notes.fails(side, way, "parameter-written-otherwise", said)
        self._default(side, what, old.schema, new.schema)
        self._schemas(side, old.schema, new.schema, old.shown, f"The {old.shown}")

    def _default(self, side: Side, what: str, old: Any, new: Any) -> None:
        one, other = ((each.get("default") if isinstance(each, Mapping) else None) for each in (old, new))
        if one is not None and one != other:
            said = f"{side.operation}: {what} was {one!r} where it was left out; now it is {other!r}."
            self.notes.tell(side, "default-changed", said, Level.DANGEROUS)

    # --- bodies --------------------------------------------------------------------------------

    def body(self, side: Side, old: Body | None, new: Body | None) -> None:
        if old is None or new is None:
            if new is not None and new.required:
                said = f"{side.operation}: a body has to be sent now."
                self.notes.fails(side, "backward", "body-became-required", said)
            elif new is not None:
                self.notes.tell(side, "body-added", f"{side.operation}: a body may be sent now.", Level.SAFE)
            elif old is not None:
                said = f"{side.operation}: the body is no longer read."
                self.notes.fails(side, "backward", "body-removed", said)
            return
        self._presence(side, "the body", "body", old=old.required, new=new.required)
        self._content(side, old.content, new.content, "body", gone="backward")

    def _content(self, side: Side, old: Content, new: Content, what: str, *, gone: str) -> None:
        """Media types; a removed one breaks the way `gone`."""
        for media, schema in old.items():
            match = _covering(media, new)
            if match is None:
                said = f"{side.operation}: {what} is no longer {media}."
                self.notes.fails(side, gone, "media-type-removed", said)
            else:
                self._schemas(side, schema, new[match], f"{what} {media}", f"The {what}")
        for media in new:
            if _covering(media, old) is None:
                said = f"{side.operation}: {what} can now be {media}."
                if gone == "backward":
                    self.notes.fails(side, "forward", "media-type-added", said)
                else:
                    self.notes.tell(side, "media-type-added", said, Level.SAFE)

    # --- answers -------------------------------------------------------------------------------

    def responses(self, side: Side, old: Mapping[str, Response], new: Mapping[str, Response]) -> None:
        for code, response in old.items():
            match = _status(code, new)
            if match is not None:
                self._response(side, code, response, new[match])
            elif code.startswith("2"):
                said = f"{side.operation} no longer answers {code}."
                self.notes.fails(side, "forward", "success-status-removed", said)
            else:
                said = f"{side.operation} no longer answers {code}."
                self.notes.tell(side, "status-removed", said, Level.SAFE)
        for code, response in new.items():
            if code in old:
                continue
            if (match := _status(code, old)) is not None:
                self._response(side, code, old[match], response)
                continue
            level = Level.DANGEROUS if code.startswith("2") else Level.SAFE
            self.notes.tell(side, "status-added", f"{side.operation} can now answer {code}.", level)

    def _response(self, side: Side, code: str, old: Response, new: Response) -> None:
        what = f"{code} answer"
        if old.content and not new.content:
            said = f"{side.operation}: the {what} has no body any more."
            self.notes.fails(side, "forward", "body-removed", said)
        elif old.content:
            self._content(side, old.content, new.content, what, gone="forward")
        for name, header in old.headers.items():
            self._header(side, what, header, new.headers.get(name))
        for name, header in new.headers.items():
            if name not in old.headers and header.required:
                said = f"{side.operation}: the header {header.name} of the {what} is new."
                self.notes.fails(side, "backward", "header-added", said)

    def _header(self, side: Side, what: str, old: Header, new: Header | None) -> None:
        named = f"the header {old.name} of the {what}"
        if new is None:
            said = f"{side.operation}: {named} is gone."
            if old.required:
                self.notes.fails(side, "forward", "header-removed", said)
            else:
                self.notes.tell(side, "header-removed", said, Level.DANGEROUS)
            return
        self._presence(side, named, "header", old=old.required, new=new.required)
        self._schemas(side, old.schema, new.schema, f"{what} header {old.name}", f"The header {old.name}")


def _written(parameter: Parameter) -> str:
    if parameter.media:
        return f"as {parameter.media}"
    return f"{parameter.style}{', exploded' if parameter.explode else ''}"


def _covering(media: str, among: Content) -> str | None:
    """The media type or range that covers this one."""
    ranges = (media, f"{media.partition('/')[0]}/*", "*/*")
    return next((each for each in ranges if each in among), None)


def _status(code: str, among: Mapping[str, Response]) -> str | None:
    """The answer that covers this status: itself, its class, or the default."""
    if code in among:
        return code
    whole = re.sub(r"^([1-5])[0-9]{2}$", r"\1XX", code)
    return next((each for each in (whole, "default") if each in among), None)
