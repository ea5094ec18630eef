"""How log lines look: plain for people beside it, one object of JSON a line for what collects them."""

from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
FORMATTERS: dict[str, dict[str, Any]] = {
    "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    "json": {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        "foreign_pre_chain": SHARED,
    },
}


def logging(*, level: str, form: str) -> dict[str, Any]:
    """The LOGGING setting; `form` is `plain` or `json`. Raises ValueError for another."""
    if form not in FORMATTERS:
        raise ValueError(f"LOG_FORMAT is {form!r}; it can be {' or '.join(FORMATTERS)}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: FORMATTERS[form]},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
    }
