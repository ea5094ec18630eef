"""A pass on data that its source called partial is a pass with a warning, in the source's words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.values import Word
from rollouts.health.queries import Partial
from rollouts.health.readings import Grid
from rollouts.health.values import Signal

RECENT = 5
"""Windows that a plain limit looks at; the other judges look at all since the stage began."""


def warned(
    opinion: Opinion, told: Sequence[Partial], *, signal: str, judge: str, begin: datetime, grid: Grid
) -> Opinion | None:
    """The same word with a warning, if the windows that it rests on may not be whole."""
    if opinion.word is not Word.PASS or grid.through is None:
        return None
    since = begin
    if judge == "limit":
        end = datetime.fromtimestamp(grid.through, begin.tzinfo)
        since = max(begin, end - RECENT * timedelta(seconds=grid.window_s))
    stored = Signal.ERRORS if signal == Signal.TRAFFIC else signal
    about = [one for one in told if one.signal == stored and one.start_at >= since]
    if not about:
        return None
    last = about[-1]
    said = f"{last.source_name} warned of partial data at {last.start_at:%H:%M:%S} UTC: {last.text}"
    return Opinion(
        Word.PASS,
        f"{opinion.sentence} {said.rstrip('.')}.",
        {"partial": {"windows": len(about), "source": last.source_name, "text": last.text}},
        warning=True,
    )
