"""Numbers as verdicts say them. Django-free."""

SHARES = frozenset({"errors", "latency"})


def counted(signal: str) -> bool:
    """Whether the signal is a share of requests, which windows add up to, and no number of its own."""
    return signal in SHARES


def percent(share: float) -> str:
    """A share with as many digits as say something: 99.94 %, 5 %, 0.4 %."""
    value = share * 100
    digits = 0 if value == round(value) else 1 if value >= 10 else 2
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def amount(signal: str, value: float) -> str:
    """A value of the signal with its unit."""
    if counted(signal):
        return percent(value)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} requests a second" if signal == "traffic" else text


def units(bad: float, total: float) -> str:
    """The counts behind a share."""
    return f"{bad:,.0f} of {total:,.0f} requests"


def times(many: int, what: str) -> str:
    """ "1 window", "2 windows"."""
    return f"{many} {what}" if many == 1 else f"{many} {what}s"
