"""Numbers as verdicts say them. Django-free."""

from decimal import ROUND_HALF_UP, Decimal

SHARES = frozenset({"errors", "latency"})


def counted(signal: str) -> bool:
    """Whether the signal is a share of requests, which windows add up to, and no number of its own."""
    return signal in SHARES


def percent(share: float) -> str:
    """A share with as many digits as say something: 99.9 %, 5 %, 0.42 %; a half is rounded up."""
    # The number as it is written: 0.02345 * 100 in binary lies just below its own half.
    value = Decimal(str(share)) * 100
    digits = Decimal("0.1") if value >= 10 else Decimal("0.01")
    return f"{value.quantize(digits, ROUND_HALF_UP).normalize():f} %"


def amount(signal: str, value: float) -> str:
    """A value of the signal with its unit."""
    if counted(signal):
        return percent(value)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} requests a second" if signal == "traffic" else text


def units(bad: float, total: float, counted: str = "requests") -> str:
    """The counts behind a share, of what is `counted`."""
    return f"{bad:,.0f} of {total:,.0f} {counted}"


def times(many: int, what: str) -> str:
    """ "1 window", "2 windows"."""
    return f"{many} {what}" if many == 1 else f"{many} {what}s"
