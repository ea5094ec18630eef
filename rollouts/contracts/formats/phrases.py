"""Findings of the subsumption engine as sentences for people."""

from rollouts.contracts.formats.subsumption.findings import Finding

BOUNDS = {
    "minimum": "the least value",
    "maximum": "the largest value",
    "minLength": "the least length",
    "maxLength": "the largest length",
    "minItems": "the least number of elements",
    "maxItems": "the largest number of elements",
    "minProperties": "the least number of properties",
    "maxProperties": "the largest number of properties",
    "multipleOf": "the step",
    "pattern": "the pattern",
    "format": "the format",
}


def where(finding: Finding, whole: str) -> str:
    """The place in the message, or in a named schema; `whole` for the message itself."""
    if finding.schema:
        return f"“{finding.pointer}” of {finding.schema}" if finding.at else finding.schema
    return f"“{finding.pointer}”" if finding.at else whole


def no_longer(finding: Finding, whole: str) -> str:
    """Of what was valid and is not: the left side is the old one."""
    place = where(finding, whole)
    if not finding.sure:
        return _undecided(finding, place, "still allows all that it did")
    word = finding.keyword
    if word == "type":
        return f"{place} could be {finding.left}; now it has to be {finding.right}."
    if word == "enum":
        if finding.right:
            return f"{place} could be any {finding.left}; now it is one of {finding.right}."
        return f"{place} can no longer be {finding.left}."
    if word == "required":
        return f"{place} has to be there now."
    if word == "dependentRequired":
        return f"{place} has to be there now beside “{finding.left}”."
    if word in ("additionalProperties", "false", "propertyNames"):
        return f"{place} is no longer allowed."
    if word in BOUNDS:
        return f"{place}: {BOUNDS[word]} is now {finding.right} (before: {finding.left or 'none'})."
    if word == "uniqueItems":
        return f"No element of {place} may stand in it twice any more."
    return f"Some of what {place} could be is no longer valid ({word})."


def newly(finding: Finding, whole: str) -> str:
    """Of what is valid and was not: the left side is the new one."""
    place = where(finding, whole)
    if not finding.sure:
        return _undecided(finding, place, "allows nothing that it did not before")
    word = finding.keyword
    if word == "type":
        return f"{place} can now be {finding.left}; before it was {finding.right}."
    if word == "enum":
        if finding.right:
            return f"{place} can now be any {finding.left}; before it was one of {finding.right}."
        return f"{place} can now be {finding.left}, which it never was before."
    if word == "required":
        return f"{place} may be missing now; before it was always there."
    if word == "dependentRequired":
        return f"{place} may now be missing beside “{finding.left}”."
    if word in ("additionalProperties", "false", "propertyNames"):
        return f"{place} may be there now; before it was not allowed."
    if word in BOUNDS:
        return f"{place}: {BOUNDS[word]} is now {finding.left or 'none'} (before: {finding.right})."
    if word == "uniqueItems":
        return f"Elements of {place} may stand in it twice now."
    return f"Some of what {place} can be was not valid before ({word})."


def _undecided(finding: Finding, place: str, what: str) -> str:
    why = f"{finding.keyword}: {finding.left}" if finding.keyword == "schema" else finding.keyword
    return f"Whether {place} {what} could not be decided ({why})."
