"""What a button is about, in its value: `rollout=orders-v3;stage=5;rev=7;digest=9f3ce21a`."""


def write(**names: object) -> str:
    """The value; what is None or empty is left out. Values hold no `;`."""
    return ";".join(f"{name}={value}" for name, value in names.items() if value not in (None, ""))


def read(value: str) -> dict[str, str]:
    """The names of a value; parts that are none are left out."""
    parts = (part.partition("=") for part in value.split(";"))
    return {name: said for name, mark, said in parts if mark and name and said}


def number(names: dict[str, str], name: str) -> int | None:
    """A name that is a whole number."""
    said = names.get(name, "")
    return int(said) if said.isdigit() and len(said) < 18 else None
